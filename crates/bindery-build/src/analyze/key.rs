//! Names for expressions, so that what is known of one is found where it is written again.

use std::rc::Rc;

use super::level::{Env, Nullability, entry_kind};
use super::node::{Node, Value};

/// A column of a relation of this query level or of one around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Column {
    /// How many levels up.
    pub up: i64,
    /// The relation's place in the range table, from 1.
    pub relation: i64,
    /// The column's number from 1; 0 is the whole row, a negative number a system column.
    pub number: i64,
    /// `varreturningtype` of PostgreSQL 18: 0 the default, 1 OLD, 2 NEW.
    pub version: i64,
}

impl Column {
    pub fn of(var: &Node<'_>) -> Option<Self> {
        let number = |field| var.number(field);
        (var.name == "VAR").then_some(Self {
            up: number("varlevelsup")?,
            relation: number("varno")?,
            number: number("varattno")?,
            version: number("varreturningtype").unwrap_or(0),
        })
    }
}

/// A deterministic expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Column(Column),
    Expression {
        text: Rc<str>,
        /// The relations of this level whose columns are in it.
        relations: Rc<[i64]>,
    },
}

impl Key {
    pub fn mentions(&self, relation: i64) -> bool {
        match self {
            Self::Column(column) => column.up == 0 && column.relation == relation,
            Self::Expression { relations, .. } => relations.contains(&relation),
        }
    }

    pub fn is_column_or_aggregate(&self) -> bool {
        match self {
            Self::Column(_) => true,
            Self::Expression { text, .. } => text.starts_with("{AGGREF"),
        }
    }

    /// `VALUE` in the CHECK of a domain.
    pub fn is_domain_value(&self) -> bool {
        matches!(self, Self::Expression { text, .. } if text.starts_with("{COERCETODOMAINVALUE"))
    }
}

/// References that lead to references.
const LONGEST_CHAIN: u32 = 1_000;

/// Fields that differ between two writings of the same expression, or are filled in later.
const PLACES: [&str; 17] = [
    "coerceformat",
    "coercionformat",
    "convertformat",
    "funcformat",
    "hashfuncid",
    "negfuncid",
    "relabelformat",
    "location",
    "list_start",
    "list_end",
    "varnosyn",
    "varattnosyn",
    "varnullingrels",
    "opfuncid",
    "inputcollid",
    "stmt_location",
    "stmt_len",
];

/// An expression over the columns of `relation` alone, in a form in which two writings of it are the same; none if there is
/// more in it.
pub(crate) fn canonical(expr: &Node<'_>, relation: i64) -> Option<String> {
    let mut text = String::new();
    write_canonical(expr, relation, &mut text).then_some(text)
}

fn write_canonical(expr: &Node<'_>, relation: i64, text: &mut String) -> bool {
    if expr.name == "VAR" {
        let column = Column::of(expr).filter(|column| column.up == 0 && column.relation == relation);
        text.push_str(&column.map(|column| format!("{{VAR {}}}", column.number)).unwrap_or_default());
        return column.is_some();
    }
    text.push('{');
    text.push_str(expr.name);
    let fields = expr.fields().filter(|(field, _)| !PLACES.contains(field));
    let mut is_alone = !matches!(expr.name, "QUERY" | "SUBLINK" | "PARAM");
    for (field, value) in fields {
        text.push(':');
        text.push_str(field);
        is_alone &= write_canonical_value(value, relation, text);
    }
    text.push('}');
    is_alone
}

fn write_canonical_value(value: &Value<'_>, relation: i64, text: &mut String) -> bool {
    text.push(' ');
    match value {
        Value::Node(node) => write_canonical(node, relation, text),
        Value::List(items) => {
            text.push('(');
            let is_alone = items.iter().all(|item| write_canonical_value(item, relation, text));
            text.push(')');
            is_alone
        }
        Value::Word(word) => {
            text.push_str(word);
            true
        }
    }
}

