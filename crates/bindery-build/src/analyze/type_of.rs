//! The type of an expression: what is described to a client is the type under a domain, the tree has the domain.

use super::node::Node;

/// Fields that say so, by node; an expression of another kind is never of a domain type, or is not looked at.
const FIELDS: [(&str, &str); 12] = [
    ("VAR", "vartype"),
    ("PARAM", "paramtype"),
    ("CONST", "consttype"),
    ("COERCETODOMAIN", "resulttype"),
    ("RELABELTYPE", "resulttype"),
    ("FUNCEXPR", "funcresulttype"),
    ("AGGREF", "aggtype"),
    ("WINDOWFUNC", "wintype"),
    ("FIELDSELECT", "resulttype"),
    ("CASEEXPR", "casetype"),
    ("COALESCEEXPR", "coalescetype"),
    ("SUBSCRIPTINGREF", "refrestype"),
];

/// The OID of the type of what `expr` gives.
pub(super) fn type_of(expr: &Node<'_>) -> Option<u32> {
    let (_, field) = FIELDS.iter().find(|(node, _)| *node == expr.name)?;
    expr.oid(field)
}
