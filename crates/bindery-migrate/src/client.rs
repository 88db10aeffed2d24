//! What a run needs of a connection, whichever driver it is of.

use std::future::Future;
use std::time::Duration;

use tokio_postgres::{Error, SimpleQueryMessage};

use crate::migration::Direction;

/// Any error, as migrations in Rust may have it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection that migrations run on. Nobody else uses it meanwhile.
///
/// It is implemented for the client of the `postgres` crate, whose calls block; `bindery` has one for its own connections.
pub trait Client: Send {
    /// Sends `sql` in one message, as it is, and reads what it answers without keeping rows.
    fn batch_execute(&mut self, sql: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// Sends `sql` in one message and keeps its rows.
    fn simple_query(
        &mut self,
        sql: &str,
    ) -> impl Future<Output = Result<Vec<SimpleQueryMessage>, Error>> + Send;

    /// Waits.
    fn pause(&mut self, time: Duration) -> impl Future<Output = ()> + Send;

    /// Runs a migration that is written in Rust, of those that were registered. The default knows of none.
    fn run_registered(
        &mut self,
        version: i64,
        direction: Direction,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        async move { Err(format!("nothing is registered to run migration {version} {direction}").into()) }
    }
}

/// Rows of text.
pub(crate) async fn rows<C: Client>(client: &mut C, sql: &str) -> Result<Vec<Vec<String>>, Error> {
    let messages = client.simple_query(sql).await?;
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// The first value of the first row.
pub(crate) async fn value<C: Client>(client: &mut C, sql: &str) -> Result<Option<String>, Error> {
    Ok(rows(client, sql).await?.into_iter().next().and_then(|row| row.into_iter().next()))
}

/// A text as a literal of SQL.
pub(crate) fn literal(text: &str) -> String {
    // The form with E is read alike whatever `standard_conforming_strings` says.
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
