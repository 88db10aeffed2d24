//! What functions do with NULL.
//!
//! `proisstrict` says only that NULL in gives NULL out. That non-null in gives non-null out is known of the functions in
//! `safe_functions.txt`, which `scripts/safe_functions.py` reads off PostgreSQL's C sources; what this module says of
//! others comes from their documentation and the same sources (`src/backend/utils/adt`, PostgreSQL 14 to 18). The answers
//! are the same for every version: what is true of some only is not claimed.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::catalog::Function;

use super::constant;
use super::level::{Env, Nullability};
use super::node::Node;
use super::sql_function;

/// OIDs below are PostgreSQL's own (`FirstNormalObjectId` of `transam.h`).
pub(super) const FIRST_OF_USER: u32 = 16_384;

/// C functions that never return NULL unless an argument is.
static SAFE: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("safe_functions.txt").lines().collect());

/// Never NULL, whatever they are given.
const NEVER_NULL: [&str; 14] = [
    "array_append",
    "array_prepend",
    "concat",
    "enum_first",
    "enum_last",
    "enum_range",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "num_nonnulls",
    "num_nulls",
    "pg_typeof",
    "quote_nullable",
];

/// NULL only if the first argument is.
const NULL_BY_FIRST: [&str; 6] =
    ["array_remove", "array_replace", "concat_ws", "format", "format_type", "string_to_array"];

/// What `extract` gives for infinities too; of other fields it gives NULL.
const FIELDS_OF_INFINITY: [&str; 7] =
    ["century", "decade", "epoch", "isoyear", "julian", "millennium", "year"];

/// Whether a function is strict, and NULL only if an argument is.
pub(super) fn is_safe(function: &Function) -> bool {
    function.is_builtin
        && function.is_strict
        && function.language == "internal"
        && is_safe_source(&function.source)
}

/// Whether a C function is in the list.
pub(super) fn is_safe_source(source: &str) -> bool {
    SAFE.contains(source)
}

/// Whether a function that is not strict is NULL where, and only where, its first argument is.
pub(super) fn is_null_by_its_first(function: &Function) -> bool {
    function.is_builtin && NULL_BY_FIRST.contains(&function.name.as_str())
}

/// What an aggregate, in a window or not, makes of its input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    /// It counts or ranks.
    NeverNull,
    /// NULL only of no rows.
    OfRows,
    /// NULL only where no row has a value.
    OfValues,
    Unknown,
}

pub(super) fn aggregate(function: &Function) -> Aggregate {
    if !function.is_builtin {
        return Aggregate::Unknown;
    }
    match function.name.as_str() {
        "count" | "regr_count" | "rank" | "dense_rank" | "percent_rank" | "cume_dist" => Aggregate::NeverNull,
        "array_agg"
        | "json_agg"
        | "json_agg_strict"
        | "json_object_agg"
        | "json_object_agg_strict"
        | "json_object_agg_unique"
        | "json_object_agg_unique_strict"
        | "jsonb_agg"
        | "jsonb_agg_strict"
        | "jsonb_object_agg"
        | "jsonb_object_agg_strict"
        | "jsonb_object_agg_unique"
        | "jsonb_object_agg_unique_strict" => Aggregate::OfRows,
        "any_value"
        | "avg"
        | "bit_and"
        | "bit_or"
        | "bit_xor"
        | "bool_and"
        | "bool_or"
        | "every"
        | "max"
        | "min"
        | "mode"
        | "percentile_cont"
        | "percentile_disc"
        | "range_agg"
        | "range_intersect_agg"
        | "stddev_pop"
        | "string_agg"
        | "sum"
        | "var_pop"
        | "xmlagg" => Aggregate::OfValues,
        _ => Aggregate::Unknown,
    }
}

/// What the elements are that a set-returning function gives.
pub(super) enum Element {
    NonNull,
    /// Only a third argument says what stands for NULL.
    NonNullWithTwoArguments,
    OfTheArray,
    Unknown,
}

pub(super) fn element_of_set(function: &Function) -> Element {
    match function.name.as_str() {
        _ if !function.is_builtin => Element::Unknown,
        "generate_series"
        | "generate_subscripts"
        | "json_array_elements"
        | "json_object_keys"
        | "jsonb_array_elements"
        | "jsonb_object_keys"
        | "jsonb_path_query"
        | "jsonb_path_query_tz"
        | "regexp_matches"
        | "regexp_split_to_table" => Element::NonNull,
        "string_to_table" => Element::NonNullWithTwoArguments,
        "unnest" => Element::OfTheArray,
        _ => Element::Unknown,
    }
}

