//! Transactions and savepoints.

mod options;
mod savepoint;

use std::fmt;
use std::ops::{AsyncFnOnce, Deref};

use tokio_postgres::error::SqlState;

use crate::connection::Connection;
use crate::error::{Error, Kind};

pub(crate) use options::TransactionOptions;
pub use options::{Isolation, TransactionBuilder};
pub use savepoint::Savepoint;

/// After an error COMMIT answers ROLLBACK and raises nothing; a query before it in the same message does raise an error, and
/// COMMIT is then not run.
pub(crate) const COMMIT: &str = "SELECT; COMMIT";

/// A transaction. It is a connection to the functions that run in it.
///
/// What is not committed is rolled back when it is dropped. While a nested one lives the outer one cannot be used:
///
/// ```compile_fail,E0502
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// # async fn query(_: &bindery::Connection) {}
/// let mut outer = client.begin().await?;
/// let inner = outer.begin().await?;
/// query(&outer).await;
/// inner.commit().await
/// # }
/// ```
///
/// Nor can one that has ended:
///
/// ```compile_fail,E0382
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// # async fn query(_: &bindery::Connection) {}
/// let transaction = client.begin().await?;
/// transaction.commit().await?;
/// query(&transaction).await;
/// # Ok(()) }
/// ```
///
/// It has no lifetime, and neither has what a closure is given: only so can the future of `client.transaction(...)` be
/// seen to be `Send` where it is spawned.
pub struct Transaction {
    connection: Connection,
    /// How many savepoints are open in it.
    depth: u32,
    /// The level from which on all are undone though they end well.
    undone_from: Option<u32>,
}

impl Transaction {
    /// `connection` is in a transaction now.
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, depth: 0, undone_from: None }
    }

    /// Begins a nested transaction, a savepoint.
    ///
    /// # Errors
    /// The server refuses, as it does after a statement has failed.
    pub async fn begin(&mut self) -> Result<Savepoint<'_>, Error> {
        let name = format!("bindery_{}", self.depth + 1);
        Savepoint::begin(self, &name).await
    }

    /// Begins a nested transaction with a name of its own for its savepoint, as the server's log may show it.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn savepoint(&mut self, name: &str) -> Result<Savepoint<'_>, Error> {
        Savepoint::begin(self, name).await
    }

    /// Runs `work` in a nested transaction: what it did is undone if it returns `Err`, and the outer one goes on.
    ///
    /// # Errors
    /// What `work` returns, or what goes wrong at the beginning or the end.
    pub async fn transaction<T, E, F>(&mut self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E>,
        E: From<Error>,
    {
        let mut savepoint = self.begin().await?;
        let outcome = work(&mut savepoint).await;
        savepoint.end(outcome).await
    }

    /// How many nested transactions are open: 0 in the outermost one.
    pub fn level(&self) -> u32 {
        self.depth
    }

    /// Has this level undone at its end though its closure returns `Ok`: a dry run, or a way out that is no error.
    pub fn undo(&mut self) {
        self.undo_from(self.depth);
    }

    /// As [`undo`](Self::undo), for `level` and all levels in it.
    ///
    /// ```no_run
    /// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
    /// client
    ///     .transaction(async |tx| {
    ///         let level = tx.level();
    ///         tx.transaction(async |inner| {
    ///             inner.undo_from(level); // nothing of either remains
    ///             Ok::<_, bindery::Error>(())
    ///         })
    ///         .await
    ///     })
    ///     .await
    /// # }
    /// ```
    pub fn undo_from(&mut self, level: u32) {
        self.undone_from = Some(self.undone_from.map_or(level, |from| from.min(level)));
    }

    /// Makes what was done permanent.
    ///
    /// # Errors
    /// A statement in it has failed, though its error may have been passed over: the server would answer COMMIT with
    /// ROLLBACK, and everything is undone ([`is_rolled_back`](Error::is_rolled_back)). Or a deferred constraint is violated.
    /// Or the connection is lost, in which case nobody knows whether it was committed
    /// ([`is_outcome_unknown`](Error::is_outcome_unknown)).
    pub async fn commit(self) -> Result<(), Error> {
        match self.send(COMMIT).await {
            Ok(()) => {
                self.session().set_in_transaction(false);
                Ok(())
            }
            Err(error) => Err(self.not_committed(error)),
        }
    }

    fn not_committed(&self, error: Error) -> Error {
        if error.sqlstate() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) {
            return Error::after(Kind::RolledBack, error);
        }
        if error.is_ended_before() {
            return error;
        }
        let is_unknown = error.sqlstate() == Some(&SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN);
        // One that took too long is cancelled, or done by then.
        match is_unknown || error.is_call_timeout() || error.ends_connection() {
            true => Error::after(Kind::OutcomeUnknown, error),
            false => error,
        }
    }

    /// Undoes what was done. Dropping it does the same without waiting.
    ///
    /// # Errors
    /// The connection is gone, and with it all that was done.
    pub async fn rollback(self) -> Result<(), Error> {
        self.send("ROLLBACK").await?;
        self.session().set_in_transaction(false);
        Ok(())
    }

    /// Commits or rolls back by `outcome`.
    pub(crate) async fn end<T, E: From<Error>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) if self.undone_from.is_some() => {
                self.rollback().await?;
                Ok(value)
            }
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to tell; a rollback that fails leaves a connection that is not used again.
                let _ = self.rollback().await;
                Err(error)
            }
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("depth", &self.depth).finish_non_exhaustive()
    }
}
