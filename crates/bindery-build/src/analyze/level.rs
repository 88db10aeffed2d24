//! Query levels: what is known of the rows of one query, and where a column reference leads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::catalog::{Catalog, Written};

use super::fact::{Fact, Facts};
use super::grouping::Grouping;
use super::joins::{self, Nuller, Nullers};
use super::key::Key;
use super::node::{Node, Value};
use super::output::{Nulls, targets};
use super::sql_function::Caller;

/// What inference may look at besides the tree.
#[derive(Clone, Copy)]
pub(super) struct Nullability<'f> {
    pub catalog: &'f Catalog,
    /// Where NULLs can come in parameters, `$1` first.
    pub params: &'f [Nulls],
    /// When the rows were stored that are looked at, if not now: a materialized view keeps what its tables held.
    pub stored: Option<Written>,
    /// The functions in SQL that the expression is in the body of.
    pub caller: Option<&'f Caller<'f>>,
}

/// One query with the queries around it.
pub(super) struct Level<'l, 'n> {
    pub query: &'n Node<'n>,
    pub outer: Option<&'l Env<'l, 'n>>,
    pub grouping: Grouping,
    /// What holds of each row that FROM and WHERE let through.
    pub facts: Rc<Facts>,
    /// What holds of each group that HAVING lets through.
    having: Facts,
    nullers: Nullers,
    entries: Vec<&'n Node<'n>>,
    /// How many queries are around it.
    depth: u32,
    /// Whether the joins have been read.
    is_read: bool,
    /// Whether set-returning functions of the select list pad each other with NULLs.
    pub pads_sets: bool,
    /// A recursive CTE of this level that is being looked at, with what its columns are taken to be so far.
    recursion: RefCell<HashMap<String, Rc<[Nulls]>>>,
    known: RefCell<Known>,
}

/// What was found of the queries inside a level: every column asks, and views lie in views.
#[derive(Default)]
struct Known {
    /// By number in the range table.
    subqueries: HashMap<i64, Rc<[Nulls]>>,
    /// By name.
    ctes: HashMap<String, Rc<[Nulls]>>,
}

/// Where an expression is evaluated, and what holds there.
#[derive(Clone)]
pub(super) struct Env<'l, 'n> {
    pub level: &'l Level<'l, 'n>,
    pub facts: Rc<Facts>,
    /// After grouping: of groups, not of rows.
    pub grouped: bool,
    /// What the columns of the sublink can be that the expression is the test of.
    pub sublink: Option<Rc<[Nulls]>>,
    /// What the CASE tests that the expression is a WHEN of.
    pub tested: Option<&'n Node<'n>>,
}

/// `RTEKind` of PostgreSQL's `parsenodes.h`.
pub(crate) mod entry_kind {
    pub const RELATION: i64 = 0;
    pub const SUBQUERY: i64 = 1;
    pub const JOIN: i64 = 2;
    pub const FUNCTION: i64 = 3;
    pub const TABLE_FUNCTION: i64 = 4;
    pub const VALUES: i64 = 5;
    pub const CTE: i64 = 6;
    pub const RESULT: i64 = 8;
    pub const GROUP: i64 = 9;
}

impl<'l, 'n> Env<'l, 'n> {
    /// The same place where more holds.
    pub fn with(&self, facts: Facts) -> Self {
        if facts.is_empty() {
            return self.clone();
        }
        let mut all = (*self.facts).clone();
        all.extend(facts);
        Self { facts: Rc::new(all), ..self.clone() }
    }

    /// Where the arguments of aggregates are evaluated: on rows, not on groups.
    pub fn before_grouping(&self) -> Self {
        match self.grouped {
            true => self.level.rows(),
            false => self.clone(),
        }
    }

    /// Where the level's select list is evaluated, whatever a CASE around the place says.
    pub fn of_every_row(&self) -> Self {
        if self.grouped { self.level.groups() } else { self.level.rows() }
    }

    /// The same place where nothing but `facts` holds.
    pub fn only(&self, facts: Facts) -> Self {
        Self { facts: Rc::new(facts), ..self.clone() }
    }

    pub fn knows(&self, key: &Key) -> bool {
        self.facts.knows(key)
    }

    pub fn above(&self, levels: i64) -> Option<Self> {
        let mut env = self;
        for _ in 0..levels {
            env = env.level.outer?;
        }
        Some(env.clone())
    }
}

impl<'l, 'n> Level<'l, 'n> {
    /// Reads a query. The level above keeps only rows in which the output columns `non_null` are not NULL.
    pub fn new(
        nullability: &Nullability<'_>,
        query: &'n Node<'n>,
        outer: Option<&'l Env<'l, 'n>>,
        non_null: &[usize],
    ) -> Self {
        let mut level = Self::unread(query, outer);
        // A fact of one row says nothing of the others that a window looks at.
        let pushes = !query.is_true("hasWindowFuncs") && query.get("setOperations").is_none();
        let kept: Vec<&'n Node<'n>> = match pushes {
            true => {
                let visible: Vec<_> = targets(query).collect();
                non_null.iter().filter_map(|index| visible.get(*index)?.node("expr")).collect()
            }
            false => Vec::new(),
        };
        level.grouping = Grouping::new(nullability, &level);
        let mut kept_facts = Facts::new();
        if !level.grouping.is_grouped {
            let env = level.rows();
            kept_facts = kept.iter().flat_map(|expr| nullability.if_non_null(expr, &env)).collect();
        }
        if let Some(tree) = query.node("jointree") {
            // Conditions may ask what can be NULL while the joins are still being read, so those are taken for outer
            // joins first.
            level.nullers = joins::pessimistic(tree);
            let (nullers, facts) = joins::read(nullability, tree, kept_facts, &level);
            level.nullers = nullers;
            level.facts = Rc::new(facts);
            // They can do better now that it is known which of their rows are kept.
            level.known.borrow_mut().subqueries.clear();
        }
        level.is_read = true;
        if level.grouping.is_grouped {
            let env = level.groups();
            let mut having: Facts =
                kept.iter().flat_map(|expr| nullability.if_non_null(expr, &env)).collect();
            having.extend(
                query.node("havingQual").into_iter().flat_map(|qual| nullability.if_true(qual, &env)),
            );
            // Up to 17 the planner folds a grouped expression in HAVING without regard to the sets that lack it:
            // `HAVING coalesce(2, x) IS NOT NULL` lets the row of the empty set pass.
            let grouping = &level.grouping;
            let is_sure = |fact: &Fact| match fact {
                Fact::NonNull(key) => key.is_column_or_aggregate() || grouping.common.contains(key),
                _ => true,
            };
            having.retain(|fact| !grouping.has_sets || is_sure(fact));
            level.having = having;
        }
        level
    }