/// Which columns of a function in FROM are never NULL, where that is known of each.
pub(super) fn columns_of_set(function: &Function) -> Option<[bool; 2]> {
    match function.name.as_str() {
        _ if !function.is_builtin => None,
        "json_each" | "jsonb_each" => Some([true, true]),
        "json_each_text" | "jsonb_each_text" => Some([true, false]),
        _ => None,
    }
}

impl Nullability<'_> {
    /// The function that an expression calls, by itself or behind an operator.
    pub fn function_of(&self, expr: &Node<'_>) -> Option<&Function> {
        self.catalog.function_of(expr)
    }

    pub fn function_at(&self, expr: &Node<'_>, field: &str) -> Option<&Function> {
        self.catalog.functions.get(&expr.oid(field)?)
    }

    /// Whether a function call or an operator can be NULL.
    pub fn call<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(function) = self.function_of(expr) else { return true };
        if function.returns_set {
            return env.level.pads_sets || self.set_element(expr, function, env);
        }
        let args: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        if is_told_by_body(function, &args) {
            return self.sql_function_column(expr, function, 0, env);
        }
        call_of(function, expr, &args, |index| self.nullable(args[index], env))
    }
}

/// Whether what a call gives is what the body of its function gives.
pub(super) fn is_told_by_body(function: &Function, args: &[&Node<'_>]) -> bool {
    function.body.is_some() && !is_extract_of_infinity(function, args)
}

/// Of most fields of an infinite time there is no value.
fn is_extract_of_infinity(function: &Function, args: &[&Node<'_>]) -> bool {
    function.is_builtin && matches!(function.name.as_str(), "extract" | "date_part") && is_of_infinity(args)
}

/// Whether another call can be NULL, where `can_be` says which arguments can.
pub(super) fn call_of(
    function: &Function,
    expr: &Node<'_>,
    args: &[&Node<'_>],
    can_be: impl Fn(usize) -> bool,
) -> bool {
    let any = || (0..args.len()).any(&can_be);
    let is_null = |index: usize| index >= args.len() || can_be(index);
    let (name, source) = (function.name.as_str(), function.source.as_str());
    match name {
        _ if is_extract_of_infinity(function, args) => any(),
        // `text || anynonarray`: a cast of the user's own could make a NULL.
        "anytextcat" | "textanycat" if function.is_builtin => {
            any() || !args.iter().all(|arg| sql_function::type_of(arg).is_some_and(|ty| ty < FIRST_OF_USER))
        }
        _ if !function.is_builtin => true,
        // VARIADIC NULL makes NULL of each of them.
        _ if expr.is_true("funcvariadic")
            && (NEVER_NULL.contains(&name) || is_null_by_its_first(function)) =>
        {
            any()
        }
        _ if NEVER_NULL.contains(&name) => false,
        _ if is_null_by_its_first(function) => is_null(0),
        "array_to_string" => is_null(0) || is_null(1),
        "array_cat" => is_null(0) && is_null(1),
        "overlaps" => any(),
        "to_char" | "to_number" if matches!(source, "interval_to_char" | "numeric_to_number") => {
            // An infinite interval (since 17) is NULL, and so is what an empty format makes.
            source == "interval_to_char" || args.get(1).is_none_or(|format| is_empty(format)) || any()
        }
        // With a fourth argument errors are silent; a missing one is false.
        _ if matches!(source, "jsonb_path_exists" | "jsonb_path_exists_tz") => {
            let is_silent = args.get(3).is_some_and(|arg| constant::boolean(arg) != Some(Some(false)));
            is_silent || any()
        }
        _ if matches!(source, "range_constructor2" | "range_constructor3" | "multirange_constructor0") => {
            false
        }
        _ => !is_safe(function) || any(),
    }
}

fn is_of_infinity(args: &[&Node<'_>]) -> bool {
    let field = args.first().and_then(|field| constant::text(field));
    let field = field.map(|field| String::from_utf8_lossy(&field).to_ascii_lowercase());
    field.is_some_and(|field| FIELDS_OF_INFINITY.contains(&field.as_str()))
}

fn is_empty(format: &Node<'_>) -> bool {
    constant::text(format).is_none_or(|format| format.is_empty())
}
