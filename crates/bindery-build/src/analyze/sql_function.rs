//! Functions in SQL: what they give is what their last statement gives.

use crate::catalog::Function;

use super::functions::FIRST_OF_USER;
use super::level::{Env, Nullability};
use super::node::{self, Node, Value};
use super::output::{self, Nulls};
use super::result_query;

/// The functions around a body that is being looked at.
#[derive(Clone, Copy)]
pub(super) struct Caller<'c> {
    function: &'c Function,
    caller: Option<&'c Caller<'c>>,
    depth: u32,
}

/// Functions that call functions are followed this far.
const DEEPEST: u32 = 8;

/// `text` and `varchar`: the same bytes.
const TEXTS: [u32; 2] = [25, 1043];

impl Nullability<'_> {
    /// Whether a column of what a call gives can be NULL, by the function's body. `index` counts the columns that the call
    /// has in FROM, dropped columns of a table's row type among them.
    pub fn sql_function_column<'n>(
        &self,
        call: &'n Node<'n>,
        function: &Function,
        index: usize,
        env: &Env<'_, 'n>,
    ) -> bool {
        let nulls = self.argument_nulls(call, function, env);
        if function.is_strict && !function.returns_set && nulls.iter().any(|nulls| nulls.value) {
            return true;
        }
        let Some(index) = self.body_column(function, index) else { return true };
        let params = self.given(function, nulls);
        let columns =
            self.in_body(function, &params, |inside, query| inside.outputs(query, None)).unwrap_or_default();
        columns.get(index).is_none_or(|nulls| nulls.value)
    }

    /// What the body's parameters can be.
    pub fn given(&self, function: &Function, arguments: Vec<Nulls>) -> Vec<Nulls> {
        // A strict function is not called with NULL.
        let arguments = arguments.into_iter();
        arguments.map(|nulls| Nulls { value: nulls.value && !function.is_strict, ..nulls }).collect()
    }

    /// By the function's own parameters, one that is left out by its default.
    pub fn argument_nulls<'n>(
        &self,
        call: &'n Node<'n>,
        function: &Function,
        env: &Env<'_, 'n>,
    ) -> Vec<Nulls> {
        let mut nulls = default_nulls(function);
        for (position, arg) in call.nodes("args").enumerate() {
            let named = arg.number("argnumber").filter(|_| arg.name == "NAMEDARGEXPR");
            let place = named.and_then(|number| usize::try_from(number).ok()).unwrap_or(position);
            if nulls.len() <= place {
                nulls.resize(place + 1, Nulls::ANYWHERE);
            }
            nulls[place] = self.nulls(arg, env);
        }
        nulls
    }

    /// The column of the body that a column of the call is.
    pub fn body_column(&self, function: &Function, index: usize) -> Option<usize> {
        let Some(relation) = function.result_relation else { return Some(index) };
        let columns = &self.catalog.relations.get(&relation)?.columns;
        let number = i16::try_from(index + 1).ok()?;
        columns.contains_key(&number).then(|| columns.range(..number).count())
    }

    /// Looks into the body of a function that is called with `params`; none if what it gives cannot be told.
    pub fn in_body<T>(
        &self,
        function: &Function,
        params: &[Nulls],
        look: impl FnOnce(&Nullability<'_>, &Node<'_>) -> T,
    ) -> Option<T> {
        let depth = self.caller.map_or(0, |caller| caller.depth) + 1;
        let mut callers = std::iter::successors(self.caller, |caller| caller.caller);
        if depth > DEEPEST || callers.any(|caller| std::ptr::eq(caller.function, function)) {
            return None;
        }
        let caller = Caller { function, caller: self.caller, depth };
        let inside = Nullability { params, caller: Some(&caller), ..*self };
        let tree = node::parse(function.body.as_deref()?)?;
        let query = result_query(&tree)?;
        // Without a row a function that returns no set returns NULL.
        if !function.returns_set && !inside.has_rows_outermost(query) {
            return None;
        }
        let outputs: Vec<&Node<'_>> = output::targets(query).collect();
        let same = outputs.len() == function.result_columns.len()
            && outputs.iter().zip(&function.result_columns).all(|(target, ty)| {
                // A cast between them could make a NULL.
                let given = target.node("expr").and_then(type_of);
                given.is_some_and(|given| given == *ty || TEXTS.contains(&given) && TEXTS.contains(ty))
            });
        same.then(|| look(&inside, query))
    }
}

/// What a function's parameters are that no argument is given for.
fn default_nulls(function: &Function) -> Vec<Nulls> {
    let mut nulls = vec![Nulls::ANYWHERE; function.arguments];
    let defaults = function.defaults.as_deref().and_then(node::parse);
    if let Some(Value::List(defaults)) = &defaults {
        for (nulls, default) in nulls.iter_mut().rev().zip(defaults.iter().rev()) {
            nulls.value = !default.as_node().is_some_and(is_plain_value);
        }
    }
    nulls
}

/// A constant that is not NULL, and a number that is cast to another type of number.
fn is_plain_value(expr: &Node<'_>) -> bool {
    /// `int8`, `int2`, `int4`, `float4`, `float8` and `numeric`.
    const NUMBERS: [u32; 6] = [20, 21, 23, 700, 701, 1700];
    let is_number = |expr: &Node<'_>| type_of(expr).is_some_and(|ty| NUMBERS.contains(&ty));
    match expr.name {
        "CONST" => expr.word("constisnull") == Some("false"),
        "RELABELTYPE" => expr.node("arg").is_some_and(is_plain_value),
        "FUNCEXPR" if is_number(expr) && expr.list("args").len() == 1 => {
            expr.nodes("args").all(|arg| is_number(arg) && is_plain_value(arg))
                && expr.oid("funcid").is_some_and(|function| function < FIRST_OF_USER)
        }
        _ => false,
    }
}

/// The type of an expression, for the kinds that say it.
pub(super) fn type_of(expr: &Node<'_>) -> Option<u32> {
    const BOOL: u32 = 16;
    const FIELDS: [&str; 15] = [
        "vartype",
        "consttype",
        "paramtype",
        "funcresulttype",
        "opresulttype",
        "resulttype",
        "aggtype",
        "wintype",
        "coalescetype",
        "casetype",
        "minmaxtype",
        "array_typeid",
        "row_typeid",
        "refrestype",
        "type",
    ];
    match expr.name {
        "BOOLEXPR" | "NULLTEST" | "BOOLEANTEST" | "SCALARARRAYOPEXPR" => Some(BOOL),
        "JSONCONSTRUCTOREXPR" => None,
        _ => FIELDS.iter().find_map(|field| expr.oid(field)),
    }
}