    fn unread(query: &'n Node<'n>, outer: Option<&'l Env<'l, 'n>>) -> Self {
        Self {
            query,
            outer,
            grouping: Grouping::default(),
            facts: Rc::default(),
            having: Facts::new(),
            nullers: Nullers::default(),
            entries: query.nodes("rtable").collect(),
            depth: outer.map_or(0, |outer| outer.level.depth + 1),
            is_read: false,
            pads_sets: query.is_true("hasTargetSRFs") && sets_in_select_list(query) > 1,
            recursion: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// Where WHERE and the arguments of aggregates are evaluated; the select list too if nothing is grouped.
    pub fn rows(&self) -> Env<'_, 'n> {
        Env { level: self, facts: Rc::clone(&self.facts), grouped: false, sublink: None, tested: None }
    }

    /// Where the select list is evaluated, and HAVING.
    pub fn groups(&self) -> Env<'_, 'n> {
        if !self.grouping.is_grouped {
            return self.rows();
        }
        let survives = |fact: &&Fact| match fact {
            // Without a row the columns of the levels around are still what they are, but WHERE has not looked at them.
            _ if self.grouping.may_lack_rows => false,
            Fact::NonNull(Key::Expression { .. }) => !self.grouping.has_sets,
            _ => true,
        };
        let rows = self.facts.iter().filter(survives);
        let facts = Rc::new(rows.chain(self.having.iter()).cloned().collect());
        Env { level: self, facts, grouped: true, sublink: None, tested: None }
    }

    pub fn entry(&self, number: i64) -> Option<&'n Node<'n>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.entries.get(index).copied()
    }

    pub fn nullers(&self, relation: i64) -> impl Iterator<Item = Nuller> {
        self.nullers.get(&relation).into_iter().flatten().copied()
    }

    pub fn having_knows(&self, key: &Key) -> bool {
        self.having.knows(key)
    }

    /// Adds an outer join that can be without this relation.
    pub fn add_nuller(&mut self, relation: i64, nuller: Nuller) {
        self.nullers.entry(relation).or_default().insert(nuller);
    }
}

impl<'n> Level<'_, 'n> {
    /// The recursive CTE of this name as it is known so far.
    pub fn recursion(&self, name: &str) -> Option<Rc<[Nulls]>> {
        self.recursion.borrow().get(name).cloned()
    }

    pub fn set_recursion(&self, name: &str, columns: Rc<[Nulls]>) {
        self.recursion.borrow_mut().insert(name.to_owned(), columns);
    }

    /// Whether to leave the subqueries alone: while the joins are being read they are looked at for a first time, which
    /// doubles the work with each view inside a view.
    pub fn spares_subqueries(&self) -> bool {
        const DEEPEST: u32 = 4;
        !self.is_read && self.depth > DEEPEST
    }

    /// Finds a subquery's columns once.
    pub fn subquery(&self, number: i64, find: impl FnOnce() -> Vec<Nulls>) -> Rc<[Nulls]> {
        if let Some(columns) = self.known.borrow().subqueries.get(&number) {
            return Rc::clone(columns);
        }
        let columns: Rc<[Nulls]> = find().into();
        self.known.borrow_mut().subqueries.insert(number, Rc::clone(&columns));
        columns
    }

    /// Finds a CTE's columns once.
    pub fn cte(&self, name: &str, find: impl FnOnce() -> Vec<Nulls>) -> Rc<[Nulls]> {
        if let Some(columns) = self.known.borrow().ctes.get(name) {
            return Rc::clone(columns);
        }
        // Of one that would refer to itself without being recursive nothing is known.
        self.known.borrow_mut().ctes.insert(name.to_owned(), Rc::default());
        let columns: Rc<[Nulls]> = find().into();
        self.known.borrow_mut().ctes.insert(name.to_owned(), Rc::clone(&columns));
        columns
    }
}

/// How many set-returning functions of the select list run side by side; one inside another runs for each of its rows.
fn sets_in_select_list(query: &Node<'_>) -> usize {
    query.nodes("targetList").filter_map(|target| target.node("expr")).map(innermost_sets).sum()
}

fn innermost_sets(expr: &Node<'_>) -> usize {
    let inside: usize = expr.fields().map(|(_, value)| innermost_sets_in(value)).sum();
    let is_set = expr.is_true("funcretset") || expr.is_true("opretset");
    if inside == 0 && is_set { 1 } else { inside }
}

fn innermost_sets_in(value: &Value<'_>) -> usize {
    match value {
        Value::Node(node) if node.name == "QUERY" => 0,
        Value::Node(node) => innermost_sets(node),
        Value::List(items) => items.iter().map(innermost_sets_in).sum(),
        Value::Word(_) => 0,
    }
}
