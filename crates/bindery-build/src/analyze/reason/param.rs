//! Why a parameter may be NULL, or may not: by the place that decided.

use crate::catalog::Catalog;

use super::super::node::Value;
use super::super::params::{self, Kind};
use super::super::{Given, result_query};

/// What decides whether a parameter may be NULL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ParamReason {
    /// `sqlc.narg`, or `@param`.
    Given,
    /// It is assigned to a column.
    Assigned { column: String, nullable: bool },
    /// `$1 IS NULL`
    Tested,
    /// It stands only in COALESCE or IS DISTINCT FROM.
    Replaced,
    /// It is compared with a column by `=`.
    Compared { column: String },
    /// An operator has it on one side and a column on the other.
    Beside { column: String },
    /// It is an argument of a function, or that of LIMIT or OFFSET.
    Named { name: String },
    /// It stands anywhere else.
    Plain,
    /// There is no tree, or it does not stand in it.
    Unknown,
}

/// Explains each parameter that [`super::super::analyze`] finds for the same `tree`, `catalog` and `given`.
pub(crate) fn param_reasons(
    tree: Option<&Value<'_>>,
    catalog: &Catalog,
    given: &[Given],
) -> Vec<ParamReason> {
    let params = tree.and_then(result_query).map(|query| params::read(query, catalog, given.len()));
    let params = params.unwrap_or_else(|| vec![params::Param::default(); given.len()]);
    let pairs = params.iter().zip(given);
    pairs.map(|(param, given)| reason(param, given, catalog)).collect()
}

fn reason(param: &params::Param, given: &Given, catalog: &Catalog) -> ParamReason {
    if given.nullable.is_some() {
        return ParamReason::Given;
    }
    let Some(place) = param.decisive() else { return ParamReason::Unknown };
    let column = place.column.and_then(|(relation, number)| {
        let relation = catalog.relations.get(&relation)?;
        Some(format!("{}.{}", relation.name, relation.columns.get(&number)?.name))
    });
    match (place.kind, column, place.name.clone()) {
        (Kind::Assigned { nullable }, column, name) => {
            let column = column.or(name).unwrap_or_else(|| "a column".to_owned());
            ParamReason::Assigned { column, nullable }
        }
        (Kind::Tested, ..) => ParamReason::Tested,
        (Kind::Replaced, ..) => ParamReason::Replaced,
        (Kind::Plain, Some(column), _) => ParamReason::Compared { column },
        (Kind::Plain, None, name) => match (place.beside.clone(), name) {
            (Some(column), _) => ParamReason::Beside { column },
            (None, Some(name)) => ParamReason::Named { name },
            (None, None) => ParamReason::Plain,
        },
    }
}
