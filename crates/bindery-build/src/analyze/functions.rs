//! What built-in functions do with NULL.
//!
//! `proisstrict` says only that NULL in gives NULL out. That non-null in gives non-null out is known of the functions
//! listed here, from their C sources (PostgreSQL 14 to 18, `src/backend/utils/adt`).

use crate::catalog::{Facts, FunctionFacts};

use super::node::Node;

/// Operators that raise an error rather than return NULL; not those of json (`->`), of jsonpath (`@?`, `@@`).
const OPERATORS: [&str; 39] = [
    "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "||", "&", "|", "#", "~", "<<", ">>",
    "&&", "@>", "<@", "?", "?|", "?&", "~*", "!~", "!~*", "~~", "!~~", "~~*", "!~~*", "^@", "&<", "&>",
    "-|-", "@", "|/", "||/",
];

/// Functions by name, for all their built-in signatures.
const FUNCTIONS: [&str; 60] = [
    "abs",
    "age",
    "ascii",
    "btrim",
    "cardinality",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "convert_from",
    "convert_to",
    "date",
    "date_trunc",
    "decode",
    "encode",
    "exp",
    "floor",
    "gcd",
    "gen_random_uuid",
    "hashtext",
    "initcap",
    "isfinite",
    "jsonb_array_length",
    "jsonb_typeof",
    "jsonb_pretty",
    "jsonb_strip_nulls",
    "lcm",
    "left",
    "length",
    "ln",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_timestamptz",
    "md5",
    "mod",
    "octet_length",
    "pi",
    "power",
    "random",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sha256",
    "sign",
    "split_part",
    "sqrt",
    "strpos",
    "substr",
    "to_jsonb",
    "translate",
    "trunc",
    "upper",
];

/// Never NULL, whatever they are given.
const NEVER_NULL: [&str; 14] = [
    "array_append",
    "array_prepend",
    "concat",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "now",
    "num_nonnulls",
    "num_nulls",
    "pg_typeof",
    "quote_nullable",
    "statement_timestamp",
    "clock_timestamp",
];

/// Casts that are functions, by the name of the type that they lead to. Not `time`: that of an infinite timestamp is
/// NULL.
const CASTS: [&str; 16] = [
    "bool",
    "bpchar",
    "bytea",
    "date",
    "float4",
    "float8",
    "int2",
    "int4",
    "int8",
    "interval",
    "name",
    "numeric",
    "text",
    "timestamp",
    "timestamptz",
    "varchar",
];

/// Aggregates that are NULL only if all they are given is.
const AGGREGATES: [&str; 14] = [
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "every",
    "max",
    "min",
    "string_agg",
    "sum",
    "array_agg",
    "json_agg",
    "jsonb_agg",
    "range_agg",
];

/// Types with operators that return NULL where two things do not meet: point, lseg, path, box, polygon, line, circle.
const GEOMETRIC: [u32; 7] = [600, 601, 602, 603, 604, 628, 718];

/// Since 18 a JSON null becomes NULL when it is cast.
const JSON: [u32; 2] = [114, 3802];

/// Whether the operator of an expression is NULL only if an operand is.
pub(super) fn is_safe_operator(expr: &Node<'_>, facts: &Facts) -> bool {
    let operator = expr.oid("opno").and_then(|oid| facts.operators.get(&oid));
    let named = operator.is_some_and(|operator| OPERATORS.contains(&operator.name.as_str()));
    named && operator_function(expr, facts).is_some_and(|function| is_plain(function, &GEOMETRIC))
}

/// Whether the operator of an expression is NULL, or not true, if an operand is NULL.
pub(super) fn is_strict_operator(expr: &Node<'_>, facts: &Facts) -> bool {
    operator_function(expr, facts).is_some_and(|function| function.is_strict)
}

/// Whether a function is NULL if an argument is.
pub(super) fn is_strict_function(expr: &Node<'_>, facts: &Facts) -> bool {
    function(expr, "funcid", facts).is_some_and(|function| function.is_strict) && !expr.is_true("funcretset")
}

/// What a call gives.
pub(super) enum Result {
    Never,
    /// NULL only if an argument is.
    IfAnArgument,
    /// NULL only if the first argument is.
    IfTheFirst,
    Unknown,
}

/// What a function call gives; a set is something else.
pub(super) fn call(expr: &Node<'_>, facts: &Facts) -> Result {
    let Some(function) = function(expr, "funcid", facts).filter(|function| function.is_builtin) else {
        return Result::Unknown;
    };
    let name = function.name.as_str();
    if expr.is_true("funcvariadic") || expr.is_true("funcretset") {
        Result::Unknown
    } else if NEVER_NULL.contains(&name) {
        Result::Never
    } else if name == "concat_ws" {
        Result::IfTheFirst
    } else if FUNCTIONS.contains(&name) && is_plain(function, &GEOMETRIC)
        || CASTS.contains(&name) && is_plain(function, &JSON) && is_plain(function, &GEOMETRIC)
        || function.source == "text_substr"
        || function.source == "text_substr_no_len"
    {
        Result::IfAnArgument
    } else {
        Result::Unknown
    }
}

/// Whether the aggregate counts, and so is never NULL.
pub(super) fn counts(expr: &Node<'_>, field: &str, facts: &Facts) -> bool {
    const COUNTS: [&str; 6] = ["count", "regr_count", "rank", "dense_rank", "percent_rank", "cume_dist"];
    function(expr, field, facts).is_some_and(|f| f.is_builtin && COUNTS.contains(&f.name.as_str()))
}

/// Whether the aggregate of at least one non-null value is non-null.
pub(super) fn keeps_values(expr: &Node<'_>, facts: &Facts) -> bool {
    function(expr, "aggfnoid", facts).is_some_and(|f| f.is_builtin && AGGREGATES.contains(&f.name.as_str()))
}

/// Whether the window function numbers rows.
pub(super) fn numbers_rows(expr: &Node<'_>, facts: &Facts) -> bool {
    function(expr, "winfnoid", facts).is_some_and(|f| f.is_builtin && f.name == "row_number")
}

/// Whether every element of the set that a function returns is non-null.
pub(super) fn gives_non_null_set(expr: &Node<'_>, facts: &Facts) -> bool {
    const SETS: [&str; 6] = [
        "generate_series",
        "generate_subscripts",
        "json_array_elements",
        "jsonb_array_elements",
        "jsonb_object_keys",
        "regexp_split_to_table",
    ];
    function(expr, "funcid", facts).is_some_and(|f| f.is_builtin && SETS.contains(&f.name.as_str()))
}

fn is_plain(function: &FunctionFacts, except: &[u32]) -> bool {
    let takes_them = function.argument_types.iter().any(|ty| except.contains(ty));
    function.is_builtin && function.is_strict && !takes_them
}

fn operator_function<'f>(expr: &Node<'_>, facts: &'f Facts) -> Option<&'f FunctionFacts> {
    let operator = facts.operators.get(&expr.oid("opno")?)?;
    facts.functions.get(&operator.function)
}

fn function<'f>(expr: &Node<'_>, field: &str, facts: &'f Facts) -> Option<&'f FunctionFacts> {
    facts.functions.get(&expr.oid(field)?)
}
