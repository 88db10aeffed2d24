//! What is in a database before a test begins.

use std::error::Error as _;

use crate::connection::Connection;
use crate::error::Error;

/// SQL from a file.
#[derive(Debug)]
pub struct Fixture {
    /// From the package's folder on.
    pub path: &'static str,
    /// What is in it.
    pub sql: &'static str,
}

/// Runs the files in order, each in one message, which the server runs in one transaction.
///
/// # Errors
/// The server refuses a statement. The text says where it stands.
pub(crate) async fn apply(fixtures: &[Fixture], conn: &Connection) -> Result<(), String> {
    for fixture in fixtures {
        conn.send(fixture.sql).await.map_err(|error| told(fixture, error))?;
    }
    Ok(())
}

fn told(fixture: &Fixture, error: Error) -> String {
    let error = error.in_sql(fixture.sql);
    let place = match error.line_and_column() {
        Some((line, column)) => format!("{}:{line}:{column}", fixture.path),
        None => fixture.path.to_owned(),
    };
    // In the server's own words, since the error of a query would repeat a part of the file.
    let said = match error.as_db_error() {
        Some(server) => {
            let more = [server.detail(), server.hint()].into_iter().flatten();
            more.fold(server.message().to_owned(), |said, line| format!("{said}\n  {line}"))
        }
        None => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    };
    format!("{place}: {said}")
}
