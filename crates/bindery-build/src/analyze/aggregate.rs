//! Aggregates and window functions: NULL of no rows, NULL of nothing but NULLs.

use super::constant;
use super::fact::{Fact, Facts};
use super::functions::{self, Aggregate};
use super::level::{Env, Nullability};
use super::node::Node;
use crate::catalog::Function;

/// `FRAMEOPTION_*` of PostgreSQL's `parsenodes.h`.
mod frame {
    pub const RANGE: i64 = 0x2;
    pub const STARTS_UNBOUNDED: i64 = 0x20;
    pub const ENDS_UNBOUNDED: i64 = 0x100;
    pub const STARTS_AT_CURRENT: i64 = 0x200;
    pub const ENDS_AT_CURRENT: i64 = 0x400;
    pub const STARTS_BEFORE: i64 = 0x800;
    pub const ENDS_AFTER: i64 = 0x4000;
    pub const EXCLUDES_CURRENT: i64 = 0x8000 | 0x10000;
}

impl Nullability<'_> {
    pub fn aggregate<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(function) = self.function_at(expr, "aggfnoid") else { return true };
        let Some(env) = aggregate_place(expr, env) else { return true };
        let kind = functions::aggregate(function);
        if kind == Aggregate::NeverNull {
            return false;
        }
        if kind == Aggregate::Unknown {
            return !self.keeps_its_start(function);
        }
        if expr.get("aggfilter").is_some() || !self.group_has_rows(&env) {
            return true;
        }
        if kind == Aggregate::OfRows {
            return false;
        }
        let rows = env.before_grouping();
        let argument = expr.nodes("args").next().and_then(|target| target.node("expr"));
        let is_null_in = |env: &Env<'_, 'n>| argument.is_none_or(|argument| self.nullable(argument, env));
        // One row with a value is enough, and HAVING may know of one.
        let is_found = || {
            env.facts.iter().any(|fact| match fact {
                Fact::NonNullInSomeRow(key) => {
                    !is_null_in(&rows.with(Facts::one(Fact::NonNull(key.clone()))))
                }
                _ => false,
            })
        };
        self.any_of(expr, "aggdirectargs", &env) || is_null_in(&rows) && !is_found()
    }

    /// An aggregate that starts from a value and whose transition function never makes a NULL of it.
    fn keeps_its_start(&self, function: &Function) -> bool {
        let transition = function.transition.and_then(|oid| self.catalog.functions.get(&oid));
        transition.is_some_and(functions::is_safe)
    }

    pub fn group_has_rows(&self, env: &Env<'_, '_>) -> bool {
        let level = env.level;
        env.facts.contains(&Fact::GroupHasRows)
            || !level.grouping.may_lack_rows
            || self.has_rows_in_from(level.query, &level.rows())
    }

    /// A value of an aggregate that is NULL of no rows tells that there are rows.
    pub fn if_aggregate_non_null<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let is_own = expr.number("agglevelsup") == Some(0) && expr.get("aggfilter").is_none();
        let kind = self.function_at(expr, "aggfnoid").map(functions::aggregate).filter(|_| is_own);
        match kind {
            Some(Aggregate::OfRows) => Facts::one(Fact::GroupHasRows),
            Some(Aggregate::OfValues) => {
                let mut facts = Facts::one(Fact::GroupHasRows);
                let is_plain = expr.word("aggkind") == Some("n");
                let argument = expr.nodes("args").next().filter(|_| is_plain);
                facts.extend(argument.into_iter().flat_map(|target| self.in_some_row(target, env)));
                facts
            }
            _ => Facts::new(),
        }
    }

    /// `count(x) > 0` and its like: there are rows, and some have an `x`.
    pub fn if_counted<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let sides: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let ("OPEXPR", [left, right]) = (expr.name, &sides[..]) else { return Facts::new() };
        let Some(operator) = self.catalog.operator_of(expr) else {
            return Facts::new();
        };
        let (count, number, operator) = match (operator.name.as_str(), left.name) {
            (name, "AGGREF") => (left, right, name),
            ("<", _) => (right, left, ">"),
            ("<=", _) => (right, left, ">="),
            (name @ ("=" | "<>"), _) => (right, left, name),
            _ => return Facts::new(),
        };
        let is_count = count.name == "AGGREF"
            && count.number("agglevelsup") == Some(0)
            && count.get("aggfilter").is_none()
            && self.function_at(count, "aggfnoid").is_some_and(|f| f.is_builtin && f.name == "count");
        let is_positive = match (operator, constant::integer(number)) {
            (">", Some(number)) => number >= 0,
            (">=" | "=", Some(number)) => number >= 1,
            ("<>", Some(number)) => number == 0,
            _ => false,
        };
        if !is_count || !is_positive {
            return Facts::new();
        }
        let mut facts = Facts::one(Fact::GroupHasRows);
        facts.extend(count.nodes("args").flat_map(|target| self.in_some_row(target, env)));
        facts
    }

    fn in_some_row<'n>(&self, target: &'n Node<'n>, env: &Env<'_, 'n>) -> Vec<Fact> {
        let told = target.node("expr").map(|expr| self.if_non_null(expr, &env.before_grouping()));
        let keys = told.into_iter().flatten().filter_map(|fact| match fact {
            Fact::NonNull(key) => Some(Fact::NonNullInSomeRow(key)),
            _ => None,
        });
        keys.collect()
    }

    /// Arguments are looked at in other rows than the one that the call stands in.
    pub fn window_function<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(function) = self.function_at(expr, "winfnoid").filter(|f| f.is_builtin) else { return true };
        let rows = env.of_every_row();
        let args = expr.list("args").len();
        let ignores_nulls = expr.number("ignore_nulls").is_some_and(|ignores| ignores != 0);
        let has_current = || has_current_row(expr, env);
        match function.name.as_str() {
            "row_number" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" => false,
            "ntile" => self.any_of(expr, "args", &rows),
            "lag" | "lead" => args < 3 || ignores_nulls || self.any_of(expr, "args", &rows),
            "first_value" | "last_value" => {
                ignores_nulls || !has_current() || self.any_of(expr, "args", &rows)
            }
            _ => match functions::aggregate(function) {
                Aggregate::NeverNull => false,
                Aggregate::Unknown => true,
                _ if expr.get("aggfilter").is_some() || !has_current() => true,
                Aggregate::OfRows => false,
                Aggregate::OfValues => expr.nodes("args").next().is_none_or(|arg| self.nullable(arg, &rows)),
            },
        }
    }
}

