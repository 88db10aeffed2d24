//! Transactions and savepoints.

use std::fmt;
use std::ops::{AsyncFnOnce, Deref, DerefMut};

use tokio_postgres::error::SqlState;

use crate::connection::Connection;
use crate::error::{Error, Kind};

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
    is_open: bool,
}

impl Transaction {
    pub(crate) async fn begin_on(connection: Connection) -> Result<Self, Error> {
        let transaction = Self { connection, depth: 0, is_open: true };
        transaction.send("BEGIN").await.map_err(Error::server)?;
        Ok(transaction)
    }

    /// Begins a nested transaction, a savepoint.
    ///
    /// # Errors
    /// The server refuses, as it does after a statement has failed.
    pub async fn begin(&mut self) -> Result<Savepoint<'_>, Error> {
        let depth = self.depth + 1;
        let savepoint = Savepoint { transaction: self, depth, is_open: true };
        savepoint.send(&format!("SAVEPOINT bindery_{depth}")).await.map_err(Error::server)?;
        savepoint.transaction.depth = depth;
        Ok(savepoint)
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
        let savepoint = self.begin().await?;
        let outcome = work(&mut *savepoint.transaction).await;
        match outcome {
            Ok(value) => {
                savepoint.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to tell; one that fails again shows at the outer COMMIT.
                let _ = savepoint.rollback().await;
                Err(error)
            }
        }
    }

    /// Makes what was done permanent.
    ///
    /// # Errors
    /// A statement in it has failed, though its error may have been passed over: the server would answer COMMIT with
    /// ROLLBACK, and everything is undone. Or a deferred constraint is violated, or the connection is gone, in which case
    /// nobody knows whether it was committed.
    pub async fn commit(mut self) -> Result<(), Error> {
        // After an error COMMIT answers ROLLBACK and raises nothing; a query before it in the same message does raise an
        // error, and COMMIT is then not run.
        match self.send("SELECT; COMMIT").await {
            Ok(()) => {
                self.is_open = false;
                Ok(())
            }
            Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
                Err(Error::because(Kind::RolledBack, error))
            }
            Err(error) => Err(Error::server(error)),
        }
    }

    /// Undoes what was done. Dropping it does the same without waiting.
    ///
    /// # Errors
    /// The connection is gone, and with it all that was done.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.send("ROLLBACK").await.map_err(Error::server)?;
        self.is_open = false;
        Ok(())
    }

    /// Commits or rolls back by `outcome`.
    pub(crate) async fn end<T, E: From<Error>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
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

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_open {
            self.session().send_rollback();
        }
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// A nested transaction. It is the transaction to the functions that run in it, and is undone when it is dropped.
pub struct Savepoint<'t> {
    transaction: &'t mut Transaction,
    depth: u32,
    is_open: bool,
}

impl Savepoint<'_> {
    /// Makes what was done since part of the transaction.
    ///
    /// # Errors
    /// A statement since has failed; what was done since is then undone.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.send(&format!("RELEASE SAVEPOINT bindery_{}", self.depth)).await.map_err(|error| {
            match error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) {
                true => Error::because(Kind::RolledBack, error),
                false => Error::server(error),
            }
        })?;
        self.is_open = false;
        Ok(())
    }

    /// Undoes what was done since; the transaction goes on.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.send(&self.rollback_sql()).await.map_err(Error::server)?;
        self.is_open = false;
        Ok(())
    }

    fn rollback_sql(&self) -> String {
        format!("ROLLBACK TO SAVEPOINT bindery_{0}; RELEASE SAVEPOINT bindery_{0}", self.depth)
    }
}

impl Deref for Savepoint<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        self.transaction
    }
}

impl DerefMut for Savepoint<'_> {
    fn deref_mut(&mut self) -> &mut Transaction {
        self.transaction
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.session().send_ahead(&self.rollback_sql());
        }
        self.transaction.depth = self.depth - 1;
    }
}

impl fmt::Debug for Savepoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint").field("depth", &self.depth).finish_non_exhaustive()
    }
}
