//! Expressions: which argument or branch lets NULL in. The steps are those of `analyze/expr.rs` and its neighbours.

use crate::catalog::Function;

use super::super::aggregate::{aggregate_place, has_current_row};
use super::super::functions::{self, Aggregate, call_of, is_told_by_body};
use super::super::key::Column;
use super::super::level::{Env, entry_kind};
use super::super::node::Node;
use super::super::output::{Nulls, targets};
use super::super::{constant, sublink, values_of_column};
use super::column::unknown;
use super::shown::qualified;
use super::{Reason, Why, list_arms};

impl Why<'_> {
    /// An expression where `env` stands.
    pub fn expr<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        let Some(expr) = self.nullability.resolve(expr, env) else { return unknown("this expression") };
        if env.grouped && env.level.grouping.has_sets {
            let grouping = &env.level.grouping;
            let shape = self.nullability.shape(expr, env);
            if grouping.missing.contains(&shape) {
                return Reason::GroupingSet { expr: self.shown(expr, env) };
            }
            if grouping.common.contains(&shape) && !env.knows(&shape) {
                return self.expr(expr, &env.before_grouping());
            }
        }
        let argument = |list: &str| self.argument(expr, list, env);
        let found = match expr.name {
            "VAR" => Column::of(expr).map(|column| self.column(column, env)),
            "CONST" => Some(Reason::NullConstant),
            "PARAM" => Some(self.param(expr)),
            "SQLVALUEFUNCTION" => Some(Reason::MayReturnNull {
                call: "current_schema".to_owned(),
                when: Some("the search path leads nowhere"),
            }),
            "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COLLATEEXPR" | "CONVERTROWTYPEEXPR"
            | "NAMEDARGEXPR" | "COERCETODOMAIN" => expr.node("arg").map(|arg| self.expr(arg, env)),
            "COALESCEEXPR" => Some(self.coalesce(expr, env)),
            "MINMAXEXPR" => Some(self.every(expr, "args", env)),
            "BOOLEXPR" => self.nullability.null_operand(expr, env).map(|culprit| {
                let reason = culprit.expr.map(|operand| self.expr(operand, &culprit.env));
                argument_of(self.shown(expr, env), reason.unwrap_or(Reason::NullConstant))
            }),
            "CASEEXPR" => self.case(expr, env),
            "FUNCEXPR" | "OPEXPR" => self.call(expr, env),
            "NULLIFEXPR" => Some(self.may_return_null(expr, env, Some("both are equal"))),
            "SCALARARRAYOPEXPR" => Some(self.compared_elements(expr, env)),
            "ROWCOMPAREEXPR" => argument("largs").or_else(|| argument("rargs")),
            "AGGREF" => self.aggregate(expr, env),
            "WINDOWFUNC" => Some(self.window_function(expr, env)),
            "SUBLINK" => self.sublink(expr, env),
            "SUBSCRIPTINGREF" => Some(self.subscript(expr, env)),
            "FIELDSELECT" => self.selected_field(expr, env),
            "JSONISPREDICATE" => expr.node("expr").map(|arg| self.expr(arg, env)),
            "JSONVALUEEXPR" => {
                let arg = expr.node("formatted_expr").or(expr.node("raw_expr"));
                arg.map(|arg| self.expr(arg, env))
            }
            "JSONCONSTRUCTOREXPR" => match expr.node("func") {
                Some(function) => Some(self.expr(function, env)),
                None => argument("args"),
            },
            "JSONEXPR" => Some(self.json_query(expr, env)),
            "XMLEXPR" => Some(argument("args").unwrap_or_else(|| self.every(expr, "named_args", env))),
            _ => None,
        };
        found.unwrap_or_else(|| unknown(&self.shown(expr, env)))
    }

    fn may_return_null(&self, expr: &Node<'_>, env: &Env<'_, '_>, when: Option<&'static str>) -> Reason {
        Reason::MayReturnNull { call: self.shown(expr, env), when }
    }

    /// The first argument of the list that can be NULL.
    pub fn argument<'n>(&self, expr: &'n Node<'n>, list: &str, env: &Env<'_, 'n>) -> Option<Reason> {
        let argument = expr.nodes(list).find(|arg| self.nullability.nullable(arg, env))?;
        Some(argument_of(self.shown(expr, env), self.expr(argument, env)))
    }

    /// All of them can.
    fn every<'n>(&self, expr: &'n Node<'n>, list: &str, env: &Env<'_, 'n>) -> Reason {
        let nullable = expr.nodes(list).filter(|arg| self.nullability.nullable(arg, env));
        let told = if self.is_part { 1 } else { usize::MAX };
        let part = Self { is_part: true, ..*self };
        let reasons = nullable.take(told).map(|arg| part.expr(arg, env)).collect();
        Reason::Every { call: self.shown(expr, env), reasons }
    }

    /// Each argument is looked at where all before it are NULL.
    fn coalesce<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        let (mut place, mut reasons) = (env.clone(), Vec::new());
        let told = if self.is_part { 1 } else { usize::MAX };
        let part = Self { is_part: true, ..*self };
        for arg in expr.nodes("args").take(told) {
            reasons.push(part.expr(arg, &place));
            place = place.with(self.nullability.if_null(arg, &place));
        }
        Reason::Every { call: self.shown(expr, env), reasons }
    }

    fn case<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Reason> {
        let culprit = self.nullability.null_branch(expr, env)?;
        let branch = culprit.expr?;
        let is_last = expr.node("defresult").is_some_and(|last| std::ptr::eq(last, branch));
        match is_last && constant::is_null(branch) {
            true => Some(Reason::NoBranch),
            false => Some(self.expr(branch, &culprit.env)),
        }
    }

    fn param(&self, expr: &Node<'_>) -> Reason {
        const EXTERNAL: i64 = 0;
        let index = expr.number("paramid").and_then(|number| usize::try_from(number - 1).ok());
        let index = index.filter(|_| expr.number("paramkind") == Some(EXTERNAL));
        match index.map(|index| self.params.get(index)) {
            Some(Some(Some(reason))) => reason.clone(),
            Some(_) => Reason::Default,
            None => unknown("what the subquery gives"),
        }
    }

    fn call<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Reason> {
        let function = self.nullability.function_of(expr)?;
        if function.returns_set {
            return Some(match env.level.pads_sets {
                true => Reason::Padding { call: self.shown(expr, env) },
                false => self.set_element(expr, function, env),
            });
        }
        let args: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        if is_told_by_body(function, &args) {
            return Some(self.body(expr, function, 0, env));
        }
        if call_of(function, expr, &args, |_| false) {
            return Some(self.may_return_null(expr, env, circumstance(function)));
        }
        // The argument that is enough by itself.
        let is_enough = |index: &usize| {
            self.nullability.nullable(args[*index], env)
                && call_of(function, expr, &args, |other| other == *index)
        };
        Some(match (0..args.len()).find(is_enough) {
            Some(index) => argument_of(self.shown(expr, env), self.expr(args[index], env)),
            None => self.every(expr, "args", env),
        })
    }

    /// `x = ANY (array)`
    fn compared_elements<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        if let Some(reason) = self.argument(expr, "args", env) {
            return reason;
        }
        let safe = self.nullability.function_of(expr).is_some_and(functions::is_safe);
        match expr.nodes("args").nth(1).filter(|_| safe) {
            Some(array) => argument_of(self.shown(expr, env), self.elements(array, env)),
            None => self.may_return_null(expr, env, None),
        }
    }

    fn aggregate<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Reason> {
        let call = self.shown(expr, env);
        let function = self.nullability.function_at(expr, "aggfnoid")?;
        let env = aggregate_place(expr, env)?;
        if functions::aggregate(function) == Aggregate::Unknown {
            return Some(Reason::MayReturnNull { call, when: circumstance(function) });
        }
        if expr.get("aggfilter").is_some() {
            return Some(Reason::Filter { call });
        }
        if !self.nullability.group_has_rows(&env) {
            return Some(Reason::NoRows { call });
        }
        self.argument(expr, "aggdirectargs", &env).or_else(|| {
            let argument = expr.nodes("args").next()?.node("expr")?;
            Some(Reason::Values { call, reason: Box::new(self.expr(argument, &env.before_grouping())) })
        })
    }

    fn window_function<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        let call = self.shown(expr, env);
        let function = self.nullability.function_at(expr, "winfnoid").filter(|f| f.is_builtin);
        let rows = env.of_every_row();
        let argument = self.argument(expr, "args", &rows);
        let ignores_nulls = expr.number("ignore_nulls").is_some_and(|ignores| ignores != 0);
        let may_return_null = |when| Reason::MayReturnNull { call: call.clone(), when };
        let Some(function) = function else { return may_return_null(None) };
        let or_unknown = |reason: Option<Reason>| reason.unwrap_or_else(|| may_return_null(None));
        match function.name.as_str() {
            "ntile" => or_unknown(argument),
            "lag" | "lead" if expr.list("args").len() < 3 => Reason::NoSuchRow { call },
            "nth_value" => Reason::NoSuchRow { call },
            "lag" | "lead" => or_unknown(argument.filter(|_| !ignores_nulls)),
            _ if !has_current_row(expr, env) => Reason::EmptyFrame { call },
            "first_value" | "last_value" => or_unknown(argument.filter(|_| !ignores_nulls)),
            _ if functions::aggregate(function) == Aggregate::Unknown => {
                may_return_null(circumstance(function))
            }
            _ if expr.get("aggfilter").is_some() => Reason::Filter { call },
            _ => match expr.nodes("args").next() {
                Some(value) => Reason::Values { call, reason: Box::new(self.expr(value, &rows)) },
                None => may_return_null(None),
            },
        }
    }

    fn sublink<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Reason> {
        let query = expr.node("subselect")?;
        let kind = expr.number("subLinkType");
        if matches!(kind, Some(sublink::EXPR | sublink::ROW_COMPARE))
            && !self.nullability.has_rows(query, env)
        {
            return Some(Reason::EmptySubquery);
        }
        let inside = |index| Reason::Inside {
            what: "the subquery".to_owned(),
            reason: Box::new(self.output(query, Some(env), &[], index)),
        };
        if kind == Some(sublink::EXPR) {
            return Some(inside(0));
        }
        // What is compared with the subquery, or a column of it.
        let outputs = self.nullability.outputs(query, Some(env));
        let sublink = Some(vec![Nulls::NOWHERE; outputs.len()].into());
        let non_null = Env { sublink, ..env.clone() };
        match self.nullability.field(expr, "testexpr", &non_null) {
            true => expr.node("testexpr").map(|test| self.expr(test, &non_null)),
            false => outputs.iter().position(|nulls| nulls.value).map(inside),
        }
    }

    fn subscript<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        let element = self.shown(expr, env);
        let is_slice = !expr.list("reflowerindexpr").is_empty() && expr.oid("refelemtype").is_some();
        if !is_slice {
            return Reason::NoElement { element };
        }
        let array = expr.node("refexpr").filter(|array| self.nullability.nullable(array, env));
        let array = array.map(|array| argument_of(element.clone(), self.expr(array, env)));
        array
            .or_else(|| self.argument(expr, "refupperindexpr", env))
            .or_else(|| self.argument(expr, "reflowerindexpr", env))
            .unwrap_or(Reason::NoElement { element })
    }

    fn selected_field<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Reason> {
        let (row, number) = (expr.node("arg")?, expr.number("fieldnum")?);
        let row = self.nullability.resolve(row, env)?;
        match (Column::of(row), row.name) {
            (Some(column), _) if column.number == 0 => Some(self.column(Column { number, ..column }, env)),
            (_, "ROWEXPR") => {
                let field = row.nodes("args").nth(usize::try_from(number - 1).ok()?)?;
                Some(self.expr(field, env))
            }
            _ => Some(Reason::Fields { row: self.shown(row, env) }),
        }
    }

    fn json_query<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        let argument = expr.node("formatted_expr").filter(|arg| self.nullability.nullable(arg, env));
        // `JsonExprOp` of `primnodes.h`.
        let (call, when) = match expr.number("op") {
            Some(0) => ("json_exists", "an error is UNKNOWN"),
            Some(1) => ("json_query", "the path finds nothing"),
            _ => ("json_value", "the path finds nothing"),
        };
        match argument {
            Some(argument) => argument_of(call.to_owned(), self.expr(argument, env)),
            None => Reason::MayReturnNull { call: call.to_owned(), when: Some(when) },
        }
    }

    /// The elements of the array `expr`.
    pub fn elements<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Reason {
        let Some(expr) = self.nullability.resolve(expr, env) else { return unknown("this array") };
        let array = self.shown(expr, env);
        let inside =
            |reason| Reason::Inside { what: format!("an element of {array}"), reason: Box::new(reason) };
        let found = match expr.name {
            "VAR" => Column::of(expr).and_then(|column| self.column_elements(column, env)),
            "CONST" => Some(Reason::NullConstant),
            "ARRAYEXPR" if !expr.is_true("multidims") => {
                let element = expr.nodes("elements").find(|element| self.nullability.nullable(element, env));
                element.map(|element| inside(self.expr(element, env)))
            }
            "RELABELTYPE" | "COERCETODOMAIN" => expr.node("arg").map(|arg| self.elements(arg, env)),
            "COALESCEEXPR" | "MINMAXEXPR" => {
                let arg = expr.nodes("args").find(|arg| self.nullability.null_elements(arg, env));
                arg.map(|arg| self.elements(arg, env))
            }
            "SUBLINK" if expr.number("subLinkType") == Some(sublink::ARRAY) => {
                expr.node("subselect").map(|query| self.output(query, Some(env), &[], 0))
            }
            "AGGREF" => self.aggregated_element(expr, env).map(inside),
            _ => None,
        };
        found.unwrap_or(Reason::Elements { array })
    }

    /// `array_agg` of something that can be NULL.
    fn aggregated_element<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Reason> {
        let function = self.nullability.function_at(expr, "aggfnoid")?;
        let is_of_arrays = expr.numbers("aggargtypes").next() == expr.number("aggtype");
        if function.name != "array_agg" || is_of_arrays || expr.number("agglevelsup") != Some(0) {
            return None;
        }
        let argument = expr.nodes("args").next()?.node("expr")?;
        let rows = env.before_grouping();
        self.nullability.nullable(argument, &rows).then(|| self.expr(argument, &rows))
    }

    fn column_elements(&self, column: Column, env: &Env<'_, '_>) -> Option<Reason> {
        let env = env.above(column.up)?;
        let entry = env.level.entry(column.relation)?;
        let index = usize::try_from(column.number - 1).ok()?;
        let rows = env.level.rows();
        match entry.number("rtekind") {
            Some(entry_kind::SUBQUERY) => {
                let query = entry.node("subquery")?;
                let why = self.inside(entry);
                let reason = why.output_elements_in(query, Some(&rows), index);
                Some(Reason::Inside { what: qualified(entry, column.number), reason: Box::new(reason) })
            }
            Some(entry_kind::VALUES) => {
                let mut values = values_of_column(entry, index).flatten();
                let value = values.find(|value| self.nullability.null_elements(value, &rows))?;
                Some(self.elements(value, &rows))
            }
            _ => Some(Reason::Elements { array: qualified(entry, column.number) }),
        }
    }

    /// The elements of a column of what a query gives.
    pub fn output_elements<'n>(&self, query: &'n Node<'n>, index: usize) -> Reason {
        self.output_elements_in(query, None, index)
    }

    fn output_elements_in<'n>(
        &self,
        query: &'n Node<'n>,
        outer: Option<&Env<'_, 'n>>,
        index: usize,
    ) -> Reason {
        self.levels.set(self.levels.get() + 1);
        if self.levels.get() > super::MOST_LEVELS {
            return Reason::TooDeep;
        }
        let level = self.nullability.level(query, outer, &[]);
        if let Some(operation) = query.node("setOperations") {
            let mut arms = Vec::new();
            list_arms(operation, &mut arms);
            let queries = arms.into_iter().filter_map(|arm| level.entry(arm)?.node("subquery"));
            let mut nullable = queries.filter(|query| {
                let columns = self.nullability.outputs(query, Some(&level.rows()));
                columns.get(index).is_none_or(|nulls| nulls.elements)
            });
            let arm = nullable.next().map(|arm| self.output_elements_in(arm, Some(&level.rows()), index));
            return arm.unwrap_or_else(|| unknown("this set operation"));
        }
        let expr = targets(query).nth(index).and_then(|target| target.node("expr"));
        let after_writing = self.nullability.after_writing(&level);
        let env = after_writing.unwrap_or_else(|| level.groups());
        expr.map_or_else(|| unknown("this column"), |expr| self.elements(expr, &env))
    }
}

