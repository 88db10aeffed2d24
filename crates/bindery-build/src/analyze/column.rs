//! Where a column reference leads: to a table, a subquery, a function, a list of values, a CTE.

use std::rc::Rc;

use crate::catalog::{Function, Relation};

use super::fact::Fact;
use super::functions;
use super::joins::Nuller;
use super::key::{Column, Key};
use super::level::{Env, Level, Nullability, entry_kind};
use super::node::Node;
use super::output::{Nulls, targets};
use super::{command, cte_of, merge, values_of_column};

/// `TableFuncType` of PostgreSQL's `primnodes.h`.
const JSON_TABLE: i64 = 1;

impl Nullability<'_> {
    /// Whether a column can be NULL where `env` stands.
    pub fn column(&self, column: Column, env: &Env<'_, '_>) -> bool {
        let Some(env) = env.above(column.up) else { return true };
        let column = Column { up: 0, ..column };
        let whole_row = Key::Column(Column { number: 0, ..column });
        if env.knows(&Key::Column(column)) || env.facts.contains(&Fact::FieldsNonNull(whole_row)) {
            return false;
        }
        if column.version != 0
            && let Some(nullable) = self.old_or_new(column, &env)
        {
            return nullable;
        }
        if is_missing(column.relation, &env) {
            return true;
        }
        !env.facts.contains(&Fact::NonNullIfPresent(column)) && self.nullable_in_its_row(column, &env)
    }

    /// OLD and NEW in RETURNING (PostgreSQL 18); nothing said if it is like the column without them.
    pub fn old_or_new(&self, column: Column, env: &Env<'_, '_>) -> Option<bool> {
        let is_old = column.version == 1;
        let plain = Column { version: 0, ..column };
        match env.level.query.number("commandType") {
            Some(command::INSERT) if is_old => Some(true),
            Some(command::DELETE) if !is_old => Some(true),
            Some(command::MERGE) => {
                let absent = if is_old { command::INSERT } else { command::DELETE };
                let mut actions = merge::actions(env.level.query);
                let may_be_absent = actions.any(|action| action.number("commandType") == Some(absent));
                Some(may_be_absent || self.nullable_in_its_row(plain, env))
            }
            // What WHERE has seen.
            _ if is_old => {
                let is_known = env.level.facts.knows(&Key::Column(plain));
                Some(!is_known && self.nullable_in_its_row(plain, env))
            }
            _ => Some(self.column(plain, env)),
        }
    }

    /// Whether a column of this level can be NULL in a row of its relation, outer joins aside.
    pub fn nullable_in_its_row(&self, column: Column, env: &Env<'_, '_>) -> bool {
        let level = env.level;
        let Some(entry) = level.entry(column.relation) else { return true };
        let kind = entry.number("rtekind");
        let Some(index) = usize::try_from(column.number).ok().and_then(|number| number.checked_sub(1)) else {
            return match kind {
                // A row is something even if all its fields are NULL; what a join's row is differs between versions.
                _ if column.number == 0 => matches!(kind, None | Some(entry_kind::JOIN | entry_kind::GROUP)),
                // Only tables have system columns that always say something.
                Some(entry_kind::RELATION) => !self.relation(entry).is_some_and(Relation::is_table),
                _ => true,
            };
        };
        let place = level.rows();
        let of = |columns: Rc<[Nulls]>| columns.get(index).is_none_or(|nulls| nulls.value);
        match kind {
            Some(entry_kind::RELATION) => self.relation_column(entry, column.number),
            Some(entry_kind::SUBQUERY) if level.spares_subqueries() => true,
            Some(entry_kind::SUBQUERY) => of(self.subquery(column.relation, level)),
            Some(entry_kind::FUNCTION) => self.function_column(entry, index, &place),
            Some(entry_kind::TABLE_FUNCTION) => table_function_column(entry, index),
            Some(entry_kind::VALUES) => {
                values_of_column(entry, index).any(|expr| expr.is_none_or(|expr| self.nullable(expr, &place)))
            }
            Some(entry_kind::CTE) => of(self.cte(entry, env)),
            _ => true,
        }
    }

    /// The columns of a subquery in FROM, a view among them.
    pub fn subquery(&self, number: i64, level: &Level<'_, '_>) -> Rc<[Nulls]> {
        level.subquery(number, || {
            let Some(query) = level.entry(number).and_then(|entry| entry.node("subquery")) else {
                return Vec::new();
            };
            self.outputs_of(query, Some(&level.rows()), &kept_columns(number, level))
        })
    }

    /// The columns of a CTE.
    pub fn cte(&self, entry: &Node<'_>, env: &Env<'_, '_>) -> Rc<[Nulls]> {
        let unknown = || Rc::from([]);
        let Some(name) = entry.word("ctename") else { return unknown() };
        let Some(at) = entry.number("ctelevelsup").and_then(|levels| env.above(levels)) else {
            return unknown();
        };
        let level = at.level;
        if entry.is_true("self_reference") {
            return level.recursion(name).unwrap_or_else(unknown);
        }
        let cte = cte_of(level.query, entry);
        let Some((cte, query)) = cte.and_then(|cte| Some((cte, cte.node("ctequery")?))) else {
            return unknown();
        };
        level.cte(name, || match cte.is_true("cterecursive") {
            true => self.recursive_cte(name, query, level),
            false => self.outputs(query, Some(&level.rows())),
        })
    }

    /// Starts from "no column is NULL" and adds what each round finds until nothing is added: every row comes from a
    /// finite number of rounds.
    fn recursive_cte(&self, name: &str, query: &Node<'_>, level: &Level<'_, '_>) -> Vec<Nulls> {
        let mut columns = vec![Nulls::NOWHERE; targets(query).count()];
        loop {
            level.set_recursion(name, columns.as_slice().into());
            let found = self.outputs(query, Some(&level.rows()));
            let both: Vec<Nulls> =
                found.iter().zip(&columns).map(|(found, known)| found.or(*known)).collect();
            if both == columns {
                return columns;
            }
            columns = both;
        }
    }

    /// A column of functions in FROM: theirs one after the other, then WITH ORDINALITY.
    fn function_column<'n>(&self, entry: &'n Node<'n>, index: usize, env: &Env<'_, 'n>) -> bool {
        let functions: Vec<&'n Node<'n>> = entry.nodes("functions").collect();
        let count = |function: &Node<'_>| {
            function.number("funccolcount").and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
        };
        let columns: usize = functions.iter().map(|function| count(function)).sum();
        if index == columns {
            return !entry.is_true("funcordinality");
        }
        // ROWS FROM: the shorter sets are filled up with NULLs.
        let [only] = functions[..] else { return true };
        let Some(call) = only.node("funcexpr") else { return true };
        let Some(function) = self.function_of(call).filter(|_| call.name == "FUNCEXPR") else {
            return self.nullable(call, env) || count(only) > 1;
        };
        // `AS t (a int, b text)`: the fields of a record.
        if !only.list("funccolnames").is_empty() {
            return true;
        }
        if let Some(non_null) = functions::columns_of_set(function) {
            return !non_null.get(index).copied().unwrap_or(false);
        }
        match call.is_true("funcretset") {
            _ if function.body.is_some() => self.sql_function_column(call, function, index, env),
            true => count(only) > 1 || self.set_element(call, function, env),
            false => count(only) > 1 || function.result_relation.is_some() || self.nullable(call, env),
        }
    }

    /// An element of what a set-returning function gives.
    pub fn set_element<'n>(&self, call: &'n Node<'n>, function: &Function, env: &Env<'_, 'n>) -> bool {
        if function.body.is_some() {
            return self.sql_function_column(call, function, 0, env);
        }
        let first = call.nodes("args").next();
        match functions::element_of_set(function) {
            functions::Element::NonNull => false,
            functions::Element::NonNullWithTwoArguments => call.list("args").len() > 2,
            functions::Element::OfTheArray => first.is_none_or(|array| self.null_elements(array, env)),
            functions::Element::Unknown => true,
        }
    }
}

