//! PostgreSQL's errors as diagnostics in the user's files.

use postgres::error::{DbError, ErrorPosition, SqlState};

use crate::diagnostic::Diagnostic;
use crate::query::Query;

/// An error that the server raised for a query.
pub(crate) fn in_query(query: &Query, error: &postgres::Error) -> Diagnostic {
    let Some(db_error) = error.as_db_error() else {
        return Diagnostic::error(error.to_string()).at(query.name_span(), "");
    };
    let diagnostic = Diagnostic::error(db_error.message());
    let untyped = *db_error.code() == SqlState::INDETERMINATE_DATATYPE;
    let number = placeholder(db_error.message()).filter(|_| untyped);
    let diagnostic = match (position(db_error), number) {
        (_, Some(number)) => {
            let name = query.params.get(number - 1).and_then(|param| param.name.as_deref());
            let written = name.map_or(format!("${number}"), |name| format!("@{name}"));
            diagnostic
                .at(query.span_of_param(number), "")
                .help(format!("give it a type with a cast: `{written}::text`"))
        }
        (Some(position), None) => diagnostic.at(query.span_of(position), ""),
        (None, None) => diagnostic.at(query.name_span(), "in this query"),
    };
    with_advice(diagnostic, db_error)
}

/// Adds the server's own detail and hint.
pub(crate) fn with_advice(mut diagnostic: Diagnostic, error: &DbError) -> Diagnostic {
    if let Some(detail) = error.detail() {
        diagnostic = diagnostic.note(detail);
    }
    if let Some(hint) = error.hint() {
        diagnostic = diagnostic.help(hint);
    }
    diagnostic
}

fn position(error: &DbError) -> Option<u32> {
    match error.position()? {
        ErrorPosition::Original(position) => Some(*position),
        // In a function's body, which the query's text does not hold.
        ErrorPosition::Internal { .. } => None,
    }
}

/// The `1` of "could not determine data type of parameter $1", in any language.
fn placeholder(message: &str) -> Option<usize> {
    let (_, after) = message.split_once('$')?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|number| *number > 0)
}
