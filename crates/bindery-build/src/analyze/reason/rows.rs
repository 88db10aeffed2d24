//! Why a statement can never return two rows, or can.

use crate::catalog::Catalog;

use super::super::at_most_one::{self, Proof};
use super::super::node::Value;
use super::super::{is_alone, result_query};

/// What decides whether a statement can return more than one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowsReason {
    /// The server has sent no tree, or one that could not be read: it can.
    NoTree,
    /// `LIMIT 1`
    Limit,
    /// An aggregate without GROUP BY.
    Total,
    /// No FROM clause.
    NoFrom,
    /// GROUP BY or DISTINCT of what is the same for every row.
    OneGroup,
    /// INSERT of one row of VALUES.
    InsertedOne,
    /// Each relation is fixed by one of its unique keys, as `cars (plate)`; subqueries and the like have none to name.
    Keys { keys: Vec<String> },
    /// It can: none of these keys is fixed.
    Unmet { keys: Vec<String> },
    /// It can: a rule puts statements beside it.
    SeveralStatements,
}

/// Explains `at_most_one_row` of [`super::super::analyze`] for the same `tree` and `catalog`.
pub(crate) fn rows_reason(tree: Option<&Value<'_>>, catalog: &Catalog) -> RowsReason {
    let Some((tree, query)) = tree.and_then(|tree| Some((tree, result_query(tree)?))) else {
        return RowsReason::NoTree;
    };
    if !is_alone(tree) {
        return RowsReason::SeveralStatements;
    }
    match at_most_one::proof(query, catalog) {
        Some(Proof::Limit) => RowsReason::Limit,
        Some(Proof::Total) => RowsReason::Total,
        Some(Proof::NoFrom) => RowsReason::NoFrom,
        Some(Proof::OneGroup) => RowsReason::OneGroup,
        Some(Proof::InsertedOne) => RowsReason::InsertedOne,
        Some(Proof::Keys) => RowsReason::Keys { keys: at_most_one::met_keys(query, catalog) },
        None => {
            let unmet = at_most_one::unmet_keys(query, catalog);
            RowsReason::Unmet { keys: unmet.iter().flat_map(at_most_one::UnmetKeys::shown).collect() }
        }
    }
}
