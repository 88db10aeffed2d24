//! A domain as a type of its own, which checks what can be checked without the server.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use crate::description::UserType;
use crate::types::{Scope, Types};

use super::{derives, doc};

/// A struct around the type that the domain is over.
pub(super) fn items(
    name: &str,
    user_type: &UserType,
    base: &str,
    checks: &[String],
    types: Types<'_>,
) -> [String; 3] {
    let qualified = &user_type.name;
    let said = types.settings.derives(None, name);
    let resolved = types.resolve(base, None).expect("describing refused every other type");
    let base_type = resolved.reader(Scope::Root, types.null_elements(base));
    let attributes = derives::of_field(&base_type, &said).concat();
    let kind = Kind::of(types.schema.base_type(base));
    let violations: Vec<(String, &String)> = checks
        .iter()
        .flat_map(|check| violations(check, kind).into_iter().map(move |found| (found, check)))
        .collect();
    let title = doc::comment(&title(qualified, base, checks, &violations));
    let derive = derives::above(&["Clone", "Debug", "PartialEq"], resolved.holds_given(), &said);
    let value = if violations.is_empty() { "_" } else { "value" };
    let violations = violations.iter();
    let violations: String = violations
        .map(|(condition, check)| format!("if {condition} {{ return Some({check:?}); }}\n"))
        .collect();
    let declaration =
        format!("{title}#[allow(dead_code)]\n{derive}pub struct {name}({attributes} {base_type});");
    let implementation = format!(
        "impl bindery::Domain for {name} {{
            const TYPE: &'static str = {qualified:?};
            type Base = {base_type};
            fn violated({value}: &Self::Base) -> Option<&'static str> {{
                {violations}
                None
            }}
            fn wrap(value: Self::Base) -> Self {{ Self(value) }}
            fn get(&self) -> &Self::Base {{ &self.0 }}
            fn into_inner(self) -> Self::Base {{ self.0 }}
        }}"
    );
    [declaration, implementation, format!("bindery::impl_domain!({name}, {base_type});")]
}

/// What a domain is over, as far as checks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    SmallerInteger,
    Int8,
    Other,
}

impl Kind {
    fn of(base: &str) -> Self {
        match base {
            "text" | "varchar" => Self::Text,
            "int2" | "int4" => Self::SmallerInteger,
            "int8" => Self::Int8,
            _ => Self::Other,
        }
    }
}

fn title(qualified: &str, base: &str, checks: &[String], violations: &[(String, &String)]) -> Vec<String> {
    let mut lines = vec![format!("The domain `{qualified}` over `{base}`.")];
    let mut list = |head: &str, known: bool| {
        let of_kind = checks.iter().filter(|check| known == violations.iter().any(|(_, of)| of == check));
        let of_kind: Vec<String> = of_kind.map(|check| format!("- `{check}`")).collect();
        if !of_kind.is_empty() {
            lines.extend([String::new(), head.to_owned(), String::new()]);
            lines.extend(of_kind);
        }
    };
    list("`TryFrom` checks, as far as it can be told without the server:", true);
    list("The server alone checks:", false);
    lines
}

/// What shows that a constraint is violated: the parts that are about the length of a text, its being empty, or the size
/// of a whole number. Other parts are left to the server.
fn violations(check: &str, kind: Kind) -> Vec<String> {
    let expression = check.strip_prefix("CHECK ").unwrap_or(check);
    let parsed = Parser::new(&PostgreSqlDialect {}).try_with_sql(expression);
    let Ok(expr) = parsed.and_then(|mut parser| parser.parse_expr()) else { return Vec::new() };
    let mut found = Vec::new();
    collect(&expr, kind, &mut found);
    found
}

fn collect(expr: &Expr, kind: Kind, found: &mut Vec<String>) {
    match expr {
        Expr::Nested(inner) => collect(inner, kind, found),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            collect(left, kind, found);
            collect(right, kind, found);
        }
        Expr::BinaryOp { left, op, right } => {
            found.extend(violation(without_brackets(left), op, without_brackets(right), kind));
        }
        _ => {}
    }
}

