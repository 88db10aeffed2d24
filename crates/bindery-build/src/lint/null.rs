//! `null-comparison`: comparisons with the word NULL.

use crate::analyze::constant;
use crate::analyze::node::{Node, Value};

use super::tree::{Place, location};
use super::{Finding, Rule};

const COMPARISONS: [&str; 7] = ["=", "<>", "<", "<=", ">", ">=", "!="];

/// Comparisons whose other side is the word NULL, cast or not.
pub(super) fn find_comparisons(place: &Place<'_>, query: &Node<'_>, findings: &mut Vec<Finding>) {
    query.walk(&mut |expr| {
        if !matches!(expr.name, "OPEXPR" | "SCALARARRAYOPEXPR") {
            return;
        }
        let Some(operator) = place.catalog.operator_of(expr) else { return };
        if !COMPARISONS.contains(&operator.name.as_str()) {
            return;
        }
        let mut nulls = expr.nodes("args").flat_map(items).filter(|arg| constant::is_null(arg));
        if let Some(at) = nulls.find_map(location).and_then(|byte| place.character(byte)) {
            let subject = operator.name.clone();
            findings.push(Finding { at: Some(at), rule: Rule::NullComparison, subject });
        }
    });
}

/// The items of `IN (1, NULL)`, or the expression itself.
fn items<'x, 'n>(expr: &'x Node<'n>) -> Vec<&'x Node<'n>> {
    match expr.name {
        "ARRAYEXPR" => expr.list("elements").iter().filter_map(Value::as_node).collect(),
        _ => vec![expr],
    }
}
