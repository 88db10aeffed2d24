//! Expressions in a few words, for messages.

use super::super::constant;
use super::super::key::Column;
use super::super::level::{Env, Level, entry_kind};
use super::super::node::{Node, Value, unquoted};
use super::Why;

/// For what is left out.
pub(super) const LEFT_OUT: &str = "...";

/// A longer list of arguments is left out.
const LONGEST_ARGUMENTS: usize = 40;

impl Why<'_> {
    /// An expression much as it is written: `sum(amount)`, `note || 'x'`.
    pub fn shown(&self, expr: &Node<'_>, env: &Env<'_, '_>) -> String {
        let words = self.words(expr, env);
        if words == LEFT_OUT { "this expression".to_owned() } else { words }
    }

    /// The same as a part of something else, where what is not worth its words is left out.
    fn words(&self, expr: &Node<'_>, env: &Env<'_, '_>) -> String {
        let args = |list: &str| -> Vec<String> {
            expr.nodes(list).filter(|arg| !arg.is_true("resjunk")).map(|arg| self.words(arg, env)).collect()
        };
        // What has operators in it is put into parentheses as a part of something else.
        let part = |arg: &Node<'_>| match arg.name {
            "OPEXPR" | "BOOLEXPR" | "SCALARARRAYOPEXPR" | "ARRAYEXPR" => {
                format!("({})", self.words(arg, env))
            }
            _ => self.words(arg, env),
        };
        let parts = || -> Vec<String> { expr.nodes("args").map(part).collect() };
        let call = |name: &str| called(name, &args("args"));
        let first = |field: &str| expr.node(field).map_or(LEFT_OUT.to_owned(), |arg| self.words(arg, env));
        match expr.name {
            "VAR" => self.column_shown(expr, env).unwrap_or(LEFT_OUT.to_owned()),
            "CONST" => constant_shown(expr),
            "PARAM" if expr.number("paramkind") == Some(0) => {
                format!("${}", expr.number("paramid").unwrap_or(0))
            }
            "TARGETENTRY" => first("expr"),
            "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COERCETODOMAIN" | "COLLATEEXPR"
            | "NAMEDARGEXPR" => first("arg"),
            "OPEXPR" | "SCALARARRAYOPEXPR" => self.operator_shown(expr, &parts()),
            "NULLIFEXPR" => call("nullif"),
            // A cast.
            "FUNCEXPR" if matches!(expr.number("funcformat"), Some(1 | 2)) => {
                expr.nodes("args").next().map_or(LEFT_OUT.to_owned(), |arg| self.words(arg, env))
            }
            "FUNCEXPR" => {
                // Arguments of a VARIADIC parameter have become an array.
                let written = expr.nodes("args").flat_map(|arg| match arg.name {
                    "ARRAYEXPR" if expr.is_true("funcvariadic") => arg.nodes("elements").collect(),
                    _ => vec![arg],
                });
                let written: Vec<String> = written.map(|arg| self.words(arg, env)).collect();
                called(&self.function_name(expr, "funcid"), &written)
            }
            "AGGREF" if expr.is_true("aggstar") => {
                called(&self.function_name(expr, "aggfnoid"), &["*".to_owned()])
            }
            "AGGREF" => {
                called(&self.function_name(expr, "aggfnoid"), &[args("aggdirectargs"), args("args")].concat())
            }
            "WINDOWFUNC" if expr.is_true("winstar") => {
                called(&self.function_name(expr, "winfnoid"), &["*".to_owned()])
            }
            "WINDOWFUNC" => call(&self.function_name(expr, "winfnoid")),
            "COALESCEEXPR" => call("coalesce"),
            "MINMAXEXPR" => call(if expr.number("op") == Some(0) { "greatest" } else { "least" }),
            "XMLEXPR" => "this XML".to_owned(),
            "JSONCONSTRUCTOREXPR" => "this JSON".to_owned(),
            "CASEEXPR" => "CASE".to_owned(),
            "SUBSCRIPTINGREF" => {
                let lower = args("reflowerindexpr");
                let slice = if lower.is_empty() { String::new() } else { format!("{}:", lower.join("][")) };
                format!(
                    "{}[{slice}{}]",
                    expr.node("refexpr").map_or(LEFT_OUT.to_owned(), part),
                    args("refupperindexpr").join("][")
                )
            }
            "ARRAYEXPR" => format!("ARRAY[{}]", short(&args("elements"))),
            "ROWEXPR" => called("ROW", &args("args")),
            "BOOLEXPR" => match (expr.word("boolop"), &parts()[..]) {
                (Some("not"), [only]) => format!("NOT {only}"),
                (Some(word), all) if all.len() <= 4 => all.join(&format!(" {} ", word.to_uppercase())),
                _ => LEFT_OUT.to_owned(),
            },
            _ => LEFT_OUT.to_owned(),
        }
    }

    /// A column without its relation; since PostgreSQL 18 what a grouped query refers to stands in an entry of its own.
    fn column_shown(&self, expr: &Node<'_>, env: &Env<'_, '_>) -> Option<String> {
        let column = Column::of(expr)?;
        let env = env.above(column.up)?;
        let entry = env.level.entry(column.relation)?;
        if entry.number("rtekind") == Some(entry_kind::GROUP) {
            let index = usize::try_from(column.number).ok()?.checked_sub(1)?;
            return Some(self.words(entry.list("groupexprs").get(index)?.as_node()?, &env));
        }
        if column.number == 0 { alias_of(entry) } else { column_name(entry, column.number) }
    }

    fn operator_shown(&self, expr: &Node<'_>, sides: &[String]) -> String {
        let name =
            self.nullability.catalog.operator_of(expr).map_or(LEFT_OUT, |operator| operator.name.as_str());
        match sides {
            _ if sides.iter().map(String::len).sum::<usize>() > 2 * LONGEST_ARGUMENTS => LEFT_OUT.to_owned(),
            [left, right] if expr.name == "SCALARARRAYOPEXPR" => {
                let word = if expr.is_true("useOr") { "ANY" } else { "ALL" };
                format!("{left} {name} {word} ({right})")
            }
            [left, right] => format!("{left} {name} {right}"),
            _ => format!("{name} {}", sides.join(" ")),
        }
    }

    fn function_name(&self, expr: &Node<'_>, field: &str) -> String {
        self.nullability
            .function_at(expr, field)
            .map_or(LEFT_OUT.to_owned(), |function| function.name.clone())
    }
}

