//! Whether a statement only reads, so that a standby can answer it.

use crate::catalog::Catalog;

use super::command;
use super::node::{Node, Value};

/// The first OID that is not the system's own: `FirstNormalObjectId` of PostgreSQL's `transam.h`.
const FIRST_USER_OID: u32 = 16_384;

/// Whether no part of the statement writes, locks rows, or calls a function that may: a volatile one, or one that is not
/// known. What a standby refuses besides, such as tables that are not logged, shows when it is asked.
pub(super) fn is_read_only(tree: &Value<'_>, catalog: &Catalog) -> bool {
    let mut is_read_only = true;
    tree.walk(&mut |node| is_read_only &= reads(node, catalog));
    is_read_only
}

fn reads(node: &Node<'_>, catalog: &Catalog) -> bool {
    match node.name {
        "QUERY" => {
            let is_select = node.number("commandType") == Some(command::SELECT);
            is_select && node.list("rowMarks").is_empty() && !node.is_true("hasModifyingCTE")
        }
        "NEXTVALUEEXPR" => false,
        "FUNCEXPR" | "OPEXPR" | "NULLIFEXPR" | "DISTINCTEXPR" | "SCALARARRAYOPEXPR" => {
            catalog.function_of(node).is_some_and(|function| !function.is_volatile)
        }
        "AGGREF" => is_harmless(node, "aggfnoid", catalog),
        "WINDOWFUNC" => is_harmless(node, "winfnoid", catalog),
        _ => true,
    }
}

/// No aggregate and no window function of the system writes.
fn is_harmless(node: &Node<'_>, field: &str, catalog: &Catalog) -> bool {
    node.oid(field).is_some_and(|oid| {
        oid < FIRST_USER_OID || catalog.functions.get(&oid).is_some_and(|function| !function.is_volatile)
    })
}
