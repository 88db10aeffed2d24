//! Whether an expression can be NULL.

use super::functions;
use super::level::{Level, Nullability};
use super::node::Node;
use super::rows;

/// `SubLinkType` of PostgreSQL's `primnodes.h`.
mod sublink {
    pub const EXISTS: i64 = 0;
    pub const EXPR: i64 = 4;
    pub const ARRAY: i64 = 6;
}

impl Nullability<'_> {
    /// Whether `expr`, evaluated at `level`, can be NULL. What is not known can.
    pub fn nullable<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        match expr.name {
            "VAR" => self.var(expr, level),
            "CONST" => expr.word("constisnull") != Some("false"),
            "PARAM" => self.param(expr),
            "NULLTEST" | "BOOLEANTEST" | "DISTINCTEXPR" | "ARRAYEXPR" | "ROWEXPR" | "GROUPINGFUNC" => false,
            "NEXTVALUEEXPR" | "MERGESUPPORTFUNC" => false,
            // CURRENT_SCHEMA, the last of them, is NULL if the search path leads nowhere.
            "SQLVALUEFUNCTION" => expr.number("op").is_none_or(|op| op >= 14),
            "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COLLATEEXPR" | "COERCETODOMAIN"
            | "NAMEDARGEXPR" => expr.node("arg").is_none_or(|arg| self.nullable(arg, level)),
            "COALESCEEXPR" | "MINMAXEXPR" => expr.nodes("args").all(|arg| self.nullable(arg, level)),
            "BOOLEXPR" => self.any_argument(expr, level),
            "OPEXPR" => !functions::is_safe_operator(expr, self.facts) || self.any_argument(expr, level),
            "FUNCEXPR" => self.call(expr, level),
            "AGGREF" => self.aggregate(expr, level),
            "WINDOWFUNC" => {
                let numbers = functions::numbers_rows(expr, self.facts);
                !(numbers || functions::counts(expr, "winfnoid", self.facts))
            }
            "CASEEXPR" => self.case(expr, level),
            "SUBLINK" => self.sublink(expr, level),
            _ => true,
        }
    }

    fn any_argument<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        expr.nodes("args").any(|arg| self.nullable(arg, level))
    }

    /// `$n`; other kinds of parameter belong to plans and sublinks.
    fn param(&self, expr: &Node<'_>) -> bool {
        let number = expr.number("paramid").filter(|_| expr.number("paramkind") == Some(0));
        let index = number.and_then(|number| usize::try_from(number - 1).ok());
        index.and_then(|index| self.null_params.get(index).copied()).unwrap_or(true)
    }

    fn call<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        match functions::call(expr, self.facts) {
            functions::Result::Never => false,
            functions::Result::IfAnArgument => self.any_argument(expr, level),
            functions::Result::IfTheFirst => {
                expr.nodes("args").next().is_none_or(|first| self.nullable(first, level))
            }
            functions::Result::Unknown => true,
        }
    }

    /// Of no rows an aggregate is NULL, unless it counts; a group has a row.
    fn aggregate<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        if functions::counts(expr, "aggfnoid", self.facts) {
            return false;
        }
        let query = level.query;
        let in_a_group = !query.list("groupClause").is_empty()
            && query.list("groupingSets").is_empty()
            && expr.number("agglevelsup") == Some(0)
            && expr.get("aggfilter").is_none();
        if !in_a_group || !functions::keeps_values(expr, self.facts) {
            return true;
        }
        let arguments = expr.nodes("args").filter_map(|entry| entry.node("expr"));
        arguments.take(1).any(|arg| self.nullable(arg, level))
    }

    fn case<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        let mut results = expr.nodes("args").map(|when| when.node("result")).chain([expr.node("defresult")]);
        results.any(|result| result.is_none_or(|result| self.nullable(result, level)))
    }

    fn sublink<'n>(&self, expr: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        match expr.number("subLinkType") {
            Some(sublink::EXISTS | sublink::ARRAY) => false,
            // Of no row a scalar subquery is NULL.
            Some(sublink::EXPR) => expr.node("subselect").is_none_or(|query| {
                !rows::surely_one(query) || self.outputs(query, Some(level)).first().copied().unwrap_or(true)
            }),
            _ => true,
        }
    }
}
