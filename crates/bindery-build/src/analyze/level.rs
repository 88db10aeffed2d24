//! Query levels: what a column reference leads to, and what a query's outputs can be.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::catalog::Facts;

use super::joins::{Joins, Nuller};
use super::node::{Node, Value};
use super::{command, range_table_entry};

/// What inference may look at besides the tree.
#[derive(Clone, Copy)]
pub(super) struct Nullability<'f> {
    pub facts: &'f Facts,
    /// Which parameters may be NULL, `$1` first.
    pub null_params: &'f [bool],
}

/// One query with the queries around it.
pub(super) struct Level<'l, 'n> {
    pub query: &'n Node<'n>,
    pub joins: Rc<Joins>,
    outer: Option<&'l Level<'l, 'n>>,
    /// A recursive CTE that is being looked at, with what its columns are taken to be so far.
    recursion: Option<Recursion<'n>>,
    /// An outer join that is to be overlooked: see [`Nullability::join_column`].
    overlooked: Option<i64>,
    known: RefCell<Known<'n>>,
}

/// What was found of the queries inside a level: every column asks, and views lie in views.
#[derive(Default)]
struct Known<'n> {
    /// By number in the range table.
    subqueries: HashMap<i64, Vec<bool>>,
    /// By name.
    ctes: HashMap<&'n str, Vec<bool>>,
}

#[derive(Clone)]
struct Recursion<'n> {
    name: &'n str,
    columns: Vec<bool>,
}

/// `RTEKind` of PostgreSQL's `parsenodes.h`.
mod kind {
    pub const RELATION: i64 = 0;
    pub const SUBQUERY: i64 = 1;
    pub const JOIN: i64 = 2;
    pub const FUNCTION: i64 = 3;
    pub const VALUES: i64 = 5;
    pub const CTE: i64 = 6;
    pub const GROUP: i64 = 9;
}

impl<'n> Level<'_, 'n> {
    fn above(&self, levels: i64) -> Option<&Self> {
        let mut level = self;
        for _ in 0..levels {
            level = level.outer?;
        }
        Some(level)
    }

    fn entry(&self, number: i64) -> Option<&'n Node<'n>> {
        range_table_entry(self.query, number)
    }

    /// The same level as it looks where one of its outer joins is overlooked.
    fn overlooking(&self, join: i64) -> Self {
        Self {
            query: self.query,
            joins: Rc::clone(&self.joins),
            outer: self.outer,
            recursion: self.recursion.clone(),
            overlooked: Some(join),
            known: RefCell::default(),
        }
    }

    fn recursion(&self, name: &str) -> Option<&Recursion<'n>> {
        let own = self.recursion.as_ref().filter(|recursion| recursion.name == name);
        own.or_else(|| self.outer?.recursion(name))
    }
}

