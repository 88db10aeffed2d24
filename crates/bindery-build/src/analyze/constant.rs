//! Values of constants: `{CONST :consttype 23 ... :constvalue 4 [ 42 0 0 0 0 0 0 0 ]}`.

use super::node::{Node, Value};

/// OIDs of built-in types (PostgreSQL `pg_type.dat`).
mod oid {
    pub const BOOL: u32 = 16;
    pub const INTEGERS: [u32; 3] = [20, 21, 23];
}

/// Whether it is the constant NULL.
pub(crate) fn is_null(expr: &Node<'_>) -> bool {
    expr.name == "CONST" && expr.is_true("constisnull")
}

/// An integer, whether or not it was widened by a cast.
pub(super) fn integer(expr: &Node<'_>) -> Option<i64> {
    let expr = match expr.name {
        "FUNCEXPR" if expr.list("args").len() == 1 => expr.nodes("args").next()?,
        _ => without_casts(expr),
    };
    if !oid::INTEGERS.contains(&expr.oid("consttype")?) {
        return None;
    }
    let length = usize::try_from(expr.number("constlen")?).ok()?;
    let bytes = bytes(expr)?;
    let is_negative = bytes.get(length.checked_sub(1)?)? & 0x80 != 0;
    let mut wide = [if is_negative { 0xff } else { 0 }; 8];
    wide[..length].copy_from_slice(bytes.get(..length)?);
    Some(i64::from_le_bytes(wide))
}

/// `true` or `false`; NULL is `Some(None)`.
pub(super) fn boolean(expr: &Node<'_>) -> Option<Option<bool>> {
    if expr.name != "CONST" || expr.oid("consttype") != Some(oid::BOOL) {
        return None;
    }
    if is_null(expr) {
        return Some(None);
    }
    Some(Some(*bytes(expr)?.first()? != 0))
}

/// The bytes of a text.
pub(super) fn text(expr: &Node<'_>) -> Option<Vec<u8>> {
    let bytes = variable_length(expr)?;
    // A header of one byte or of four (`varatt.h`).
    let header = if bytes.first()? & 1 == 1 { 1 } else { 4 };
    Some(bytes.get(header..)?.to_vec())
}

/// What is known of an array that stands in the query as `'{1,2}'` or `ARRAY[...]`.
pub(super) enum Array<'x, 'n> {
    Constant { has_nulls: bool, is_empty: bool },
    Elements(Vec<&'x Node<'n>>),
    Unknown,
}

pub(super) fn array<'x, 'n>(expr: &'x Node<'n>) -> Array<'x, 'n> {
    let expr = without_casts(expr);
    match expr.name {
        "ARRAYEXPR" if !expr.is_true("multidims") => Array::Elements(expr.nodes("elements").collect()),
        "CONST" => constant_array(expr).unwrap_or(Array::Unknown),
        _ => Array::Unknown,
    }
}

/// `ArrayType` of PostgreSQL's `array.h`: length, number of dimensions, offset of the data (0 without NULLs).
fn constant_array<'x, 'n>(expr: &Node<'_>) -> Option<Array<'x, 'n>> {
    let bytes = variable_length(expr)?;
    let header = if bytes.first()? & 1 == 1 { 1 } else { 4 };
    let field = |at: usize| bytes.get(header + at..header + at + 4);
    let (dimensions, offset) = (field(0)?, field(4)?);
    let zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    Some(Array::Constant { has_nulls: !zero(offset), is_empty: zero(dimensions) })
}

fn variable_length(expr: &Node<'_>) -> Option<Vec<u8>> {
    bytes(expr).filter(|_| expr.number("constlen") == Some(-1))
}

fn bytes(expr: &Node<'_>) -> Option<Vec<u8>> {
    if expr.name != "CONST" || expr.word("constisnull") != Some("false") {
        return None;
    }
    // The first word is the length; brackets are no numbers. Bytes are written with a sign.
    let words = expr.list("constvalue").iter().skip(1).filter_map(Value::as_number);
    Some(words.map(|byte| (byte & 0xff) as u8).collect())
}

fn without_casts<'x, 'n>(mut expr: &'x Node<'n>) -> &'x Node<'n> {
    while let Some(inner) = expr.node("arg") {
        // A cast of each element that is more than another name for the same bytes can make NULLs.
        let relabels = expr.node("elemexpr").is_some_and(|element| element.name == "RELABELTYPE");
        if expr.name != "RELABELTYPE" && !(expr.name == "ARRAYCOERCEEXPR" && relabels) {
            break;
        }
        expr = inner;
    }
    expr
}
