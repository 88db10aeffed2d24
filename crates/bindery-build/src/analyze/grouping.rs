//! GROUP BY, grouping sets, and aggregates without either.

use std::collections::HashSet;

use super::key::Key;
use super::level::{Level, Nullability};
use super::node::Node;

/// How a query groups its rows.
#[derive(Default)]
pub(super) struct Grouping {
    pub is_grouped: bool,
    /// Whether there is more than one way in which rows are grouped.
    pub has_sets: bool,
    /// Whether a result row comes out even if no row went in: without GROUP BY, or with the empty grouping set.
    pub may_lack_rows: bool,
    /// The grouped expressions that some grouping set lacks: they are NULL in its rows.
    pub missing: HashSet<Key>,
    /// The grouped expressions that every grouping set has.
    pub common: HashSet<Key>,
    /// The same as `missing`, by `ressortgroupref`.
    pub missing_references: HashSet<i64>,
}

/// `GroupingSetKind` of PostgreSQL's `parsenodes.h`.
mod set_kind {
    pub const SIMPLE: i64 = 1;
    pub const SETS: i64 = 4;
}

impl Grouping {
    /// Reads a query's clauses; the level's joins are not looked at.
    pub fn new<'n>(nullability: &Nullability<'_>, level: &Level<'_, 'n>) -> Self {
        let query = level.query;
        let references: Vec<i64> =
            query.nodes("groupClause").filter_map(|clause| clause.number("tleSortGroupRef")).collect();
        let has_sets = !query.list("groupingSets").is_empty();
        let mut grouping = Self {
            is_grouped: !references.is_empty()
                || has_sets
                || query.is_true("hasAggs")
                || query.get("havingQual").is_some(),
            has_sets,
            may_lack_rows: references.is_empty(),
            ..Self::default()
        };
        if !has_sets {
            return grouping;
        }
        let (mut common, mut has_empty) = (HashSet::new(), true);
        for set in query.nodes("groupingSets") {
            let (of_set, empty) = in_every_set(set);
            common.extend(of_set);
            has_empty &= empty;
        }
        grouping.may_lack_rows = has_empty;
        let env = level.rows();
        for target in query.nodes("targetList") {
            let reference = target.number("ressortgroupref").filter(|number| references.contains(number));
            let (Some(reference), Some(expr)) = (reference, target.node("expr")) else { continue };
            let key = nullability.shape(expr, &env);
            if common.contains(&reference) {
                grouping.common.insert(key);
            } else {
                grouping.missing.insert(key);
            }
        }
        grouping.missing_references = references.into_iter().filter(|r| !common.contains(r)).collect();
        grouping
    }
}

/// The references that are in every set of what `GROUPING SETS`, `ROLLUP` and `CUBE` stand for, and whether one of the sets
/// is empty.
fn in_every_set(set: &Node<'_>) -> (HashSet<i64>, bool) {
    match set.number("kind") {
        Some(set_kind::SIMPLE) => (set.numbers("content").collect(), false),
        Some(set_kind::SETS) => {
            let mut sets = set.nodes("content").map(in_every_set);
            let first = sets.next().unwrap_or((HashSet::new(), true));
            sets.fold(first, |(mut common, has_empty), (of_set, empty)| {
                common.retain(|reference| of_set.contains(reference));
                (common, has_empty || empty)
            })
        }
        // The empty set, ROLLUP and CUBE.
        _ => (HashSet::new(), true),
    }
}