/// The columns of a subquery in FROM that are not NULL in any row that its level keeps.
pub(super) fn kept_columns(number: i64, level: &Level<'_, '_>) -> Vec<usize> {
    let kept = level.facts.iter().filter_map(|fact| match fact {
        Fact::NonNull(Key::Column(column)) if (column.up, column.relation) == (0, number) => {
            usize::try_from(column.number - 1).ok()
        }
        _ => None,
    });
    let mut kept: Vec<usize> = kept.collect();
    kept.sort_unstable();
    kept
}

/// Whether an outer join can have left the relation without a row.
fn is_missing(relation: i64, env: &Env<'_, '_>) -> bool {
    missing_side(relation, env).is_some()
}

/// The side of an outer join that the relation is on and that can be missing.
pub(super) fn missing_side(relation: i64, env: &Env<'_, '_>) -> Option<Nuller> {
    // Where a column of a relation is not NULL, all sides are there that it is on.
    let is_there = |nuller: Nuller| {
        env.facts.iter().any(|fact| match fact {
            Fact::Present(side) => *side == nuller,
            Fact::NonNull(Key::Column(column)) if column.up == 0 => {
                env.level.nullers(column.relation).any(|other| other == nuller)
            }
            _ => false,
        })
    };
    env.level.nullers(relation).find(|nuller| !is_there(*nuller))
}

/// XMLTABLE and JSON_TABLE: only a column FOR ORDINALITY, or one declared NOT NULL, is never NULL.
fn table_function_column(entry: &Node<'_>, index: usize) -> bool {
    let Some(table) = entry.node("tablefunc") else { return true };
    let number = i64::try_from(index).unwrap_or(-1);
    if table.number("functype") == Some(JSON_TABLE) {
        // FOR ORDINALITY has no expression; a nested path may have no row.
        let Some(plan) = table.node("plan") else { return true };
        let is_outermost = plan.number("colMin").is_some_and(|min| min <= number)
            && plan.number("colMax").is_some_and(|max| number <= max);
        let has_expression = table.list("colvalexprs").get(index).is_none_or(|expr| expr.as_node().is_some());
        return has_expression || !is_outermost;
    }
    table.number("ordinalitycol") != Some(number) && !table.numbers("notnulls").any(|column| column == number)
}