impl Nullability<'_> {
    /// Whether each column that a query gives can be NULL.
    pub fn outputs<'n>(&self, query: &'n Node<'n>, outer: Option<&Level<'_, 'n>>) -> Vec<bool> {
        self.outputs_in(query, outer, None)
    }

    fn outputs_in<'n>(
        &self,
        query: &'n Node<'n>,
        outer: Option<&Level<'_, 'n>>,
        recursion: Option<Recursion<'n>>,
    ) -> Vec<bool> {
        let written = query.number("resultRelation").filter(|_| writes_values(query));
        let joins = Rc::new(Joins::new(query, self.facts, written));
        let level = Level { query, joins, outer, recursion, overlooked: None, known: RefCell::default() };
        if let Some(operation) = query.node("setOperations") {
            return self.set_operation(operation, &level);
        }
        let returning = query.number("commandType") != Some(command::SELECT);
        let list = if returning { "returningList" } else { "targetList" };
        let visible = query.nodes(list).filter(|entry| !entry.is_true("resjunk"));
        visible.map(|entry| entry.node("expr").is_none_or(|expr| self.output(expr, &level))).collect()
    }

    /// An expression of the select list.
    fn output<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        // A row of a grouping set lacks the columns of the others, and whatever is made of them.
        let in_every_set = matches!(expr.name, "AGGREF" | "GROUPINGFUNC" | "CONST");
        (!level.query.list("groupingSets").is_empty() && !in_every_set) || self.nullable(expr, level)
    }

    fn set_operation<'n>(&self, node: &'n Node<'n>, level: &Level<'_, 'n>) -> Vec<bool> {
        if node.name == "RANGETBLREF" {
            return node.number("rtindex").map(|number| self.subquery(number, level)).unwrap_or_default();
        }
        let arm = |field| node.node(field).map(|arm| self.set_operation(arm, level)).unwrap_or_default();
        let (left, right) = (arm("larg"), arm("rarg"));
        let pairs = left.into_iter().zip(right);
        match node.number("op") {
            // INTERSECT: what is in both.
            Some(2) => pairs.map(|(left, right)| left && right).collect(),
            // EXCEPT: what is in the first.
            Some(3) => pairs.map(|(left, _)| left).collect(),
            _ => pairs.map(|(left, right)| left || right).collect(),
        }
    }

    /// A column reference.
    pub fn var<'n>(&self, var: &Node<'_>, level: &Level<'_, 'n>) -> bool {
        let parts = (var.number("varlevelsup"), var.number("varno"), var.number("varattno"));
        let (Some(levels), Some(relation), Some(column)) = parts else { return true };
        let Some(level) = level.above(levels) else { return true };
        // OLD and NEW of PostgreSQL 18: OLD is missing on an INSERT, NEW on a DELETE.
        let is_old_or_new = var.number("varreturningtype").is_some_and(|which| which != 0);
        // MERGE reaches rows that have no partner on the other side.
        let is_merge = level.query.number("commandType").is_some_and(|command| command > command::DELETE);
        if is_old_or_new || is_merge && level.query.number("resultRelation") != Some(relation) {
            return true;
        }
        if level.joins.non_null.contains(&(relation, column)) {
            return false;
        }
        let missing = |nuller: &Nuller| level.overlooked != Some(nuller.join);
        if level.joins.nullers(relation).iter().any(missing) {
            return true;
        }
        level.entry(relation).is_none_or(|entry| self.entry_column(entry, column, relation, level))
    }

    fn entry_column<'n>(&self, entry: &'n Node<'n>, column: i64, number: i64, level: &Level<'_, 'n>) -> bool {
        let index = usize::try_from(column).ok().and_then(|column| column.checked_sub(1));
        let of = |outputs: Vec<bool>| index.and_then(|index| outputs.get(index).copied()).unwrap_or(true);
        match (entry.number("rtekind"), index) {
            (Some(kind::RELATION), _) => self.relation_column(entry, column),
            (Some(kind::SUBQUERY), Some(_)) => of(self.subquery(number, level)),
            (Some(kind::JOIN), Some(index)) => {
                let alias = entry.list("joinaliasvars").get(index).and_then(Value::as_node);
                alias.is_none_or(|expr| self.join_column(expr, number, level))
            }
            (Some(kind::GROUP), Some(index)) => {
                let grouped = entry.list("groupexprs").get(index).and_then(Value::as_node);
                grouped.is_none_or(|expr| self.nullable(expr, level))
            }
            (Some(kind::FUNCTION), Some(0)) => self.function_column(entry),
            (Some(kind::VALUES), Some(index)) => entry.list("values_lists").iter().any(|row| {
                let Value::List(row) = row else { return true };
                row.get(index).and_then(Value::as_node).is_none_or(|expr| self.nullable(expr, level))
            }),
            (Some(kind::CTE), Some(_)) => of(self.cte(entry, level)),
            _ => true,
        }
    }

    /// The columns of a subquery in FROM, a view among them.
    fn subquery<'n>(&self, number: i64, level: &Level<'_, 'n>) -> Vec<bool> {
        if let Some(columns) = level.known.borrow().subqueries.get(&number) {
            return columns.clone();
        }
        let query = level.entry(number).and_then(|entry| entry.node("subquery"));
        let columns = query.map(|query| self.outputs(query, Some(level))).unwrap_or_default();
        level.known.borrow_mut().subqueries.insert(number, columns.clone());
        columns
    }

    fn relation_column(&self, entry: &Node<'_>, column: i64) -> bool {
        let facts = entry.oid("relid").and_then(|oid| self.facts.relations.get(&oid));
        let Some(facts) = facts else { return true };
        let is_table = matches!(facts.kind.as_str(), "r" | "p");
        // The whole row, and system columns such as xmin.
        if column <= 0 {
            return !is_table;
        }
        let inherits = facts.has_children && entry.is_true("inh");
        let not_null = facts.not_null.iter().any(|number| i64::from(*number) == column);
        !(is_table && not_null && !inherits)
    }

    /// A column that USING has merged, or one that is named through the join's alias.
    fn join_column<'n>(&self, expr: &'n Node<'n>, join: i64, level: &Level<'_, 'n>) -> bool {
        if expr.name != "COALESCEEXPR" {
            return self.nullable(expr, level);
        }
        // FULL JOIN: a row has one side or both, so the merged column is there if each side's column is.
        let inner = level.overlooking(join);
        expr.nodes("args").any(|arg| self.nullable(arg, &inner))
    }

    /// The only column of a function in FROM.
    fn function_column(&self, entry: &Node<'_>) -> bool {
        let mut functions = entry.nodes("functions");
        let (Some(only), None) = (functions.next(), functions.next()) else { return true };
        let call = only.node("funcexpr").filter(|expr| expr.name == "FUNCEXPR");
        !call.is_some_and(|call| super::functions::gives_non_null_set(call, self.facts))
    }

    fn cte<'n>(&self, entry: &'n Node<'n>, level: &Level<'_, 'n>) -> Vec<bool> {
        let name = entry.word("ctename").unwrap_or_default();
        if entry.is_true("self_reference") {
            return level.recursion(name).map(|recursion| recursion.columns.clone()).unwrap_or_default();
        }
        let level = entry.number("ctelevelsup").and_then(|levels| level.above(levels));
        let Some(level) = level else { return Vec::new() };
        if let Some(columns) = level.known.borrow().ctes.get(name) {
            return columns.clone();
        }
        let cte = level.query.nodes("cteList").find(|cte| cte.word("ctename") == Some(name));
        let Some(query) = cte.and_then(|cte| cte.node("ctequery")) else { return Vec::new() };
        let columns = match cte.is_some_and(|cte| cte.is_true("cterecursive")) {
            true => self.recursive_cte(name, query, level),
            false => self.outputs(query, Some(level)),
        };
        level.known.borrow_mut().ctes.insert(name, columns.clone());
        columns
    }

    /// Starts from "no column is NULL" and adds what each round finds until nothing is added: every row comes from a
    /// finite number of rounds.
    fn recursive_cte<'n>(&self, name: &'n str, query: &'n Node<'n>, level: &Level<'_, 'n>) -> Vec<bool> {
        let mut columns = vec![false; query.list("targetList").len()];
        loop {
            let recursion = Recursion { name, columns: columns.clone() };
            let found = self.outputs_in(query, Some(level), Some(recursion));
            let both: Vec<bool> = found.iter().zip(&columns).map(|(found, known)| *found || *known).collect();
            if both == columns {
                return columns;
            }
            columns = both;
        }
    }
}

/// Whether the columns of the result relation are others in RETURNING than in WHERE.
fn writes_values(query: &Node<'_>) -> bool {
    !matches!(query.number("commandType"), Some(command::SELECT | command::DELETE))
}
