//! What parameters are called and which may be NULL: from the columns that they are assigned to or compared with.

use crate::catalog::Catalog;

use super::node::{Node, Value, unquoted};
use super::{ParamAnalysis, range_table_entry};

/// Finds names and NULLs for `count` parameters.
pub(super) fn analyze(query: &Node<'_>, catalog: &Catalog, count: usize) -> Vec<ParamAnalysis> {
    let mut found = Found { params: vec![ParamAnalysis::default(); count], catalog };
    let mut queries = Vec::new();
    query.walk(&mut |node| {
        if node.name == "QUERY" {
            queries.push(node);
        }
    });
    // What is assigned is named by its column before what is compared.
    queries.iter().for_each(|query| found.assigned(query));
    queries.iter().for_each(|query| found.compared(query));
    found.params
}

struct Found<'f> {
    params: Vec<ParamAnalysis>,
    catalog: &'f Catalog,
}

impl Found<'_> {
    /// `INSERT INTO cars (plate) VALUES ($1)`, `SET plate = $1`
    fn assigned(&mut self, query: &Node<'_>) {
        let Some(table) = query.number("resultRelation").and_then(|number| range_table_entry(query, number))
        else {
            return;
        };
        let on_conflict = query.node("onConflict");
        let updated = on_conflict.into_iter().flat_map(|conflict| conflict.nodes("onConflictSet"));
        for target in query.nodes("targetList").chain(updated) {
            let (Some(expr), Some(column)) = (target.node("expr"), target.number("resno")) else { continue };
            let nullable = self.takes_null(table, column);
            for param in sources(query, expr).into_iter().filter_map(param_number) {
                self.note(param, column_name(table, column), nullable);
            }
        }
    }

    fn takes_null(&self, table: &Node<'_>, column: i64) -> bool {
        let facts = table.oid("relid").and_then(|oid| self.catalog.relations.get(&oid));
        let column = i16::try_from(column).ok().and_then(|number| facts?.columns.get(&number));
        column.is_some_and(|column| !column.not_null)
    }

    /// `WHERE plate = $1`, `LIMIT $1`
    fn compared(&mut self, query: &Node<'_>) {
        for (clause, name) in [("limitCount", "limit"), ("limitOffset", "offset")] {
            if let Some(param) = query.node(clause).and_then(param_number) {
                self.note(param, Some(name.to_owned()), false);
            }
        }
        query.walk_query(&mut |node| {
            if !matches!(node.name, "OPEXPR" | "SCALARARRAYOPEXPR" | "DISTINCTEXPR") {
                return;
            }
            let sides: Vec<&Node<'_>> = node.nodes("args").collect();
            if let [left, right] = sides[..] {
                for (side, other) in [(left, right), (right, left)] {
                    if let (Some(param), Some(name)) = (param_number(side), var_name(query, other)) {
                        self.note(param, Some(name), false);
                    }
                }
            }
        });
    }

    /// The first name stays; NULL in one place is enough.
    fn note(&mut self, number: usize, name: Option<String>, nullable: bool) {
        if let Some(param) = self.params.get_mut(number) {
            param.name = param.name.take().or(name);
            param.nullable |= nullable;
        }
    }
}

/// What an assigned expression stands for: itself, or each row's value where it refers to a VALUES list.
fn sources<'n>(query: &'n Node<'n>, expr: &'n Node<'n>) -> Vec<&'n Node<'n>> {
    let list = expr
        .number("varno")
        .filter(|_| expr.name == "VAR")
        .and_then(|number| range_table_entry(query, number));
    let index = expr.number("varattno").and_then(|column| usize::try_from(column - 1).ok());
    match (list, index) {
        (Some(list), Some(index)) => {
            let rows = list.list("values_lists").iter();
            let of_row = |row: &'n Value<'n>| match row {
                Value::List(row) => row.get(index).and_then(Value::as_node),
                _ => None,
            };
            rows.filter_map(of_row).collect()
        }
        _ => vec![expr],
    }
}

/// The parameter's index, seen through casts.
fn param_number(expr: &Node<'_>) -> Option<usize> {
    match expr.name {
        "PARAM" => expr.number("paramid").and_then(|number| usize::try_from(number - 1).ok()),
        "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COERCETODOMAIN" => {
            param_number(expr.node("arg")?)
        }
        // An implicit or explicit cast that is a function: `CoercionForm` of PostgreSQL's `primnodes.h`.
        "FUNCEXPR" if matches!(expr.number("funcformat"), Some(1 | 2)) => {
            param_number(expr.nodes("args").next()?)
        }
        _ => None,
    }
}

/// The name of the column that `expr` is, seen through casts; columns of the queries around are left alone.
fn var_name(query: &Node<'_>, expr: &Node<'_>) -> Option<String> {
    match expr.name {
        "VAR" if expr.number("varlevelsup") == Some(0) => {
            column_name(range_table_entry(query, expr.number("varno")?)?, expr.number("varattno")?)
        }
        "RELABELTYPE" | "COERCEVIAIO" => var_name(query, expr.node("arg")?),
        _ => None,
    }
}

fn column_name(entry: &Node<'_>, column: i64) -> Option<String> {
    let names = entry.node("eref")?.list("colnames");
    match names.get(usize::try_from(column).ok()?.checked_sub(1)?)? {
        Value::Word(name) => Some(unquoted(name)),
        _ => None,
    }
}