fn called(name: &str, args: &[String]) -> String {
    format!("{name}({})", short(args))
}

fn short(args: &[String]) -> String {
    let list = args.join(", ");
    if list.chars().count() > LONGEST_ARGUMENTS { LEFT_OUT.to_owned() } else { list }
}

fn constant_shown(expr: &Node<'_>) -> String {
    // OIDs of PostgreSQL's `pg_type.dat`.
    const TEXTS: [u32; 3] = [25, 705, 1043];
    const LONGEST_TEXT: usize = 20;
    if constant::is_null(expr) {
        return "NULL".to_owned();
    }
    let is_text = expr.oid("consttype").is_some_and(|ty| TEXTS.contains(&ty));
    let text = constant::text(expr).filter(|text| is_text && text.len() <= LONGEST_TEXT);
    match (constant::integer(expr), constant::boolean(expr), text.map(String::from_utf8)) {
        (Some(number), ..) => number.to_string(),
        (_, Some(Some(value)), _) => value.to_string(),
        (.., Some(Ok(text))) => format!("'{}'", text.replace('\'', "''")),
        _ => LEFT_OUT.to_owned(),
    }
}

/// What a relation of FROM is called in the query.
pub(super) fn alias(level: &Level<'_, '_>, relation: i64) -> Option<String> {
    alias_of(level.entry(relation)?)
}

pub(super) fn alias_of(entry: &Node<'_>) -> Option<String> {
    entry.node("eref").and_then(|alias| alias.text("aliasname"))
}

/// `s.note`, by the names that the query has for them.
pub(super) fn qualified(entry: &Node<'_>, number: i64) -> String {
    let name = column_name(entry, number).unwrap_or(LEFT_OUT.to_owned());
    match alias_of(entry)
        .filter(|alias| !alias.starts_with('*') && alias != "unnamed_subquery" && *alias != name)
    {
        Some(alias) => format!("{alias}.{name}"),
        None => name,
    }
}

pub(super) fn column_name(entry: &Node<'_>, number: i64) -> Option<String> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    match entry.node("eref")?.list("colnames").get(index)? {
        Value::Word(name) => Some(unquoted(name)),
        _ => None,
    }
}