/// Where an aggregate is evaluated: on the groups of its level.
pub(super) fn aggregate_place<'l, 'n>(expr: &Node<'_>, env: &Env<'l, 'n>) -> Option<Env<'l, 'n>> {
    match expr.number("agglevelsup").unwrap_or(0) {
        0 => Some(env.clone()),
        // An aggregate of a level around, from inside a subquery of its select list.
        levels => env.above(levels).map(|above| above.level.groups()),
    }
}

/// Whether the frame surely holds the current row.
pub(super) fn has_current_row(expr: &Node<'_>, env: &Env<'_, '_>) -> bool {
    let reference = expr.number("winref");
    let mut clauses = env.level.query.nodes("windowClause");
    let clause = clauses.find(|clause| clause.number("winref") == reference);
    let Some(options) = clause.and_then(|clause| clause.number("frameOptions")) else { return false };
    let has = |flags: i64| options & flags != 0;
    // The distance to itself of an infinite value is for the type to say.
    let offsets = if has(frame::RANGE) { 0 } else { frame::STARTS_BEFORE | frame::ENDS_AFTER };
    let starts = frame::STARTS_UNBOUNDED | frame::STARTS_AT_CURRENT | (offsets & frame::STARTS_BEFORE);
    let ends = frame::ENDS_UNBOUNDED | frame::ENDS_AT_CURRENT | (offsets & frame::ENDS_AFTER);
    has(starts) && has(ends) && !has(frame::EXCLUDES_CURRENT)
}