/// Of an argument's argument only the outermost call is told.
fn argument_of(call: String, reason: Reason) -> Reason {
    match reason {
        Reason::Argument { reason, .. } => Reason::Argument { call, reason },
        reason => Reason::Argument { call, reason: Box::new(reason) },
    }
}

/// When a built-in function returns NULL without having been given one, for those that are asked about most.
fn circumstance(function: &Function) -> Option<&'static str> {
    if !function.is_builtin {
        return None;
    }
    Some(match function.source.as_str() {
        "json_object_field" | "json_object_field_text" | "jsonb_object_field" | "jsonb_object_field_text" => {
            "there is no such key"
        }
        "json_array_element"
        | "json_array_element_text"
        | "jsonb_array_element"
        | "jsonb_array_element_text" => "there is no such element",
        "json_extract_path" | "json_extract_path_text" | "jsonb_extract_path" | "jsonb_extract_path_text" => {
            "there is nothing at the path"
        }
        "jsonb_path_query_first" | "jsonb_path_match" => "the path finds nothing",
        "regexp_match" | "regexp_match_no_flags" | "textregexsubstr" | "regexp_substr" => "nothing matches",
        "array_position" | "array_position_start" => "there is no such element",
        "array_length" | "array_lower" | "array_upper" => "there is no such dimension",
        "extract_date"
        | "extract_timestamp"
        | "extract_timestamptz"
        | "extract_interval"
        | "timestamp_part"
        | "timestamptz_part"
        | "interval_part"
        | "timestamp_to_char"
        | "timestamptz_to_char"
        | "interval_to_char"
        | "timestamp_time"
        | "timestamptz_time" => "the time is infinite",
        "range_lower" | "range_upper" | "multirange_lower" | "multirange_upper" => {
            "the range is empty or has no such bound"
        }
        _ => match function.name.as_str() {
            "stddev" | "stddev_samp" | "variance" | "var_samp" => "there are fewer than two values",
            _ => return None,
        },
    })
}
