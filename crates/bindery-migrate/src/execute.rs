//! Runs one direction of one migration.

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
    match section.transaction {
        TransactionMode::None => send(client, section, end).await,
        TransactionMode::PerFile => {
            let failed = |error| ApplyError::in_file(section, error);
            client.batch_execute("BEGIN").await.map_err(failed)?;
            let sent = send(client, section, end).await;
            if sent.is_err() {
                // The first error is the one to tell; a connection that is lost has nothing to roll back.
                let _ = client.batch_execute("ROLLBACK").await;
                return sent;
            }
            client.batch_execute("COMMIT").await.map_err(failed)
        }
    }
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
    let is_in_transaction = transaction == TransactionMode::PerFile;
    if is_in_transaction {
        client.batch_execute("BEGIN").await.map_err(failed)?;
    }
    let ran = client.run_registered(version, direction).await;
    let ran = ran.map_err(|error| ApplyError::registered(name, transaction, error));
    let outcome = match ran {
        Ok(()) => client.batch_execute(end).await.map_err(failed),
        Err(error) => Err(error),
    };
    if is_in_transaction {
        match &outcome {
            Ok(()) => client.batch_execute("COMMIT").await.map_err(failed)?,
            Err(_) => drop(client.batch_execute("ROLLBACK").await),
        }
    }
    outcome
}

/// A message a statement: two in one would be a transaction of their own.
async fn send<C: Client>(client: &mut C, section: &Section, end: &str) -> Result<(), ApplyError> {
    for (index, statement) in section.statements.iter().enumerate() {
        let sent = client.batch_execute(&statement.sql).await;
        sent.map_err(|error| ApplyError::in_statement(section, index, error))?;
    }
    client.batch_execute(end).await.map_err(|error| ApplyError::in_note(section, error))
}