impl Nullability<'_> {
    /// What a reference stands for: a column of a join, a grouped expression (PostgreSQL 18), what a CASE tests.
    pub fn resolve<'n>(&self, mut expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<&'n Node<'n>> {
        // A chain as long as this is no chain that the server makes.
        for _ in 0..LONGEST_CHAIN {
            if expr.name == "CASETESTEXPR" {
                expr = env.tested?;
                continue;
            }
            let Some(column) = Column::of(expr).filter(|column| column.up == 0 && column.number > 0) else {
                return Some(expr);
            };
            let Some(entry) = env.level.entry(column.relation) else { return Some(expr) };
            let columns = match entry.number("rtekind") {
                Some(entry_kind::JOIN) => "joinaliasvars",
                Some(entry_kind::GROUP) => "groupexprs",
                _ => return Some(expr),
            };
            let index = usize::try_from(column.number - 1).ok()?;
            expr = entry.list(columns).get(index)?.as_node()?;
        }
        None
    }

    /// The expression's name; none if its value may differ each time.
    pub fn key<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Key> {
        let expr = self.resolve(expr, env)?;
        match Column::of(expr) {
            Some(column) => Some(Key::Column(column)),
            None if self.may_change(expr) => None,
            None => Some(self.shape(expr, env)),
        }
    }

    /// The expression as written, references resolved.
    pub fn shape<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Key {
        if let Some(column) = self.resolve(expr, env).and_then(Column::of) {
            return Key::Column(column);
        }
        let (mut text, mut relations) = (String::new(), Vec::new());
        self.write_node(expr, Some(env), &mut text, &mut relations);
        Key::Expression { text: text.into(), relations: relations.into() }
    }

    /// Whether it calls a volatile function, or something whose value this module cannot follow.
    fn may_change(&self, expr: &Node<'_>) -> bool {
        let mut may_change = false;
        expr.walk(&mut |node| {
            may_change |= match node.name {
                "QUERY" | "SUBLINK" | "NEXTVALUEEXPR" | "WINDOWFUNC" => true,
                // The columns of different sublinks have the same numbers.
                "PARAM" => node.number("paramkind") != Some(0),
                "FUNCEXPR" | "OPEXPR" | "NULLIFEXPR" | "DISTINCTEXPR" | "SCALARARRAYOPEXPR" => {
                    self.function_of(node).is_none_or(|function| function.is_volatile || function.returns_set)
                }
                _ => false,
            };
        });
        may_change
    }

    /// Without `env` inside a subquery, whose columns are numbered by its own range table.
    fn write_node<'n>(
        &self,
        expr: &'n Node<'n>,
        env: Option<&Env<'_, 'n>>,
        text: &mut String,
        relations: &mut Vec<i64>,
    ) {
        let env = env.filter(|_| expr.name != "QUERY");
        let meant = env.and_then(|env| self.resolve(expr, env)).unwrap_or(expr);
        // What a CASE tests holds no reference to itself, and a CASE inside another tests something else.
        let untested = env.map(|env| Env { tested: None, ..env.clone() });
        let is_apart = expr.name == "CASETESTEXPR" || meant.name == "CASEEXPR";
        let env = if is_apart { untested.as_ref() } else { env };
        if let Some(column) = Column::of(meant).filter(|column| column.up == 0 && env.is_some()) {
            relations.push(column.relation);
        }
        text.push('{');
        text.push_str(meant.name);
        for (field, value) in meant.fields().filter(|(field, _)| !PLACES.contains(field)) {
            text.push(':');
            text.push_str(field);
            // The cast of an array's element refers to the element as if it were tested.
            let env = if field == "elemexpr" { untested.as_ref() } else { env };
            self.write_value(value, env, text, relations);
        }
        text.push('}');
    }

    fn write_value<'n>(
        &self,
        value: &'n Value<'n>,
        env: Option<&Env<'_, 'n>>,
        text: &mut String,
        relations: &mut Vec<i64>,
    ) {
        text.push(' ');
        match value {
            Value::Node(node) => self.write_node(node, env, text, relations),
            Value::List(items) => {
                text.push('(');
                items.iter().for_each(|item| self.write_value(item, env, text, relations));
                text.push(')');
            }
            Value::Word(word) => text.push_str(word),
        }
    }
}
