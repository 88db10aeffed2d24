//! Which joins can fill a relation's columns with NULLs, and which columns the WHERE clause keeps from being NULL.

use std::collections::{HashMap, HashSet};

use crate::catalog::Facts;

use super::functions;
use super::node::Node;

/// `JoinType` of PostgreSQL's `nodes.h`.
const LEFT: i64 = 1;
const FULL: i64 = 2;
const RIGHT: i64 = 3;

/// A column of a relation at this query level.
pub(super) type Column = (i64, i64);

/// One side of an outer join that may be missing from a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Nuller {
    /// The join, by its place in the range table.
    pub join: i64,
    is_left: bool,
}

/// What the FROM and WHERE clauses of one query level say.
#[derive(Debug, Default)]
pub(super) struct Joins {
    /// By relation: the join sides that it is on.
    nullers: HashMap<i64, Vec<Nuller>>,
    /// Columns that no row of the result has NULL in.
    pub non_null: HashSet<Column>,
}

impl Joins {
    /// Reads a query's join tree. `assigned` is the relation that is written to, whose columns in RETURNING are not
    /// those that the WHERE clause has seen.
    pub fn new(query: &Node<'_>, facts: &Facts, assigned: Option<i64>) -> Self {
        let mut joins = Self::default();
        if let Some(tree) = query.node("jointree") {
            joins.read(tree, &mut Vec::new(), facts);
        }
        joins.non_null.retain(|(relation, _)| Some(*relation) != assigned);
        joins.reduce();
        joins
    }

    /// The join sides that can be missing where the relation's columns are used.
    pub fn nullers(&self, relation: i64) -> &[Nuller] {
        self.nullers.get(&relation).map_or(&[], Vec::as_slice)
    }

    /// `above` are the outer join sides around `node`.
    fn read(&mut self, node: &Node<'_>, above: &mut Vec<Nuller>, facts: &Facts) {
        match node.name {
            "FROMEXPR" => {
                node.nodes("fromlist").for_each(|item| self.read(item, above, facts));
                self.note_qual(node.node("quals"), above, facts);
            }
            "JOINEXPR" => {
                let join = node.number("rtindex").unwrap_or(0);
                let kind = node.number("jointype").unwrap_or(FULL);
                let left = matches!(kind, FULL | RIGHT).then_some(Nuller { join, is_left: true });
                let right = matches!(kind, LEFT | FULL).then_some(Nuller { join, is_left: false });
                self.read_side(node.node("larg"), left, above, facts);
                self.read_side(node.node("rarg"), right, above, facts);
                if kind == 0 {
                    self.note_qual(node.node("quals"), above, facts);
                }
                // A column of the join itself is missing with what surrounds the join.
                self.nullers.insert(join, above.clone());
            }
            "RANGETBLREF" => {
                if let Some(relation) = node.number("rtindex") {
                    self.nullers.insert(relation, above.clone());
                }
            }
            _ => {}
        }
    }

    fn read_side(
        &mut self,
        side: Option<&Node<'_>>,
        nuller: Option<Nuller>,
        above: &mut Vec<Nuller>,
        facts: &Facts,
    ) {
        let Some(side) = side else { return };
        above.extend(nuller);
        self.read(side, above, facts);
        above.truncate(above.len() - usize::from(nuller.is_some()));
    }

    /// A condition holds for every row only if no outer join around it can make up rows.
    fn note_qual(&mut self, qual: Option<&Node<'_>>, above: &[Nuller], facts: &Facts) {
        if let (Some(qual), []) = (qual, above) {
            self.non_null.extend(non_null_if_true(qual, facts));
        }
    }

    /// Where a column of a join's side is never NULL, no row is without that side.
    fn reduce(&mut self) {
        let present: HashSet<Nuller> =
            self.non_null.iter().flat_map(|(relation, _)| self.nullers(*relation).to_vec()).collect();
        self.nullers.values_mut().for_each(|nullers| nullers.retain(|nuller| !present.contains(nuller)));
    }
}

/// The columns that cannot be NULL where `qual` is true.
fn non_null_if_true(qual: &Node<'_>, facts: &Facts) -> HashSet<Column> {
    match qual.name {
        "BOOLEXPR" if qual.word("boolop") == Some("and") => {
            qual.nodes("args").flat_map(|arg| non_null_if_true(arg, facts)).collect()
        }
        "BOOLEXPR" if qual.word("boolop") == Some("or") => {
            let mut arms = qual.nodes("args").map(|arg| non_null_if_true(arg, facts));
            let first = arms.next().unwrap_or_default();
            arms.fold(first, |common, arm| common.intersection(&arm).copied().collect())
        }
        // IS NOT NULL
        "NULLTEST" if qual.number("nulltesttype") == Some(1) && !qual.is_true("argisrow") => {
            qual.node("arg").map(|arg| strict_columns(arg, facts)).unwrap_or_default()
        }
        _ => strict_columns(qual, facts),
    }
}

/// The columns of which any one being NULL makes the expression NULL.
fn strict_columns(expr: &Node<'_>, facts: &Facts) -> HashSet<Column> {
    match expr.name {
        "VAR" if expr.number("varlevelsup") == Some(0) => column(expr).into_iter().collect(),
        "RELABELTYPE" | "COLLATEEXPR" | "COERCEVIAIO" => {
            expr.node("arg").map(|arg| strict_columns(arg, facts)).unwrap_or_default()
        }
        "OPEXPR" if functions::is_strict_operator(expr, facts) => of_arguments(expr, facts),
        "FUNCEXPR" if functions::is_strict_function(expr, facts) => of_arguments(expr, facts),
        // `x = ANY (...)` is NULL or false where x is NULL; `x <> ALL ('{}')` is true.
        "SCALARARRAYOPEXPR" if expr.is_true("useOr") && functions::is_strict_operator(expr, facts) => {
            expr.nodes("args").take(1).flat_map(|arg| strict_columns(arg, facts)).collect()
        }
        _ => HashSet::new(),
    }
}

fn of_arguments(expr: &Node<'_>, facts: &Facts) -> HashSet<Column> {
    expr.nodes("args").flat_map(|arg| strict_columns(arg, facts)).collect()
}

fn column(var: &Node<'_>) -> Option<Column> {
    let number = var.number("varattno").filter(|number| *number > 0)?;
    Some((var.number("varno")?, number))
}
