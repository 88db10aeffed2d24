//! Runs one direction of one migration.

use tokio_postgres::Error;

use crate::client::Client;
use crate::error::ApplyError;
use crate::migration::{Direction, Section, TransactionMode};

/// Sends every statement, and then `end`, which restores the settings and notes that it was done: in the same transaction
/// if there is one, else in one message by itself.
///
/// # Errors
/// The server refuses. A transaction is rolled back then.
pub(crate) async fn execute<C: Client>(
    client: &mut C,
    section: &Section,
    end: &str,
) -> Result<(), ApplyError> {
    let failed = |error| ApplyError::in_file(section, error);
    begin(client, section.transaction).await.map_err(failed)?;
    let sent = send(client, section, end).await;
    finish(client, section.transaction, sent, failed).await
}

/// Has the connection run a migration of its own, and then `end`, likewise.
///
/// # Errors
/// As [`execute`].
pub(crate) async fn execute_registered<C: Client>(
    client: &mut C,
    version: i64,
    direction: Direction,
    name: &str,
    transaction: TransactionMode,
    end: &str,
) -> Result<(), ApplyError> {
    let failed = |error| ApplyError::around(name, transaction, error);
    begin(client, transaction).await.map_err(failed)?;
    let outcome = match client.run_registered(version, direction).await {
        Ok(()) => client.batch_execute(end).await.map_err(failed),
        Err(error) => Err(ApplyError::registered(name, transaction, error)),
    };
    finish(client, transaction, outcome, failed).await
}

async fn begin<C: Client>(client: &mut C, transaction: TransactionMode) -> Result<(), Error> {
    match transaction {
        TransactionMode::None => Ok(()),
        TransactionMode::PerFile => client.batch_execute("BEGIN").await,
    }
}

/// Ends the transaction, if there is one, by `outcome`.
async fn finish<C: Client>(
    client: &mut C,
    transaction: TransactionMode,
    outcome: Result<(), ApplyError>,
    failed: impl Fn(Error) -> ApplyError,
) -> Result<(), ApplyError> {
    match (transaction, outcome) {
        (TransactionMode::None, outcome) => outcome,
        (TransactionMode::PerFile, Ok(())) => client.batch_execute("COMMIT").await.map_err(failed),
        (TransactionMode::PerFile, Err(error)) => {
            // The first error is the one to tell; a connection that is lost has nothing to roll back.
            let _ = client.batch_execute("ROLLBACK").await;
            Err(error)
        }
    }
}

/// A message a statement: two in one would be a transaction of their own.
async fn send<C: Client>(client: &mut C, section: &Section, end: &str) -> Result<(), ApplyError> {
    for (index, statement) in section.statements.iter().enumerate() {
        let sent = client.batch_execute(&statement.sql).await;
        sent.map_err(|error| ApplyError::in_statement(section, index, error))?;
    }
    client.batch_execute(end).await.map_err(|error| ApplyError::in_note(section, error))
}
