//! Columns: which join, declaration, view or CTE lets NULL in. The steps are those of `analyze/column.rs`.

use crate::catalog::{Function, Relation};

use super::super::column::{kept_columns, missing_side};
use super::super::functions::{self, Element};
use super::super::joins::{Nuller, relations};
use super::super::key::Column;
use super::super::level::{Env, Level, Nullability, entry_kind};
use super::super::node::{self, Node};
use super::super::output::Nulls;
use super::super::{command, cte_of, merge, result_query, values_of_column};
use super::join::{self, KINDS};
use super::shown::{alias, alias_of, column_name, qualified};
use super::{Part, Reason, Why};

impl Why<'_> {
    /// A column where `env` stands.
    pub fn column(&self, column: Column, env: &Env<'_, '_>) -> Reason {
        let Some(env) = env.above(column.up) else { return unknown("this column") };
        let column = Column { up: 0, ..column };
        if column.version != 0 && self.nullability.old_or_new(column, &env).is_some() {
            return self.version(column, &env);
        }
        match missing_side(column.relation, &env) {
            Some(side) => self.missing(side, column.relation, env.level),
            None => self.column_in_its_row(column, &env),
        }
    }

    /// OLD and NEW.
    fn version(&self, column: Column, env: &Env<'_, '_>) -> Reason {
        let is_old = column.version == 1;
        let plain = Column { version: 0, ..column };
        let absent = if is_old { command::INSERT } else { command::DELETE };
        let query = env.level.query;
        let is_absent = match query.number("commandType") {
            Some(command::MERGE) => {
                merge::actions(query).any(|action| action.number("commandType") == Some(absent))
            }
            command => command == Some(absent),
        };
        match is_absent {
            true => Reason::NoSuchVersion { version: if is_old { "OLD" } else { "NEW" } },
            false if is_old => self.column_in_its_row(plain, env),
            false => self.column(plain, env),
        }
    }

    fn missing(&self, side: Nuller, relation: i64, level: &Level<'_, '_>) -> Reason {
        let name = alias(level, relation).unwrap_or_default();
        if side == Nuller::MERGE {
            return Reason::NotMatchedBySource { relation: name };
        }
        let mut expr = None;
        level.query.walk_query(&mut |node| {
            if node.name == "JOINEXPR" && node.number("rtindex") == Some(side.join) {
                expr = Some(node);
            }
        });
        let kind = expr.and_then(|expr| usize::try_from(expr.number("jointype")?).ok());
        let join = kind.and_then(|kind| KINDS.get(kind).copied()).unwrap_or("outer");
        let aliases = |field: &str| -> Vec<String> {
            let numbers = expr.and_then(|expr| expr.node(field)).map(relations).unwrap_or_default();
            numbers.into_iter().filter_map(|number| alias(level, number)).collect()
        };
        let at = join::place(self.joins, join, &aliases("larg"), &aliases("rarg"));
        Reason::OuterJoin { relation: name, join, at }
    }

    /// A column in a row of its relation, outer joins aside.
    fn column_in_its_row(&self, column: Column, env: &Env<'_, '_>) -> Reason {
        let level = env.level;
        let Some(entry) = level.entry(column.relation) else { return unknown("this column") };
        let name = qualified(entry, column.number);
        let Some(index) = usize::try_from(column.number).ok().and_then(|number| number.checked_sub(1)) else {
            return unknown("a whole row or a system column");
        };
        let reason = match entry.number("rtekind") {
            Some(entry_kind::RELATION) => return self.written_column(entry, column, level),
            Some(entry_kind::SUBQUERY) => self.subquery_column(column.relation, level, index),
            Some(entry_kind::FUNCTION) => return self.function_column(entry, index, &level.rows()),
            Some(entry_kind::TABLE_FUNCTION) => return Reason::Path { column: name },
            Some(entry_kind::VALUES) => return self.value(entry, index, &level.rows()),
            Some(entry_kind::CTE) => return self.cte_column(entry, index, env),
            _ => return unknown("this column"),
        };
        let view = self.view(entry).zip(column_name(entry, column.number));
        let what = view.map_or(name, |(view, column)| format!("{}.{column}", view.name));
        Reason::Inside { what, reason: Box::new(reason) }
    }

    /// A column of a subquery of FROM or of a set operation.
    pub fn subquery_column(&self, number: i64, level: &Level<'_, '_>, index: usize) -> Reason {
        let Some((entry, query)) =
            level.entry(number).and_then(|entry| Some((entry, entry.node("subquery")?)))
        else {
            return unknown("this subquery");
        };
        self.inside(entry).output(query, Some(&level.rows()), &kept_columns(number, level), index)
    }

    /// For what a subquery has in it: the text of a view is not the text of the statement.
    pub fn inside(&self, entry: &Node<'_>) -> Self {
        if self.view(entry).is_some() { Self { joins: &[], ..*self } } else { *self }
    }

    /// The view that a subquery stands for: its entry says so since PostgreSQL 16, before that its query begins with the
    /// view's OLD row.
    fn view(&self, entry: &Node<'_>) -> Option<&Relation> {
        let relation = |entry: &Node<'_>| self.nullability.catalog.relations.get(&entry.oid("relid")?);
        let old = || entry.node("subquery")?.nodes("rtable").next();
        let old = old().filter(|old| alias_of(old).as_deref() == Some("old"));
        let view = relation(entry).or_else(|| old.and_then(relation));
        view.filter(|relation| relation.kind == "v")
    }

    fn value<'n>(&self, entry: &'n Node<'n>, index: usize, env: &Env<'_, 'n>) -> Reason {
        let is_null = |expr: &&'n Node<'n>| self.nullability.nullable(expr, env);
        let mut values = values_of_column(entry, index).enumerate();
        match values.find_map(|(row, expr)| Some((row, expr.filter(is_null)?))) {
            Some((row, expr)) => {
                Reason::Part { part: Part::Row, number: row + 1, reason: Box::new(self.expr(expr, env)) }
            }
            None => unknown("these values"),
        }
    }

    fn cte_column(&self, entry: &Node<'_>, index: usize, env: &Env<'_, '_>) -> Reason {
        let name = entry.text("ctename").unwrap_or_default();
        let column = i64::try_from(index).ok().and_then(|index| column_name(entry, index + 1));
        let what = format!("{name}.{}", column.unwrap_or_default());
        let at = entry.number("ctelevelsup").and_then(|levels| env.above(levels));
        let query = at.as_ref().and_then(|at| cte_of(at.level.query, entry)?.node("ctequery"));
        let (Some(at), Some(query)) = (at, query) else { return unknown(&what) };
        let key = (format!("{:p}", query), index);
        if self.open.borrow().contains(&key) {
            return Reason::Recursion { column: what };
        }
        // A recursive one has to be known before it is looked into.
        self.nullability.cte(entry, env);
        self.open.borrow_mut().push(key);
        let reason = self.output(query, Some(&at.level.rows()), &[], index);
        self.open.borrow_mut().pop();
        Reason::Inside { what, reason: Box::new(reason) }
    }

    /// A table's column, where it may be written by the statement itself.
    fn written_column(&self, entry: &Node<'_>, column: Column, level: &Level<'_, '_>) -> Reason {
        let relation = self.nullability.relation(entry);
        let number = i16::try_from(column.number).ok();
        let (Some(relation), Some(number)) = (relation, number) else { return unknown("this table") };
        let triggers = match level.query.number("commandType") {
            Some(command::INSERT) => relation.has_insert_triggers,
            Some(command::UPDATE) => relation.has_insert_triggers || relation.has_update_triggers,
            _ => false,
        };
        let is_written = level.query.number("resultRelation") == Some(column.relation);
        if triggers && is_written {
            let rows = level.rows();
            let mut assigned = self.nullability.assigned(relation, level.query, "targetList", &rows);
            if assigned.any(|assigned| assigned == number) {
                return Reason::Trigger { column: column_of(relation, number) };
            }
        }
        self.table_column(relation, number)
    }

    fn table_column(&self, relation: &Relation, number: i16) -> Reason {
        let name = column_of(relation, number);
        let Some(column) = relation.columns.get(&number) else { return unknown(&name) };
        if self.nullability.stored.is_some() && column.not_null {
            return Reason::Stored { column: name };
        }
        let promises = self.nullability.promises(relation);
        let generated_as = column.generated_as.as_deref().and_then(node::parse);
        match (relation.kind.as_str(), generated_as) {
            ("f", _) => Reason::Foreign { column: name },
            ("m", _) => self.stored_column(relation, number),
            ("r" | "p", _) if promises.non_null.contains(&number) => self.descendant_column(relation, number),
            ("r" | "p", Some(expr)) => {
                let mut from = None;
                expr.walk(&mut |node| {
                    let var = Column::of(node).and_then(|column| i16::try_from(column.number).ok());
                    from = from.or(var.filter(|number| !promises.non_null.contains(number)));
                });
                let reason = match from {
                    Some(from) => self.table_column(relation, from),
                    None => unknown("the expression that it is generated by"),
                };
                Reason::Inside { what: name, reason: Box::new(reason) }
            }
            ("r" | "p", None) => Reason::Declared { column: name },
            _ => unknown(&name),
        }
    }

    fn descendant_column(&self, relation: &Relation, number: i16) -> Reason {
        let name = &relation.columns[&number].name;
        let promises = |descendant: &&Relation| {
            let same = descendant.columns.iter().find(|(_, column)| column.name == *name);
            same.is_some_and(|(number, _)| self.nullability.promises(descendant).non_null.contains(number))
        };
        let relations = &self.nullability.catalog.relations;
        let mut descendants = relation.descendants.iter().filter_map(|oid| relations.get(oid));
        match descendants.find(|descendant| !promises(descendant)) {
            Some(descendant) => Reason::DeclaredByDescendant {
                column: column_of(relation, number),
                descendant: descendant.name.clone(),
            },
            None => unknown(&column_of(relation, number)),
        }
    }

    /// A column of a materialized view.
    fn stored_column(&self, view: &Relation, number: i16) -> Reason {
        let what = column_of(view, number);
        let tree = view.definition.as_deref().and_then(node::parse);
        let Some(query) = tree.as_ref().and_then(result_query) else { return unknown(&what) };
        let then = Nullability { params: &[], stored: Some(view.written), caller: None, ..self.nullability };
        let why = Why { nullability: then, params: &[], joins: &[], ..*self };
        let reason = Box::new(why.output(query, None, &[], view.columns.range(..number).count()));
        Reason::Inside { what, reason }
    }

    /// A column of a function in FROM.
    fn function_column<'n>(&self, entry: &'n Node<'n>, index: usize, env: &Env<'_, 'n>) -> Reason {
        let functions: Vec<&'n Node<'n>> = entry.nodes("functions").collect();
        let [only] = functions[..] else { return Reason::Padding { call: "ROWS FROM".to_owned() } };
        let Some(call) = only.node("funcexpr") else { return unknown("this function") };
        let name = self.shown(call, env);
        let may_return_null = |when| Reason::MayReturnNull { call: name.clone(), when };
        let function = self.nullability.function_of(call).filter(|_| call.name == "FUNCEXPR");
        let is_set = call.is_true("funcretset");
        match function {
            None if self.nullability.nullable(call, env) => self.expr(call, env),
            None => may_return_null(None),
            Some(_) if !only.list("funccolnames").is_empty() => may_return_null(Some("a field is missing")),
            Some(function) if functions::columns_of_set(function).is_some() => {
                may_return_null(Some("a value is JSON's null"))
            }
            Some(function) if function.body.is_some() => self.body(call, function, index, env),
            Some(_) if only.number("funccolcount") > Some(1) => may_return_null(None),
            Some(function) if is_set => self.set_element(call, function, env),
            Some(_) if self.nullability.nullable(call, env) => self.expr(call, env),
            Some(_) => may_return_null(None),
        }
    }

    /// An element of what a set-returning function gives.
    pub fn set_element<'n>(&self, call: &'n Node<'n>, function: &Function, env: &Env<'_, 'n>) -> Reason {
        if function.body.is_some() {
            return self.body(call, function, 0, env);
        }
        let name = self.shown(call, env);
        match (functions::element_of_set(function), call.nodes("args").next()) {
            (Element::OfTheArray, Some(array)) => self.elements(array, env),
            (Element::NonNullWithTwoArguments, _) => {
                Reason::MayReturnNull { call: name, when: Some("a part is the text that stands for NULL") }
            }
            _ => Reason::MayReturnNull { call: name, when: None },
        }
    }

    /// What a function in SQL gives, by its body.
    pub fn body<'n>(
        &self,
        call: &'n Node<'n>,
        function: &Function,
        index: usize,
        env: &Env<'_, 'n>,
    ) -> Reason {
        let what = self.shown(call, env);
        let nulls = self.nullability.argument_nulls(call, function, env);
        if function.is_strict && !function.returns_set && nulls.iter().any(|nulls| nulls.value) {
            return self
                .argument(call, "args", env)
                .unwrap_or(Reason::MayReturnNull { call: what, when: None });
        }
        let Some(index) = self.nullability.body_column(function, index) else { return unknown(&what) };
        let params = self.nullability.given(function, nulls);
        let of_param =
            |(index, nulls): (usize, &Nulls)| nulls.value.then_some(Reason::Param { number: index + 1 });
        let reasons: Vec<Option<Reason>> = params.iter().enumerate().map(of_param).collect();
        let reason = self.nullability.in_body(function, &params, |inside, query| {
            let (is_part, open, levels) = (self.is_part, self.open, self.levels);
            let why = Why { nullability: *inside, params: &reasons, joins: &[], is_part, open, levels };
            why.output(query, None, &[], index)
        });
        match reason {
            Some(reason) => {
                let reason = reason.with_params(&mut |number| self.given_argument(call, number, env));
                Reason::Inside { what, reason: Box::new(reason) }
            }
            None => {
                let tree = function.body.as_deref().and_then(node::parse);
                let query = tree.as_ref().and_then(result_query);
                let has_rows = query.is_none_or(|query| self.nullability.has_rows_outermost(query));
                let when = (!has_rows && !function.returns_set).then_some("its query returns no row");
                Reason::MayReturnNull { call: what, when }
            }
        }
    }

    /// What is given for a function's parameter of this number.
    fn given_argument<'n>(&self, call: &'n Node<'n>, number: usize, env: &Env<'_, 'n>) -> Reason {
        let mut args = call.nodes("args").enumerate();
        let argument = args.find(|(position, arg)| {
            let named = arg.number("argnumber").filter(|_| arg.name == "NAMEDARGEXPR");
            named.and_then(|place| usize::try_from(place).ok()).unwrap_or(*position) + 1 == number
        });
        match argument.filter(|(_, arg)| self.nullability.nullable(arg, env)) {
            Some((_, arg)) => self.expr(arg, env),
            None => Reason::Default,
        }
    }
}

fn column_of(relation: &Relation, number: i16) -> String {
    let column = relation.columns.get(&number).map_or("...", |column| column.name.as_str());
    format!("{}.{column}", relation.name)
}

pub(super) fn unknown(what: &str) -> Reason {
    Reason::NotUnderstood { what: what.to_owned() }
}
