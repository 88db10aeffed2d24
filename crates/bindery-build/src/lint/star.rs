//! `select-star`: a `*` through which columns that a table gets later reach the rows, or what INSERT stores.
//!
//! `SELECT * FROM (SELECT id FROM cars) c` is no such, nor are `count(*)` and `EXISTS (SELECT * ...)`.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::level::entry_kind;
use crate::analyze::node::{Node, Value};
use crate::analyze::{command, cte_of, range_table_entry, targets};

use super::tree::{Place, entry_name, is_written, location};
use super::{Finding, Rule};

/// A query with those around it, whose CTEs it can read.
#[derive(Clone, Copy)]
struct Level<'l, 'n> {
    query: &'l Node<'n>,
    outer: Option<&'l Level<'l, 'n>>,
}

/// Where queries inside of queries branch so often that this many looks do not do, the rest is taken for closed.
const MOST_LOOKS: u32 = 1_000;

pub(super) fn find(place: &Place<'_>, query: &Node<'_>, findings: &mut Vec<Finding>) {
    let level = Level { query, outer: None };
    let mut found = stars(place, level);
    if query.number("commandType") == Some(command::INSERT) {
        // INSERT ... SELECT has the SELECT as its only relation.
        let source = query.node("jointree").and_then(|tree| tree.nodes("fromlist").next());
        let source = source.and_then(|reference| range_table_entry(query, reference.number("rtindex")?));
        if let Some(source) = source.and_then(|entry| entry.node("subquery")) {
            for (byte, names) in stars(place, Level { query: source, outer: Some(&level) }) {
                found.entry(byte).or_default().extend(names);
            }
        }
    }
    findings.extend(found.into_iter().map(|(byte, names)| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        Finding { at: place.character(byte), rule: Rule::SelectStar, subject: names.join(", ") }
    }));
}

/// Where stars stand among what a query gives, with the tables whose later columns they would give.
fn stars(place: &Place<'_>, level: Level<'_, '_>) -> BTreeMap<usize, Vec<String>> {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    if place.looks.replace(place.looks.get() + 1) > MOST_LOOKS {
        return found;
    }
    if let Some(operation) = level.query.node("setOperations") {
        for arm in arms(operation).into_iter().filter_map(|number| range_table_entry(level.query, number)) {
            let Some(query) = arm.node("subquery") else { continue };
            found.extend(stars(place, Level { query, outer: Some(&level) }));
        }
        return found;
    }
    let mut seen = BTreeSet::new();
    for target in targets(level.query) {
        let Some(column) = target.node("expr").filter(|expr| expr.name == "VAR") else { continue };
        let (Some(byte), Some(number)) = (location(column), column.number("varno")) else { continue };
        // A star gives many columns of a relation.
        if !seen.insert((byte, number)) || !is_star(place, byte) {
            continue;
        }
        let entry = range_table_entry(level.query, number);
        if let Some(entry) = entry.filter(|entry| is_open(place, level, entry)) {
            found.entry(byte).or_default().push(entry_name(entry));
        }
    }
    found
}

/// The relations that a set operation is made of.
fn arms(operation: &Node<'_>) -> Vec<i64> {
    match operation.name {
        "RANGETBLREF" => operation.number("rtindex").into_iter().collect(),
        _ => ["larg", "rarg"].iter().filter_map(|side| operation.node(side)).flat_map(arms).collect(),
    }
}

/// Whether columns can come to it without the query being written anew.
fn is_open(place: &Place<'_>, level: Level<'_, '_>, entry: &Node<'_>) -> bool {
    match entry.number("rtekind") {
        Some(entry_kind::RELATION) => true,
        Some(entry_kind::SUBQUERY) => entry.node("subquery").is_some_and(|query| {
            // The server has put a view's query there.
            let is_view = !is_written(query);
            is_view || !stars(place, Level { query, outer: Some(&level) }).is_empty()
        }),
        Some(entry_kind::CTE) => is_open_cte(place, level, entry).unwrap_or(false),
        Some(entry_kind::FUNCTION) => {
            entry.nodes("functions").filter_map(|function| function.node("funcexpr")).any(|call| {
                let function = place.catalog.function_of(call);
                function.is_some_and(|function| function.result_relation.is_some())
            })
        }
        // Columns that USING has merged, and those of groups.
        Some(entry_kind::JOIN | entry_kind::GROUP) => level.query.list("rtable").iter().any(|other| {
            let other = Value::as_node(other).filter(|other| {
                !matches!(other.number("rtekind"), Some(entry_kind::JOIN | entry_kind::GROUP))
            });
            other.is_some_and(|other| is_open(place, level, other))
        }),
        _ => false,
    }
}

fn is_open_cte(place: &Place<'_>, level: Level<'_, '_>, entry: &Node<'_>) -> Option<bool> {
    if entry.is_true("self_reference") {
        return None;
    }
    let mut level = level;
    for _ in 0..entry.number("ctelevelsup")? {
        level = *level.outer?;
    }
    let query = cte_of(level.query, entry)?.node("ctequery")?;
    Some(!stars(place, Level { query, outer: Some(&level) }).is_empty())
}

/// Whether a reference that begins here ends in a star: `*`, `c.*`, `public."odd name".*`.
fn is_star(place: &Place<'_>, byte: usize) -> bool {
    let mut rest = place.sql.get(byte..).unwrap_or_default();
    while !rest.starts_with('*') {
        let mut quoted = false;
        let end = rest.find(|c: char| {
            quoted ^= c == '"';
            !(quoted || c.is_alphanumeric() || matches!(c, '"' | '_' | '$'))
        });
        let after = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        let Some(next) = after.trim_start().strip_prefix('.') else { return false };
        rest = next.trim_start();
    }
    true
}
