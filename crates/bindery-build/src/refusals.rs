//! Columns and parameters that no Rust type stands for: errors with what to write instead.

use crate::description::{Description, Field};
use crate::diagnostic::Diagnostic;
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
            let refused = refused("column", "@column", column, refusal, cast);
            diagnostics.push(refused.at(query.name_span(), "returned by this query"));
        }
    }
}

fn refused(kind: &str, annotation: &str, field: &Field, refusal: Refusal, cast: String) -> Diagnostic {
    let Field { name, ty, .. } = field;
    let message = format!("{kind} `{name}` has type `{ty}`, which has no Rust type: {}", refusal.reason);
    let help = match refusal.can_be_named {
        true => format!(
            "{cast}; or name a type that implements FromSql and ToSql: `-- {annotation} {name}: type = crate::Type`"
        ),
        false if ty.ends_with("record") && kind == "parameter" => {
            format!("cast it to a composite type: `@{name}::its_type`")
        }
        false if ty.ends_with("record") => "select its parts, or cast it to a composite type".to_owned(),
        false => cast,
    };
    Diagnostic::error(message).help(help)
}
