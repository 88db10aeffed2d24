//! Whether an array can hold NULL elements.
//!
//! The same questions as of values, for what is inside them. An array that is NULL itself has no elements.

use super::constant;
use super::fact::Fact;
use super::functions;
use super::key::{Column, Key};
use super::level::{Env, Nullability, entry_kind};
use super::node::Node;
use super::output::Nulls;
use super::{sublink, values_of_column};

/// Whether it is a column of a type that is no array, among those that most columns have.
fn is_plain(expr: &Node<'_>) -> bool {
    // OIDs of PostgreSQL's `pg_type.dat`.
    const BOOL_TO_TEXT: [u32; 5] = [16, 20, 21, 23, 25];
    const TIME_AND_NUMBERS: [u32; 9] = [700, 701, 1043, 1082, 1114, 1184, 1186, 1700, 2950];
    let ty = expr.oid("vartype");
    ty.is_some_and(|ty| BOOL_TO_TEXT.contains(&ty) || TIME_AND_NUMBERS.contains(&ty))
}

impl Nullability<'_> {
    /// Whether the array `expr`, evaluated at `env`, can have a NULL element. What is not known can.
    pub fn null_elements<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(expr) = self.resolve(expr, env).filter(|expr| !is_plain(expr)) else { return true };
        let field = |field: &str| expr.node(field).is_none_or(|arg| self.null_elements(arg, env));
        let may = match expr.name {
            "VAR" => Column::of(expr).is_none_or(|column| self.column_elements(column, env)),
            "CONST" => match constant::array(expr) {
                constant::Array::Constant { has_nulls, .. } => has_nulls,
                _ => !constant::is_null(expr),
            },
            "PARAM" => self.param(expr, env).elements,
            "ARRAYEXPR" => expr.nodes("elements").any(|element| match expr.is_true("multidims") {
                true => self.null_elements(element, env),
                false => self.nullable(element, env),
            }),
            "RELABELTYPE" | "COERCETODOMAIN" => field("arg"),
            "ARRAYCOERCEEXPR" => !self.keeps_elements(expr) || field("arg"),
            "SUBSCRIPTINGREF" if expr.get("refassgnexpr").is_none() => field("refexpr"),
            "COALESCEEXPR" | "MINMAXEXPR" => expr.nodes("args").any(|arg| self.null_elements(arg, env)),
            "CASEEXPR" => {
                let results =
                    expr.nodes("args").map(|when| when.node("result")).chain([expr.node("defresult")]);
                results.flatten().any(|result| self.null_elements(result, env))
            }
            "SUBLINK" => {
                let query = expr.node("subselect");
                let first = query.and_then(|query| self.outputs(query, Some(env)).first().copied());
                match (expr.number("subLinkType"), first) {
                    (Some(sublink::ARRAY), Some(first)) => first.value,
                    (Some(sublink::EXPR), Some(first)) => first.elements,
                    _ => true,
                }
            }
            "AGGREF" => self.aggregated_elements(expr, env),
            "FUNCEXPR" | "OPEXPR" => self.elements_of_call(expr, env),
            _ => true,
        };
        may && !self.key(expr, env).is_some_and(|key| env.facts.contains(&Fact::ElementsNonNull(key)))
    }

    /// Whether a cast of each element makes no NULL of one.
    fn keeps_elements(&self, expr: &Node<'_>) -> bool {
        let Some(element) = expr.node("elemexpr") else { return false };
        match element.name {
            "RELABELTYPE" | "COERCETODOMAIN" | "COERCEVIAIO" => true,
            _ => self.function_of(element).is_some_and(functions::is_safe),
        }
    }

    fn column_elements(&self, column: Column, env: &Env<'_, '_>) -> bool {
        let Some(env) = env.above(column.up) else { return true };
        let column = Column { up: 0, ..column };
        if env.facts.contains(&Fact::ElementsNonNull(Key::Column(column))) {
            return false;
        }
        let (Some(entry), Some(index)) =
            (env.level.entry(column.relation), usize::try_from(column.number - 1).ok())
        else {
            return true;
        };
        let place = env.level.rows();
        let of = |columns: std::rc::Rc<[Nulls]>| columns.get(index).is_none_or(|nulls| nulls.elements);
        match entry.number("rtekind") {
            Some(entry_kind::RELATION) => self.relation_elements(entry, column.number),
            Some(entry_kind::SUBQUERY) => of(self.subquery(column.relation, env.level)),
            Some(entry_kind::CTE) => of(self.cte(entry, &env)),
            Some(entry_kind::VALUES) => values_of_column(entry, index)
                .any(|expr| expr.is_none_or(|expr| self.null_elements(expr, &place))),
            _ => true,
        }
    }

    /// `array_agg`: of values, or of arrays.
    fn aggregated_elements<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let is_array_agg =
            self.function_at(expr, "aggfnoid").is_some_and(|f| f.is_builtin && f.name == "array_agg");
        let argument = expr.nodes("args").next().and_then(|target| target.node("expr"));
        let Some(argument) = argument.filter(|_| is_array_agg && expr.number("agglevelsup") == Some(0))
        else {
            return true;
        };
        let rows = env.before_grouping();
        let filter = expr.node("aggfilter").map(|filter| self.if_true(filter, &rows)).unwrap_or_default();
        let rows = rows.with(filter);
        let is_of_arrays = expr.numbers("aggargtypes").next() == expr.number("aggtype");
        match is_of_arrays {
            true => self.null_elements(argument, &rows),
            false => self.nullable(argument, &rows),
        }
    }

    fn elements_of_call<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(function) = self.function_of(expr).filter(|function| function.is_builtin) else {
            return true;
        };
        let args: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let elements =
            |index: usize| args.get(index).is_none_or(|arg: &&'n Node<'n>| self.null_elements(arg, env));
        let value = |index: usize| args.get(index).is_none_or(|arg: &&'n Node<'n>| self.nullable(arg, env));
        match function.source.as_str() {
            "array_append" => elements(0) || value(1),
            "array_prepend" => value(0) || elements(1),
            "array_cat" => elements(0) || elements(1),
            "array_remove" => !args.get(1).is_some_and(|arg| constant::is_null(arg)) && elements(0),
            "array_replace" => elements(0) || value(2),
            "array_larger" | "array_smaller" => elements(0) || elements(1),
            "trim_array" | "array_reverse" | "array_shuffle" | "array_sample" | "array_sort" => elements(0),
            "array_fill" | "array_fill_with_lower_bounds" => value(0),
            "enum_range_all"
            | "enum_range_bounds"
            | "regexp_split_to_array"
            | "regexp_split_to_array_no_flags"
            | "text_to_array" => false,
            _ => true,
        }
    }
}
