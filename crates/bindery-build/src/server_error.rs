//! PostgreSQL's errors as diagnostics in the user's files.

use postgres::GenericClient;
use postgres::error::{DbError, ErrorPosition, SqlState};

use crate::diagnostic::Diagnostic;
use crate::lex::is_word;
use crate::query::Query;
use crate::suggest::{Asked, Suggestions};

/// What the server says of a statement that it refuses.
#[derive(Clone, Debug)]
pub(crate) struct ServerError {
    pub code: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// In characters from 1 of the text that was sent; none if it speaks of a text of the server's own, such as the
    /// body of a function.
    pub position: Option<u32>,
    /// The calls inside of which it happened.
    pub context: Option<Box<str>>,
}

impl Default for ServerError {
    fn default() -> Self {
        let message = "the server does not say what is wrong".to_owned();
        let (detail, hint, position, context) = Default::default();
        Self { code: SqlState::INTERNAL_ERROR, message, detail, hint, position, context }
    }
}

impl From<&DbError> for ServerError {
    fn from(error: &DbError) -> Self {
        let position = match error.position() {
            Some(ErrorPosition::Original(position)) => Some(*position),
            Some(ErrorPosition::Internal { .. }) | None => None,
        };
        Self {
            code: error.code().clone(),
            message: error.message().to_owned(),
            detail: error.detail().map(str::to_owned),
            hint: error.hint().map(str::to_owned),
            position,
            context: error.where_().map(Into::into),
        }
    }
}

/// The server's own error.
///
/// # Errors
/// It is not the server's: the connection failed.
pub(crate) fn of(error: postgres::Error) -> Result<ServerError, postgres::Error> {
    error.as_db_error().map(ServerError::from).ok_or(error)
}

/// A query that the server refuses.
#[derive(Debug)]
pub(crate) struct Refused<'q> {
    pub query: &'q Query,
    pub error: ServerError,
}

/// One diagnostic a refused query, with help from the catalogs of the migrated database; these are asked only if there
/// is something to help with.
///
/// # Errors
/// The connection fails.
pub(crate) fn report(
    client: &mut impl GenericClient,
    refused: &[Refused<'_>],
) -> Result<Vec<Diagnostic>, postgres::Error> {
    let mut suggestions = Suggestions::new(client);
    let reports = refused.iter().map(|Refused { query, error }| {
        let help = suggestions.help(&Asked { sql: &query.sql, query: Some(query), error })?;
        Ok(with_advice(in_query(query, error), error, help))
    });
    reports.collect()
}

/// The error at its place in the query's file.
pub(crate) fn in_query(query: &Query, error: &ServerError) -> Diagnostic {
    let diagnostic = Diagnostic::error(&error.message);
    match (error.place(&query.sql), error.untyped_param()) {
        (_, Some(number)) => diagnostic.at(query.span_of_param(number), ""),
        (Some(position), None) => diagnostic.at(query.span_of(position), ""),
        (None, None) => diagnostic.at(query.name_span(), "in this query"),
    }
}

/// Adds the server's own detail, and `help`, or the server's own hint where there is none.
pub(crate) fn with_advice(
    mut diagnostic: Diagnostic,
    error: &ServerError,
    help: Option<String>,
) -> Diagnostic {
    if let Some(detail) = &error.detail {
        diagnostic = diagnostic.note(detail);
    }
    if let Some(context) = error.context.as_ref().filter(|_| error.position.is_none()) {
        diagnostic = diagnostic.note(&**context);
    }
    match help.as_ref().or(error.hint.as_ref()) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

impl ServerError {
    /// The position, or that of the name that the message quotes, if it stands only once in the statement: of utility
    /// statements the server gives no position.
    pub fn place(&self, sql: &str) -> Option<u32> {
        let in_statement = || self.quoted_name().filter(|_| self.context.is_none());
        self.position.or_else(|| only_position(sql, in_statement()?))
    }

    /// `cars` of `relation "cars" does not exist`.
    pub fn quoted_name(&self) -> Option<&str> {
        let (_, after) = self.message.split_once('"')?;
        Some(after.split_once('"')?.0)
    }

    /// The `1` of "could not determine data type of parameter $1", in any language.
    pub fn untyped_param(&self) -> Option<usize> {
        let (_, after) =
            self.message.split_once('$').filter(|_| self.code == SqlState::INDETERMINATE_DATATYPE)?;
        let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().filter(|number| *number > 0)
    }
}

/// Where a word stands, in characters from 1, if it does once.
fn only_position(text: &str, word: &str) -> Option<u32> {
    let mut found = text.match_indices(word).map(|(at, _)| at).filter(|at| {
        let (before, after) = (&text[..*at], &text[at + word.len()..]);
        !before.ends_with(is_word) && !after.starts_with(is_word)
    });
    let at = found.next().filter(|_| !word.is_empty())?;
    if found.next().is_some() {
        return None;
    }
    // With its quotes.
    let before = text[..at].strip_suffix(['"', '\'']).unwrap_or(&text[..at]);
    u32::try_from(before.chars().count() + 1).ok()
}

#[cfg(test)]
mod tests;