fn violation(left: &Expr, op: &BinaryOperator, right: &Expr, kind: Kind) -> Option<String> {
    if kind == Kind::Text && is_value(left) && *op == BinaryOperator::NotEq && is_empty_text(right) {
        return Some("value.is_empty()".to_owned());
    }
    let opposite = opposite(op)?;
    let number = number(right)?;
    if is_value(left) {
        return match kind {
            Kind::Int8 => Some(format!("*value {opposite} {number}")),
            // Wide enough for every bound.
            Kind::SmallerInteger => Some(format!("i64::from(*value) {opposite} {number}")),
            Kind::Text | Kind::Other => None,
        };
    }
    let number = usize::try_from(number).ok()?;
    match function(left)?.as_str() {
        "length" | "char_length" | "character_length" if kind == Kind::Text => {
            Some(format!("value.chars().count() {opposite} {number}"))
        }
        "octet_length" if kind == Kind::Text => Some(format!("value.len() {opposite} {number}")),
        _ => None,
    }
}

fn opposite(op: &BinaryOperator) -> Option<&'static str> {
    Some(match op {
        BinaryOperator::Lt => ">=",
        BinaryOperator::LtEq => ">",
        BinaryOperator::Gt => "<=",
        BinaryOperator::GtEq => "<",
        BinaryOperator::Eq => "!=",
        BinaryOperator::NotEq => "==",
        _ => return None,
    })
}

fn without_brackets(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => without_brackets(inner),
        expr => expr,
    }
}

/// `VALUE`, which the server casts where the domain is over `varchar`.
fn is_value(expr: &Expr) -> bool {
    match without_brackets(expr) {
        Expr::Identifier(name) => name.value.eq_ignore_ascii_case("value"),
        Expr::Cast { expr, data_type, .. } => {
            is_value(expr) && data_type.to_string().eq_ignore_ascii_case("text")
        }
        _ => false,
    }
}

fn is_empty_text(expr: &Expr) -> bool {
    match without_brackets(expr) {
        Expr::Value(value) => matches!(&value.value, Value::SingleQuotedString(text) if text.is_empty()),
        Expr::Cast { expr, .. } => is_empty_text(expr),
        _ => false,
    }
}

fn number(expr: &Expr) -> Option<i64> {
    match without_brackets(expr) {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            // `'-5'::integer`, as the server prints negative constants.
            Value::SingleQuotedString(text) => text.parse().ok(),
            _ => None,
        },
        Expr::Cast { expr, .. } => number(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => number(expr)?.checked_neg(),
        _ => None,
    }
}

/// The name of a function of `VALUE` alone.
fn function(expr: &Expr) -> Option<String> {
    let Expr::Function(call) = without_brackets(expr) else { return None };
    let FunctionArguments::List(list) = &call.args else { return None };
    match &list.args[..] {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] if is_value(argument) => {
            Some(call.name.to_string().to_lowercase())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, violations};

    #[test]
    fn parts_that_need_no_server_are_found() {
        let of = |check: &str, is_text: bool| {
            let found = violations(check, if is_text { Kind::Text } else { Kind::SmallerInteger });
            found.join("; ")
        };
        assert_eq!(of("CHECK ((length(VALUE) < 100))", true), "value.chars().count() >= 100");
        assert_eq!(of("CHECK (((VALUE <> ''::text) AND (VALUE ~ '^a'::text)))", true), "value.is_empty()");
        assert_eq!(of("CHECK ((char_length((VALUE)::text) = 5))", true), "value.chars().count() != 5");
        assert_eq!(
            of("CHECK (((VALUE >= '-5'::integer) AND (VALUE <= 10)))", false),
            "i64::from(*value) < -5; i64::from(*value) > 10"
        );
        for check in [
            "CHECK ((VALUE > 0) OR true)",
            "CHECK (((VALUE % 2) = 0))",
            "CHECK ((VALUE = ANY (ARRAY[1, 2])))",
        ] {
            assert_eq!(of(check, false), "", "{check}");
        }
        assert_eq!(of("CHECK ((lower(VALUE) = VALUE))", true), "");
    }
}
