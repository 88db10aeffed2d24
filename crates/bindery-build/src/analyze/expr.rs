//! Whether an expression can be NULL.

use super::constant;
use super::key::Column;
use super::level::{Env, Nullability};
use super::node::Node;
use super::output::Nulls;
use super::{fact::Facts, is_not_null_test, json, sublink};

/// `SVFOP_CURRENT_SCHEMA` of PostgreSQL's `primnodes.h`: NULL if the search path leads nowhere.
const CURRENT_SCHEMA: i64 = 14;

/// `XmlExprOp` of PostgreSQL's `primnodes.h`.
mod xml {
    pub const CONCAT: i64 = 0;
    pub const ELEMENT: i64 = 1;
    pub const FOREST: i64 = 2;
    pub const PI: i64 = 4;
}

/// A part of an expression that makes the whole nullable, with the place where it is evaluated.
pub(super) struct Culprit<'l, 'n> {
    /// None where the tree lacks it.
    pub expr: Option<&'n Node<'n>>,
    pub env: Env<'l, 'n>,
}

impl Nullability<'_> {
    /// Whether `expr`, evaluated at `env`, can be NULL. What is not known can.
    pub fn nullable<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(expr) = self.resolve(expr, env) else { return true };
        if env.grouped && env.level.grouping.has_sets {
            let grouping = &env.level.grouping;
            let shape = self.shape(expr, env);
            if grouping.missing.contains(&shape) {
                return !env.level.having_knows(&shape);
            }
            if grouping.common.contains(&shape) && !env.knows(&shape) {
                return self.nullable(expr, &env.before_grouping());
            }
        }
        self.nullable_by_kind(expr, env) && !self.is_known(expr, env)
    }

    fn is_known<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        // Columns have looked already, and a constant tells by itself.
        let looks = !env.facts.is_empty() && !matches!(expr.name, "VAR" | "CONST");
        looks && self.key(expr, env).is_some_and(|key| env.knows(&key))
    }

    fn nullable_by_kind<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        match expr.name {
            "VAR" => Column::of(expr).is_none_or(|column| self.column(column, env)),
            "CONST" => expr.word("constisnull") != Some("false"),
            "PARAM" => self.param(expr, env).value,
            "NULLTEST" | "BOOLEANTEST" | "DISTINCTEXPR" | "ARRAYEXPR" | "ROWEXPR" | "GROUPINGFUNC" => false,
            "NEXTVALUEEXPR" | "MERGESUPPORTFUNC" => false,
            "SQLVALUEFUNCTION" => expr.number("op").is_none_or(|op| op >= CURRENT_SCHEMA),
            "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COLLATEEXPR" | "CONVERTROWTYPEEXPR"
            | "NAMEDARGEXPR" => self.field(expr, "arg", env),
            "COERCETODOMAIN" => !self.is_non_null_domain(expr) && self.field(expr, "arg", env),
            "COALESCEEXPR" => self.coalesce(expr, env),
            "MINMAXEXPR" => expr.nodes("args").all(|arg| self.nullable(arg, env)),
            "BOOLEXPR" => self.logic(expr, env),
            "CASEEXPR" => self.case(expr, env),
            "FUNCEXPR" | "OPEXPR" => self.call(expr, env),
            "SCALARARRAYOPEXPR" => self.compared_elements(expr, env),
            "ROWCOMPAREEXPR" => self.any_of(expr, "largs", env) || self.any_of(expr, "rargs", env),
            "AGGREF" => self.aggregate(expr, env),
            "WINDOWFUNC" => self.window_function(expr, env),
            "SUBLINK" => self.sublink(expr, env),
            "SUBSCRIPTINGREF" => self.subscript(expr, env),
            "FIELDSELECT" => self.selected_field(expr, env),
            "JSONISPREDICATE" => self.field(expr, "expr", env),
            "JSONVALUEEXPR" => match expr.node("formatted_expr") {
                Some(formatted) => self.nullable(formatted, env),
                None => self.field(expr, "raw_expr", env),
            },
            "JSONCONSTRUCTOREXPR" => match (expr.number("type"), expr.node("func")) {
                (Some(json::OBJECT | json::ARRAY), _) => false,
                (_, Some(function)) => self.nullable(function, env),
                (_, None) => self.any_of(expr, "args", env),
            },
            "JSONEXPR" => self.json_query(expr, env),
            "XMLEXPR" => match expr.number("op") {
                Some(xml::ELEMENT) => false,
                Some(xml::CONCAT) => expr.nodes("args").all(|arg| self.nullable(arg, env)),
                Some(xml::FOREST) => expr.nodes("named_args").all(|arg| self.nullable(arg, env)),
                Some(xml::PI) => self.any_of(expr, "args", env),
                _ => expr.nodes("args").next().is_none_or(|arg| self.nullable(arg, env)),
            },
            _ => true,
        }
    }

    pub fn any_of<'n>(&self, expr: &'n Node<'n>, list: &str, env: &Env<'_, 'n>) -> bool {
        expr.nodes(list).any(|arg| self.nullable(arg, env))
    }

    pub fn field<'n>(&self, expr: &'n Node<'n>, field: &str, env: &Env<'_, 'n>) -> bool {
        expr.node(field).is_none_or(|arg| self.nullable(arg, env))
    }

    /// `$n`, or what a sublink's test compares with; other kinds of parameter belong to plans.
    pub fn param(&self, expr: &Node<'_>, env: &Env<'_, '_>) -> Nulls {
        const EXTERNAL: i64 = 0;
        const SUBLINK: i64 = 2;
        let index = expr.number("paramid").and_then(|number| usize::try_from(number - 1).ok());
        let of = |nulls: &[Nulls]| index.and_then(|index| nulls.get(index).copied());
        let found = match expr.number("paramkind") {
            Some(EXTERNAL) => of(self.params),
            Some(SUBLINK) => env.sublink.as_deref().and_then(of),
            _ => None,
        };
        found.unwrap_or(Nulls::ANYWHERE)
    }

    /// An argument is only looked at where all before it are NULL.
    fn coalesce<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let mut env = env.clone();
        for arg in expr.nodes("args") {
            if !self.nullable(arg, &env) {
                return false;
            }
            env = env.with(self.if_null(arg, &env));
        }
        true
    }

    fn logic<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        self.null_operand(expr, env).is_some()
    }

    /// The argument by which AND, OR or NOT can be NULL: OR is NULL where one argument is NULL and none is true; AND where
    /// one is NULL and none is false.
    pub fn null_operand<'l, 'n>(&self, expr: &'n Node<'n>, env: &Env<'l, 'n>) -> Option<Culprit<'l, 'n>> {
        let args: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let of_others = |index: usize| -> Facts {
            let others = args.iter().enumerate().filter(|(other, _)| *other != index);
            others
                .flat_map(|(_, other)| match expr.word("boolop") {
                    Some("or") => self.if_not_true(other, env),
                    _ => self.if_not_false(other, env),
                })
                .collect()
        };
        let is_not = !matches!(expr.word("boolop"), Some("and" | "or"));
        args.iter().enumerate().find_map(|(index, arg)| {
            let env = if is_not { env.clone() } else { env.with(of_others(index)) };
            self.nullable(arg, &env).then_some(Culprit { expr: Some(arg), env })
        })
    }

    fn case<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        self.null_branch(expr, env).is_some()
    }

    /// The branch by which a CASE can be NULL.
    pub fn null_branch<'l, 'n>(&self, expr: &'n Node<'n>, env: &Env<'l, 'n>) -> Option<Culprit<'l, 'n>> {
        // What holds where no condition so far was true.
        let mut env = env.clone();
        for when in expr.nodes("args") {
            let (Some(condition), Some(result)) = (when.node("expr"), when.node("result")) else {
                return Some(Culprit { expr: None, env });
            };
            let at_condition = Env { tested: expr.node("arg"), ..env.clone() };
            let known = self.known_condition(condition, &at_condition);
            if known == Some(false) {
                continue;
            }
            let mut facts = self.if_true(condition, &at_condition);
            if condition.name == "NULLTEST" && !is_not_null_test(condition) {
                let tested = condition.node("arg").filter(|_| !condition.is_true("argisrow"));
                facts.extend(tested.into_iter().flat_map(|tested| self.if_null(tested, &at_condition)));
            }
            let at_result = env.with(facts);
            if self.nullable(result, &at_result) {
                return Some(Culprit { expr: Some(result), env: at_result });
            }
            if known == Some(true) {
                return None;
            }
            env = env.with(self.if_not_true(condition, &at_condition));
        }
        self.field(expr, "defresult", &env).then(|| Culprit { expr: expr.node("defresult"), env })
    }

    /// A condition that is the same for every row; NULL counts as false.
    fn known_condition<'n>(&self, condition: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<bool> {
        if let Some(constant) = constant::boolean(condition) {
            return Some(constant.unwrap_or(false));
        }
        let tested = condition
            .node("arg")
            .filter(|_| condition.name == "NULLTEST" && !condition.is_true("argisrow"))?;
        (!self.nullable(tested, env)).then(|| is_not_null_test(condition))
    }

    /// `x = ANY (array)`, `x <> ALL (array)`.
    fn compared_elements<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let sides: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let ([value, array], Some(function)) = (&sides[..], self.function_of(expr)) else { return true };
        !super::functions::is_safe(function)
            || self.nullable(value, env)
            || self.nullable(array, env)
            || self.null_elements(array, env)
    }

    fn sublink<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let Some(query) = expr.node("subselect") else { return true };
        match expr.number("subLinkType") {
            Some(sublink::EXISTS | sublink::ARRAY) => false,
            // Of no row a scalar subquery is NULL.
            Some(sublink::EXPR) => {
                !self.has_rows(query, env)
                    || self.outputs(query, Some(env)).first().is_none_or(|nulls| nulls.value)
            }
            Some(sublink::ROW_COMPARE) if !self.has_rows(query, env) => true,
            Some(sublink::ALL | sublink::ANY | sublink::ROW_COMPARE) => {
                let sublink = Some(self.outputs(query, Some(env)).into());
                self.field(expr, "testexpr", &Env { sublink, ..env.clone() })
            }
            _ => true,
        }
    }

    /// An element may be missing; a slice of an array is an array, if an empty one.
    fn subscript<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let slices = !expr.list("reflowerindexpr").is_empty() && expr.get("refassgnexpr").is_none();
        // The types of a slice and of what is sliced are the same; subscripts of jsonb are no slices.
        let is_array = expr.oid("refelemtype").is_some();
        !(slices && is_array)
            || self.field(expr, "refexpr", env)
            || self.any_of(expr, "refupperindexpr", env)
            || self.any_of(expr, "reflowerindexpr", env)
    }

    fn selected_field<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let (Some(row), Some(number)) = (expr.node("arg"), expr.number("fieldnum")) else { return true };
        let Some(row) = self.resolve(row, env) else { return true };
        let key = self.key(row, env);
        if key.is_some_and(|key| env.facts.contains(&super::fact::Fact::FieldsNonNull(key))) {
            return false;
        }
        match (Column::of(row), row.name) {
            (Some(column), _) if column.number == 0 => self.column(Column { number, ..column }, env),
            (_, "ROWEXPR") => {
                let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
                row.nodes("args").nth(index).is_none_or(|field| self.nullable(field, env))
            }
            // `(f(x)).y`: every row of what it gives, or its only one.
            (_, "FUNCEXPR") => {
                let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
                let function = self.function_of(row).filter(|function| function.body.is_some());
                function.is_none_or(|function| {
                    let is_filled_up = function.returns_set && env.level.pads_sets;
                    is_filled_up || self.sql_function_column(row, function, index, env)
                })
            }
            _ => true,
        }
    }

    /// JSON_EXISTS is NULL only by its argument, or if errors are; JSON_VALUE and JSON_QUERY by what they find.
    fn json_query<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        let errors_are_null =
            expr.node("on_error").is_some_and(|error| error.number("btype") == Some(json::UNKNOWN_ON_ERROR));
        expr.number("op") != Some(json::EXISTS) || errors_are_null || self.field(expr, "formatted_expr", env)
    }
}
