//! NULL, parameter names and row counts, from the tree that the server sends: pure functions over text and facts.
//!
//! A column is non-null only where that is proven by a rule in one of these modules; a node that no rule knows makes it
//! nullable. No rule depends on data, statistics or plans.

mod expr;
mod functions;
mod joins;
mod level;
pub(crate) mod node;
mod params;
mod rows;

use crate::catalog::Facts;

use level::Nullability;
use node::{Node, Value};

/// `CmdType` of PostgreSQL's `nodes.h`: those that are told apart; MERGE is whatever is greater.
mod command {
    pub const SELECT: i64 = 1;
    pub const INSERT: i64 = 3;
    pub const DELETE: i64 = 4;
}

/// What the tree of a statement tells.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Analysis {
    /// Whether each result column can be NULL; columns that are missing here can.
    pub nullable: Vec<bool>,
    /// `$1` first.
    pub params: Vec<ParamAnalysis>,
    /// Whether more than one row is impossible.
    pub at_most_one_row: bool,
}

/// What the tree tells of a parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ParamAnalysis {
    /// The column that it is compared with or assigned to.
    pub name: Option<String>,
    /// Whether it may be NULL.
    pub nullable: bool,
}

/// Analyses the tree of a statement with `given.len()` parameters; `given` says what the user said of each one's NULL.
///
/// A tree that could not be read proves nothing.
pub(crate) fn analyze(tree: Option<&Value<'_>>, facts: &Facts, given: &[Option<bool>]) -> Analysis {
    let unread = vec![ParamAnalysis::default(); given.len()];
    let query = match tree {
        Some(Value::Node(node)) => Some(node),
        Some(Value::List(queries)) => match &queries[..] {
            [query] => query.as_node(),
            // A rule has added statements of its own, or put others in place.
            _ => None,
        },
        _ => None,
    };
    let Some(query) = query.filter(|query| query.name == "QUERY") else {
        return Analysis { params: with_given(unread, given), ..Analysis::default() };
    };
    let params = with_given(params::analyze(query, facts, given.len()), given);
    let null_params: Vec<bool> = params.iter().map(|param| param.nullable).collect();
    let nullable = Nullability { facts, null_params: &null_params }.outputs(query, None);
    let at_most_one_row = rows::at_most_one(query, facts);
    Analysis { nullable, params, at_most_one_row }
}

fn with_given(params: Vec<ParamAnalysis>, given: &[Option<bool>]) -> Vec<ParamAnalysis> {
    let paired = params.into_iter().zip(given);
    paired
        .map(|(param, given)| ParamAnalysis { nullable: given.unwrap_or(param.nullable), ..param })
        .collect()
}

/// The range table's entry of this number, counted from 1.
fn range_table_entry<'n, 't>(query: &'n Node<'t>, number: i64) -> Option<&'n Node<'t>> {
    query.nodes("rtable").nth(usize::try_from(number).ok()?.checked_sub(1)?)
}

#[cfg(test)]
mod tests;
