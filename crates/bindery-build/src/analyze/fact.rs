//! What conditions tell: the expressions that cannot be NULL where a condition holds.
//!
//! A condition is true, false or NULL, so there are six questions: what follows if it is true, false, not true, not
//! false, not NULL, NULL. The answers feed WHERE, ON and HAVING, the branches of CASE, the other arms of AND and OR, and
//! COALESCE.

use super::constant::{self, Array};
use super::functions;
use super::joins::Nuller;
use super::key::{Column, Key};
use super::level::{Env, Level, Nullability};
use super::node::Node;
use super::{command, is_not_null_test, sublink};

/// Something that holds of a row, or of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// The expression is not NULL.
    NonNull(Key),
    /// The column is not NULL unless an outer join has put NULLs in the place of its relation's row.
    NonNullIfPresent(Column),
    /// No field of the row is NULL.
    FieldsNonNull(Key),
    /// No element of the array is NULL.
    ElementsNonNull(Key),
    /// This side of a FULL JOIN is there.
    Present(Nuller),
    /// The group has rows.
    GroupHasRows,
    /// The group has a row in which the expression is not NULL.
    NonNullInSomeRow(Key),
}

/// A set of facts. There are few at any place, so they stand in a row and are looked through.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts(Vec<Fact>);

impl Facts {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn one(fact: Fact) -> Self {
        Self(vec![fact])
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Fact> {
        self.0.iter()
    }

    pub fn contains(&self, fact: &Fact) -> bool {
        self.0.contains(fact)
    }

    /// Whether the expression is known not to be NULL.
    pub fn knows(&self, key: &Key) -> bool {
        self.0.iter().any(|fact| matches!(fact, Fact::NonNull(known) if known == key))
    }

    pub fn retain(&mut self, keeps: impl FnMut(&Fact) -> bool) {
        self.0.retain(keeps);
    }
}

impl Extend<Fact> for Facts {
    fn extend<I: IntoIterator<Item = Fact>>(&mut self, facts: I) {
        for fact in facts {
            if !self.0.contains(&fact) {
                self.0.push(fact);
            }
        }
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut set = Self::new();
        set.extend(facts);
        set
    }
}

impl IntoIterator for Facts {
    type Item = Fact;
    type IntoIter = std::vec::IntoIter<Fact>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// `BoolTestType` of PostgreSQL's `primnodes.h`.
mod boolean_test {
    pub const IS_TRUE: i64 = 0;
    pub const IS_NOT_TRUE: i64 = 1;
    pub const IS_FALSE: i64 = 2;
    pub const IS_NOT_FALSE: i64 = 3;
    pub const IS_UNKNOWN: i64 = 4;
    pub const IS_NOT_UNKNOWN: i64 = 5;
}

impl Nullability<'_> {
    /// What holds where `expr` is not NULL.
    pub fn if_non_null<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let Some(expr) = self.resolve(expr, env) else { return Facts::new() };
        if let Some(whole) = self.grouped_whole(expr, env) {
            return Facts::one(Fact::NonNull(whole));
        }
        let mut facts = match expr.name {
            "FUNCEXPR" | "OPEXPR" => match self.function_of(expr) {
                Some(function) if function.is_strict && !function.returns_set => self.all_non_null(expr, env),
                Some(function) if functions::is_null_by_its_first(function) => self.first_non_null(expr, env),
                _ => Facts::new(),
            },
            "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COERCETODOMAIN" | "COLLATEEXPR"
            | "FIELDSELECT" | "CONVERTROWTYPEEXPR" => self.of_field(expr, "arg", env, Self::if_non_null),
            "SUBSCRIPTINGREF" if expr.get("refassgnexpr").is_none() => {
                self.of_field(expr, "refexpr", env, Self::if_non_null)
            }
            "JSONISPREDICATE" => self.of_field(expr, "expr", env, Self::if_non_null),
            "NULLIFEXPR" => self.first_non_null(expr, env),
            "COALESCEEXPR" | "MINMAXEXPR" => {
                intersection(expr.nodes("args").map(|arg| self.if_non_null(arg, env)))
            }
            "AGGREF" => self.if_aggregate_non_null(expr, env),
            "SCALARARRAYOPEXPR" => self.if_elements_compared(expr, false, env),
            "BOOLEXPR" if expr.word("boolop") == Some("not") => self.all_non_null(expr, env),
            _ => Facts::new(),
        };
        facts.extend(self.key(expr, env).map(Fact::NonNull));
        facts
    }

