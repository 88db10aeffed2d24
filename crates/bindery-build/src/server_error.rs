//! PostgreSQL's errors as diagnostics in the user's files.

use postgres::error::{DbError, ErrorPosition, SqlState};

use crate::diagnostic::Diagnostic;
use crate::query::Query;

/// What the server says of a statement that it refuses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServerError {
    pub code: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// In characters from 1 of the text that was sent; none if it lies in a function's body, or nowhere.
    pub position: Option<u32>,
}

impl Default for ServerError {
    fn default() -> Self {
        let message = "the server does not say what is wrong".to_owned();
        Self { code: SqlState::INTERNAL_ERROR, message, detail: None, hint: None, position: None }
    }
}

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        Self {
            code: error.code().clone(),
            message: error.message().to_owned(),
            detail: error.detail().map(str::to_owned),
            hint: error.hint().map(str::to_owned),
            position: match error.position() {
                Some(ErrorPosition::Original(position)) => Some(*position),
                Some(ErrorPosition::Internal { .. }) | None => None,
            },
        }
    }
}

/// An error that the server raised for a query.
pub(crate) fn in_query(query: &Query, error: &ServerError) -> Diagnostic {
    let diagnostic = Diagnostic::error(&error.message);
    let untyped = error.code == SqlState::INDETERMINATE_DATATYPE;
    let number = placeholder(&error.message).filter(|_| untyped);
    let diagnostic = match (error.position, number) {
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
    with_advice(diagnostic, error)
}

/// Adds the server's own detail and hint.
pub(crate) fn with_advice(mut diagnostic: Diagnostic, error: &ServerError) -> Diagnostic {
    if let Some(detail) = &error.detail {
        diagnostic = diagnostic.note(detail);
    }
    if let Some(hint) = &error.hint {
        diagnostic = diagnostic.help(hint);
    }
    diagnostic
}

/// The `1` of "could not determine data type of parameter $1", in any language.
fn placeholder(message: &str) -> Option<usize> {
    let (_, after) = message.split_once('$')?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|number| *number > 0)
}
