//! Columns and parameters that no Rust type stands for: errors with what to write instead.

use crate::description::{Description, Field};
use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{self, TokenKind};
use crate::query::Query;
use crate::types::{Refusal, Types};

/// Tells every parameter and column of a query that has no Rust type.
pub(crate) fn report(
    query: &Query,
    description: &Description,
    types: Types<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (index, param) in description.params.iter().enumerate() {
        if let Err(refusal) = types.param(query, param) {
            let cast = format!("pass text and cast it: `@{}::text::{}`", param.name, param.ty);
            let span = query.span_of_param(index + 1);
            diagnostics.push(refused("parameter", "@param", param, refusal, cast).at(span, ""));
        }
    }
    for (index, column) in description.columns.iter().enumerate() {
        let resolved = match description.is_embedded(index) {
            true => types.field(column),
            false => types.column(query, column),
        };
        if let Err(refusal) = resolved {
            let cast = format!("select it as text: `{0}::text AS {0}`", column.name);
            diagnostics.push(match record_call(query, column) {
                Some(span) => refused("function", "@column", column, refusal, in_from(column)).at(span, ""),
                None => refused("column", "@column", column, refusal, cast)
                    .at(query.name_span(), "returned by this query"),
            });
        }
    }
}

/// Where a function stands whose record is a column of its name.
fn record_call(query: &Query, column: &Field) -> Option<Span> {
    let tokens = lex::tokens(&query.sql).ok().filter(|_| column.ty == "record")?;
    let mut pairs = tokens.iter().zip(tokens.iter().skip(1));
    let (name, _) = pairs.find(|(name, open)| {
        let is_word = matches!(name.kind, TokenKind::Word { .. });
        is_word && open.kind == TokenKind::Open && name.text(&query.sql).eq_ignore_ascii_case(&column.name)
    })?;
    let position = query.sql[..name.range.start].chars().count() + 1;
    Some(query.span_of(u32::try_from(position).ok()?))
}

/// What to write in the place of selecting a function's record.
fn in_from(column: &Field) -> String {
    format!(
        "have its columns: `SELECT * FROM {0}(...)`, with `AS t (id bigint, name text)` if it declares none",
        column.name
    )
}

fn refused(kind: &str, annotation: &str, field: &Field, refusal: Refusal, cast: String) -> Diagnostic {
    let Field { name, ty, .. } = field;
    let has = if kind == "function" { "gives" } else { "has type" };
    let message = format!("{kind} `{name}` {has} `{ty}`, which has no Rust type: {}", refusal.reason);
    let help = match refusal.can_be_named {
        true => format!(
            "{cast}; or name a type that implements FromSql and ToSql: `-- {annotation} {name}: type = crate::Type`"
        ),
        false if ty.ends_with("record") && kind == "parameter" => {
            format!("cast it to a composite type: `@{name}::its_type`")
        }
        false if kind == "function" => cast,
        false if ty.ends_with("record") => "select its parts, or cast it to a composite type".to_owned(),
        false => cast,
    };
    Diagnostic::error(message).help(help)
}
