//! Utility statements: `CREATE`, `SET`, `REFRESH` and their like, which the server does not look at when it parses them.

use postgres::Client;
use postgres::error::SqlState;

use crate::lex::{self, TokenKind};
use crate::server_error::{self, ServerError};

/// Runs a statement and rolls it back: what is wrong with it, if anything is.
///
/// What only the data of the moment is to blame for is nothing that is wrong with it.
///
/// # Errors
/// The connection fails.
pub(crate) fn try_out(client: &mut Client, sql: &str) -> Result<Option<ServerError>, postgres::Error> {
    // The call itself was looked at, and what a procedure does is not the query's affair.
    if is_call(sql) {
        return Ok(None);
    }
    let mut transaction = client.transaction()?;
    let outcome = transaction.batch_execute(sql);
    transaction.rollback()?;
    match outcome {
        Ok(()) => Ok(None),
        Err(error) => Ok(Some(server_error::of(error)?).filter(|error| is_mistake(sql, &error.code))),
    }
}

/// Whether it is a CALL, of which the server looks up the procedure and its arguments when it parses it.
pub(crate) fn is_call(sql: &str) -> bool {
    begins_with(sql, "CALL")
}

/// Whether an error is that of the statement, be the database in whatever state.
fn is_mistake(sql: &str, code: &SqlState) -> bool {
    // `VACUUM` and its like: they cannot be tried without leaving a trace.
    if *code == SqlState::ACTIVE_SQL_TRANSACTION {
        return false;
    }
    // A view that no migration has filled cannot be refreshed CONCURRENTLY, and pg_dump fills none.
    if begins_with(sql, "REFRESH") && *code == SqlState::FEATURE_NOT_SUPPORTED {
        return false;
    }
    // A block may raise what it likes, and commit: wrong is what it says of the schema ("Syntax Error or Access Rule
    // Violation" among PostgreSQL's error codes).
    !begins_with(sql, "DO") || code.code().starts_with("42")
}

fn begins_with(sql: &str, keyword: &str) -> bool {
    let tokens = lex::tokens(sql).unwrap_or_default();
    let first = tokens.iter().find(|token| !token.is_blank());
    first.is_some_and(|token| {
        token.kind == TokenKind::Word { quoted: false } && token.text(sql).eq_ignore_ascii_case(keyword)
    })
}
