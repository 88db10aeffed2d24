//! `implicit-cast-index`: a column that leads an index and is cast before it is compared.

use crate::analyze::level::entry_kind;
use crate::analyze::node::Node;
use crate::analyze::{cast_column, range_table_entry, targets};
use crate::catalog::{LeadingColumn, Operator};

use super::tree::{Place, entry_name, location};
use super::{Finding, Rule};

pub(super) fn find(place: &Place<'_>, query: &Node<'_>, findings: &mut Vec<Finding>) {
    if !place.catalog.has_leading_columns {
        return;
    }
    query.walk(&mut |query| {
        if query.name != "QUERY" {
            return;
        }
        for qual in query.node("jointree").into_iter().flat_map(quals) {
            findings.extend(in_comparison(place, query, qual));
        }
    });
}

/// The conditions of WHERE and ON by themselves, without AND and OR.
fn quals<'x, 'n>(tree: &'x Node<'n>) -> Vec<&'x Node<'n>> {
    match tree.name {
        "FROMEXPR" | "JOINEXPR" => {
            let below = tree
                .nodes("fromlist")
                .chain(["larg", "rarg", "quals"].iter().filter_map(|field| tree.node(field)));
            below.flat_map(quals).collect()
        }
        "BOOLEXPR" if tree.word("boolop") != Some("not") => tree.nodes("args").flat_map(quals).collect(),
        "SUBLINK" => tree.node("testexpr").into_iter().flat_map(quals).collect(),
        "OPEXPR" | "SCALARARRAYOPEXPR" => vec![tree],
        _ => Vec::new(),
    }
}

fn in_comparison(place: &Place<'_>, query: &Node<'_>, comparison: &Node<'_>) -> Option<Finding> {
    let operator = place.catalog.operator_of(comparison)?;
    let number = comparison.oid("opno")?;
    comparison.nodes("args").find_map(|arg| {
        let column = cast_column(arg)?;
        let byte = location(column)?;
        let (entry, indexed) = table_column(query, column)?;
        let relation = place.catalog.relations.get(&entry.oid("relid")?)?;
        let leading: Vec<&LeadingColumn> =
            relation.leading_columns.iter().filter(|leading| leading.number == indexed).collect();
        // Where only the type's name changes, the index serves if it knows the operator.
        let serves =
            arg.name == "RELABELTYPE" && leading.iter().any(|leading| leading.operators.contains(&number));
        if serves || !leading.iter().any(|leading| knows(leading, operator)) {
            return None;
        }
        let name = &relation.columns.get(&i16::try_from(indexed).ok()?)?.name;
        let subject = format!("{}.{name}", entry_name(entry));
        Some(Finding { at: place.character(byte), rule: Rule::ImplicitCastIndex, subject })
    })
}

/// Whether the index could have been searched if the types had been the same.
fn knows(leading: &LeadingColumn, operator: &Operator) -> bool {
    leading.operator_names.contains(&operator.name)
}

/// The table's column behind a column reference of this query, through the subqueries and views it is taken from.
fn table_column<'x, 'n>(query: &'x Node<'n>, column: &Node<'_>) -> Option<(&'x Node<'n>, i64)> {
    if column.number("varlevelsup") != Some(0) {
        return None;
    }
    let number = column.number("varattno")?;
    let entry = range_table_entry(query, column.number("varno")?)?;
    match entry.number("rtekind")? {
        entry_kind::RELATION => Some((entry, number)),
        entry_kind::SUBQUERY => {
            let subquery = entry.node("subquery")?;
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            let inner = targets(subquery).nth(index)?.node("expr").filter(|expr| expr.name == "VAR")?;
            // Grouped or limited rows are searched after they were made.
            let is_plain = ["groupClause", "limitCount", "distinctClause", "setOperations"]
                .iter()
                .all(|clause| subquery.get(clause).is_none());
            is_plain.then(|| table_column(subquery, inner))?
        }
        _ => None,
    }
}
