//! How many rows a query can return.

use std::collections::HashSet;

use crate::catalog::Facts;

use super::node::{Node, Value};
use super::{command, range_table_entry};

/// Whether a query returns exactly one row, whatever the tables hold: an aggregate of everything.
pub(super) fn surely_one(query: &Node<'_>) -> bool {
    is_total(query)
        && ["havingQual", "limitCount", "limitOffset"].iter().all(|clause| query.get(clause).is_none())
}

/// Whether a statement can never return two rows.
pub(super) fn at_most_one(query: &Node<'_>, facts: &Facts) -> bool {
    if query.is_true("hasTargetSRFs") || query.get("setOperations").is_some() {
        return false;
    }
    match query.number("commandType") {
        Some(command::SELECT) => is_total(query) || limits_to_one(query) || meets_a_key(query, facts),
        // INSERT ... VALUES of one row has no FROM clause.
        Some(command::INSERT) => query.node("jointree").is_some_and(|tree| tree.list("fromlist").is_empty()),
        Some(_) => meets_a_key(query, facts),
        None => false,
    }
}

/// An aggregate without GROUP BY, or no FROM clause at all.
fn is_total(query: &Node<'_>) -> bool {
    let ungrouped = query.list("groupClause").is_empty() && query.list("groupingSets").is_empty();
    let aggregates = query.is_true("hasAggs") && ungrouped;
    let without_from = query.node("jointree").is_some_and(|tree| {
        tree.list("fromlist").is_empty()
            && tree.get("quals").is_none()
            && query.number("commandType") == Some(command::SELECT)
    });
    (aggregates || without_from && !query.is_true("hasAggs")) && !query.is_true("hasTargetSRFs")
}

/// `LIMIT 1`, or `LIMIT 0`: a constant is its bytes, the lowest first.
fn limits_to_one(query: &Node<'_>) -> bool {
    let Some(limit) = query.node("limitCount").filter(|_| query.number("limitOption") != Some(1)) else {
        return false;
    };
    // A literal is an int4 that is widened by a cast.
    let constant = if limit.name == "FUNCEXPR" { limit.nodes("args").next() } else { Some(limit) };
    let Some(constant) = constant.filter(|c| c.name == "CONST" && c.word("constisnull") == Some("false"))
    else {
        return false;
    };
    let words = constant.list("constvalue").iter().filter_map(|value| match value {
        Value::Word(word) => word.parse::<i64>().ok(),
        _ => None,
    });
    // The first word is the length.
    let bytes: Vec<i64> = words.skip(1).collect();
    matches!(bytes.split_first(), Some((0 | 1, rest)) if rest.iter().all(|byte| *byte == 0))
}

/// One table, and equality with something that does not depend on the row for each column of a unique key.
fn meets_a_key(query: &Node<'_>, facts: &Facts) -> bool {
    let Some(tree) = query.node("jointree") else { return false };
    let mut from = tree.nodes("fromlist");
    let (Some(only), None) = (from.next(), from.next()) else { return false };
    let Some(number) = only.number("rtindex").filter(|_| only.name == "RANGETBLREF") else { return false };
    let entry = range_table_entry(query, number);
    let relation = entry.and_then(|entry| entry.oid("relid")).and_then(|oid| facts.relations.get(&oid));
    let plain = |kind: &str| matches!(kind, "r" | "p");
    let Some(relation) = relation.filter(|relation| plain(&relation.kind) && !relation.has_children) else {
        return false;
    };
    let fixed = tree.node("quals").map(|qual| fixed_columns(qual, number, facts)).unwrap_or_default();
    relation
        .unique_keys
        .iter()
        .any(|key| !key.is_empty() && key.iter().all(|column| fixed.contains(&i64::from(*column))))
}

/// The columns that `qual` fixes to one value.
fn fixed_columns(qual: &Node<'_>, relation: i64, facts: &Facts) -> HashSet<i64> {
    match qual.name {
        "BOOLEXPR" if qual.word("boolop") == Some("and") => {
            qual.nodes("args").flat_map(|arg| fixed_columns(arg, relation, facts)).collect()
        }
        "OPEXPR" => {
            let operator = qual.oid("opno").and_then(|oid| facts.operators.get(&oid));
            let sides: Vec<&Node<'_>> = qual.nodes("args").collect();
            match (operator.map(|operator| operator.name.as_str()), &sides[..]) {
                (Some("="), [left, right]) => column_of(left, relation)
                    .filter(|_| is_constant(right))
                    .or_else(|| column_of(right, relation).filter(|_| is_constant(left)))
                    .into_iter()
                    .collect(),
                _ => HashSet::new(),
            }
        }
        _ => HashSet::new(),
    }
}

fn column_of(expr: &Node<'_>, relation: i64) -> Option<i64> {
    match expr.name {
        "RELABELTYPE" => column_of(expr.node("arg")?, relation),
        "VAR" if expr.number("varno") == Some(relation) && expr.number("varlevelsup") == Some(0) => {
            expr.number("varattno")
        }
        _ => None,
    }
}

/// A literal or a parameter, cast or not.
fn is_constant(expr: &Node<'_>) -> bool {
    match expr.name {
        "CONST" | "PARAM" => true,
        "RELABELTYPE" | "COERCEVIAIO" | "COERCETODOMAIN" => expr.node("arg").is_some_and(is_constant),
        _ => false,
    }
}