    /// What holds where `expr` is true.
    pub fn if_true<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        if let Some(whole) = self.grouped_whole(expr, env) {
            return Facts::one(Fact::NonNull(whole));
        }
        match expr.name {
            "BOOLEXPR" => self.of_logic(expr, "and", env, Self::if_true, Self::if_false),
            "NULLTEST" if is_not_null_test(expr) => self.if_tested_non_null(expr, env),
            "BOOLEANTEST" => match expr.number("booltesttype") {
                Some(boolean_test::IS_TRUE) => self.of_field(expr, "arg", env, Self::if_true),
                Some(boolean_test::IS_FALSE) => self.of_field(expr, "arg", env, Self::if_false),
                Some(boolean_test::IS_NOT_TRUE) => self.of_field(expr, "arg", env, Self::if_not_true),
                Some(boolean_test::IS_NOT_FALSE) => self.of_field(expr, "arg", env, Self::if_not_false),
                Some(boolean_test::IS_NOT_UNKNOWN) => self.of_field(expr, "arg", env, Self::if_non_null),
                _ => Facts::new(),
            },
            // It is something else than NULL.
            "DISTINCTEXPR" => self.if_other_side(expr, env, constant::is_null),
            "SCALARARRAYOPEXPR" => self.if_elements_compared(expr, expr.is_true("useOr"), env),
            "SUBLINK" => self.if_sublink_true(expr, env),
            "ROWCOMPAREEXPR" => self.if_rows_compared(expr, env),
            "NULLTEST" => self.if_no_null_found(expr, env),
            "CONST" => Facts::new(),
            _ => {
                let mut facts = self.if_non_null(expr, env);
                facts.extend(self.if_counted(expr, env));
                facts.extend(self.if_nulls_counted(expr, env));
                facts
            }
        }
    }

    /// What holds where `expr` is false.
    pub fn if_false<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        if let Some(whole) = self.grouped_whole(expr, env) {
            return Facts::one(Fact::NonNull(whole));
        }
        match expr.name {
            "BOOLEXPR" => self.of_logic(expr, "or", env, Self::if_false, Self::if_true),
            "NULLTEST" if !is_not_null_test(expr) => self.if_test_for_null_fails(expr, env),
            "BOOLEANTEST" => match expr.number("booltesttype") {
                Some(boolean_test::IS_NOT_TRUE) => self.of_field(expr, "arg", env, Self::if_true),
                Some(boolean_test::IS_NOT_FALSE) => self.of_field(expr, "arg", env, Self::if_false),
                Some(boolean_test::IS_TRUE) => self.of_field(expr, "arg", env, Self::if_not_true),
                Some(boolean_test::IS_FALSE) => self.of_field(expr, "arg", env, Self::if_not_false),
                Some(boolean_test::IS_UNKNOWN) => self.of_field(expr, "arg", env, Self::if_non_null),
                _ => Facts::new(),
            },
            // Both are the same, and one of them is never NULL.
            "DISTINCTEXPR" => self.if_other_side(expr, env, |side| !self.nullable(side, env)),
            "SCALARARRAYOPEXPR" => self.if_elements_compared(expr, !expr.is_true("useOr"), env),
            "ROWCOMPAREEXPR" => self.if_rows_compared(expr, env),
            "NULLTEST" | "SUBLINK" | "CONST" => Facts::new(),
            _ => self.if_non_null(expr, env),
        }
    }

    /// What holds where `expr` is false or NULL.
    pub fn if_not_true<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        match expr.name {
            _ if self.grouped_whole(expr, env).is_some() => Facts::new(),
            "BOOLEXPR" => self.of_logic(expr, "or", env, Self::if_not_true, Self::if_not_false),
            _ if is_never_null(expr) => self.if_false(expr, env),
            _ => Facts::new(),
        }
    }

    /// What holds where `expr` is true or NULL.
    pub fn if_not_false<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        match expr.name {
            _ if self.grouped_whole(expr, env).is_some() => Facts::new(),
            "BOOLEXPR" => self.of_logic(expr, "and", env, Self::if_not_false, Self::if_not_true),
            _ if is_never_null(expr) => self.if_true(expr, env),
            // It is NULL only if the array is.
            _ => self.if_nulls_counted(expr, env),
        }
    }

    /// What holds where `expr` is NULL: a column that only a FULL JOIN can make NULL tells that the other side is there.
    pub fn if_null<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let column = self.resolve(expr, env).and_then(Column::of).filter(|column| column.up == 0);
        let Some(column) = column else { return Facts::new() };
        let nullers: Vec<Nuller> = env.level.nullers(column.relation).collect();
        match nullers[..] {
            [only] if !self.nullable_in_its_row(column, env) => {
                only.other_side().map(Fact::Present).into_iter().collect()
            }
            _ => Facts::new(),
        }
    }

    /// The name of an expression that grouping sets group by: what it is made of is not what stands beside it in the group,
    /// where another set may lack it.
    fn grouped_whole<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<Key> {
        let grouping = &env.level.grouping;
        let shape = (env.grouped && grouping.has_sets).then(|| self.shape(expr, env))?;
        (grouping.common.contains(&shape) || grouping.missing.contains(&shape)).then_some(shape)
    }

    /// AND, OR and NOT: all arguments of `gathering` have to be as asked, of its counterpart only one.
    fn of_logic<'n>(
        &self,
        expr: &'n Node<'n>,
        gathering: &str,
        env: &Env<'_, 'n>,
        same: impl Fn(&Self, &'n Node<'n>, &Env<'_, 'n>) -> Facts,
        opposite: impl Fn(&Self, &'n Node<'n>, &Env<'_, 'n>) -> Facts,
    ) -> Facts {
        let mut args = expr.nodes("args");
        match expr.word("boolop") {
            Some("not") => args.next().map(|arg| opposite(self, arg, env)).unwrap_or_default(),
            Some(operator) if operator == gathering => args.flat_map(|arg| same(self, arg, env)).collect(),
            Some(_) => intersection(args.map(|arg| same(self, arg, env))),
            None => Facts::new(),
        }
    }

    fn of_field<'n>(
        &self,
        expr: &'n Node<'n>,
        field: &str,
        env: &Env<'_, 'n>,
        question: impl Fn(&Self, &'n Node<'n>, &Env<'_, 'n>) -> Facts,
    ) -> Facts {
        expr.node(field).map(|arg| question(self, arg, env)).unwrap_or_default()
    }

    fn all_non_null<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        expr.nodes("args").flat_map(|arg| self.if_non_null(arg, env)).collect()
    }

    fn first_non_null<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        expr.nodes("args").next().map(|arg| self.if_non_null(arg, env)).unwrap_or_default()
    }

    /// `x IS NOT NULL`; of a row it says so of every field.
    fn if_tested_non_null<'n>(&self, test: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let arg = test.node("arg").and_then(|arg| self.resolve(arg, env));
        let Some(arg) = arg else { return Facts::new() };
        let mut facts = self.if_non_null(arg, env);
        if test.is_true("argisrow") {
            facts.extend(self.key(arg, env).map(Fact::FieldsNonNull));
            if arg.name == "ROWEXPR" {
                facts.extend(self.all_non_null(arg, env));
            }
        }
        facts
    }

    /// Not `x IS NULL`; of a constructed row it says only that some field is not NULL.
    fn if_test_for_null_fails<'n>(&self, test: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let arg = test.node("arg").and_then(|arg| self.resolve(arg, env));
        let told = arg.filter(|arg| !(test.is_true("argisrow") && arg.name == "ROWEXPR"));
        told.map(|arg| self.if_non_null(arg, env)).unwrap_or_default()
    }

    /// IS DISTINCT FROM: each side is not NULL where the other one is as told.
    fn if_other_side<'n>(
        &self,
        expr: &'n Node<'n>,
        env: &Env<'_, 'n>,
        tells: impl Fn(&'n Node<'n>) -> bool,
    ) -> Facts {
        let sides: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let [left, right] = sides[..] else { return Facts::new() };
        let mut facts = Facts::new();
        for (side, other) in [(left, right), (right, left)] {
            if tells(other) {
                facts.extend(self.if_non_null(side, env));
            }
        }
        facts
    }

    /// `x = ANY (array)`, `x <> ALL (array)`, known not to be NULL. `decided` says that one element was enough to decide:
    /// then there is one. Of no elements the answer is known without looking at `x`.
    fn if_elements_compared<'n>(&self, expr: &'n Node<'n>, decided: bool, env: &Env<'_, 'n>) -> Facts {
        let sides: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let ([value, array], Some(function)) = (&sides[..], self.function_of(expr)) else {
            return Facts::new();
        };
        if !function.is_strict {
            return Facts::new();
        }
        let has_elements = match constant::array(array) {
            Array::Elements(elements) => !elements.is_empty(),
            Array::Constant { is_empty, .. } => !is_empty,
            Array::Unknown => false,
        };
        let mut facts = self.if_non_null(array, env);
        if decided || has_elements {
            facts.extend(self.if_non_null(value, env));
        }
        facts
    }

    /// EXISTS and ANY: there is a row, and its WHERE clause held.
    fn if_sublink_true<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let kind = expr.number("subLinkType");
        let mut facts = Facts::new();
        if matches!(kind, Some(sublink::ANY | sublink::ROW_COMPARE)) {
            facts.extend(self.of_field(expr, "testexpr", env, Self::if_true));
        }
        if matches!(kind, Some(sublink::ANY | sublink::EXISTS)) {
            facts.extend(expr.node("subselect").into_iter().flat_map(|query| self.if_has_row(query, env)));
        }
        facts
    }

    /// What the WHERE clause of a query that gives a row tells of the level around it.
    pub fn if_has_row<'n>(&self, query: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let is_total = (query.is_true("hasAggs") || query.get("havingQual").is_some())
            && query.list("groupClause").is_empty();
        let is_plain = query.number("commandType") == Some(command::SELECT)
            && query.get("setOperations").is_none()
            && query.list("groupingSets").is_empty();
        if is_total || !is_plain {
            return Facts::new();
        }
        let level = Level::new(self, query, Some(env), &[]);
        level.facts.iter().filter_map(outside).collect()
    }

    /// `array_position(x, NULL) IS NULL`
    fn if_no_null_found<'n>(&self, test: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let call = test.node("arg").filter(|call| self.calls(call, "array_position"));
        let args: Vec<&'n Node<'n>> = call.into_iter().flat_map(|call| call.nodes("args")).collect();
        match args[..] {
            [array, element] if constant::is_null(element) => self.elements_non_null(array, env),
            _ => Facts::new(),
        }
    }

    /// `num_nulls(VARIADIC x) = 0`, `x = array_remove(x, NULL)`; NULL only where `x` is.
    fn if_nulls_counted<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let operator = self.catalog.operator_of(expr);
        let sides: Vec<&'n Node<'n>> = expr.nodes("args").collect();
        let ("OPEXPR", Some("="), [left, right]) =
            (expr.name, operator.map(|operator| operator.name.as_str()), &sides[..])
        else {
            return Facts::new();
        };
        for (call, other) in [(left, right), (right, left)] {
            let mut args = call.nodes("args");
            let (first, second) = (args.next(), args.next());
            let Some(array) = first.filter(|_| self.function_of(expr).is_some_and(|f| f.is_builtin)) else {
                continue;
            };
            let counts = self.calls(call, "num_nulls") && call.is_true("funcvariadic");
            let removes = self.calls(call, "array_remove") && second.is_some_and(constant::is_null);
            let is_same = || self.key(array, env).is_some_and(|key| self.key(other, env) == Some(key));
            if counts && constant::integer(other) == Some(0) || removes && is_same() {
                return self.elements_non_null(array, env);
            }
        }
        Facts::new()
    }

    fn calls(&self, expr: &Node<'_>, name: &str) -> bool {
        expr.name == "FUNCEXPR" && self.function_of(expr).is_some_and(|f| f.is_builtin && f.name == name)
    }

    fn elements_non_null<'n>(&self, array: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        self.key(array, env).map(Fact::ElementsNonNull).into_iter().collect()
    }

    /// `(a, b) < (c, d)`: the first pair was compared.
    fn if_rows_compared<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Facts {
        let firsts = ["largs", "rargs"].into_iter().filter_map(|side| expr.nodes(side).next());
        firsts.flat_map(|first| self.if_non_null(first, env)).collect()
    }
}

/// The same fact as the level around sees it.
fn outside(fact: &Fact) -> Option<Fact> {
    match fact {
        Fact::NonNull(Key::Column(column)) if column.up == 1 => {
            Some(Fact::NonNull(Key::Column(Column { up: 0, ..*column })))
        }
        _ => None,
    }
}

fn intersection(mut sets: impl Iterator<Item = Facts>) -> Facts {
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |mut common, set| {
        common.retain(|fact| set.contains(fact));
        common
    })
}

fn is_never_null(expr: &Node<'_>) -> bool {
    matches!(expr.name, "NULLTEST" | "BOOLEANTEST" | "DISTINCTEXPR")
        || expr.name == "SUBLINK" && expr.number("subLinkType") == Some(sublink::EXISTS)
}
