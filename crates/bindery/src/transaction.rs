//! Transactions and savepoints.

use std::fmt;
use std::ops::{AsyncFnOnce, Deref};

use tokio_postgres::error::SqlState;

use crate::connection::Connection;
use crate::error::{Error, Kind};

/// A transaction, or a savepoint in one. It is a connection to the functions that run in it.
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
pub struct Transaction<'c> {
    connection: Held<'c>,
    /// 0 for the transaction itself, more for savepoints.
    depth: u32,
    is_open: bool,
}

enum Held<'c> {
    Own(Connection),
    Borrowed(&'c mut Connection),
}

impl Transaction<'static> {
    pub(crate) async fn on(connection: Connection) -> Result<Self, Error> {
        let transaction = Self { connection: Held::Own(connection), depth: 0, is_open: true };
        transaction.open().await
    }
}

impl<'c> Transaction<'c> {
    pub(crate) async fn within(connection: &'c mut Connection, depth: u32) -> Result<Self, Error> {
        let transaction = Self { connection: Held::Borrowed(connection), depth, is_open: true };
        transaction.open().await
    }

    /// Begins a nested transaction, a savepoint.
    ///
    /// # Errors
    /// The server refuses, as it does after a statement has failed.
    pub async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        let depth = self.depth + 1;
        let connection = match &mut self.connection {
            Held::Own(connection) => connection,
            Held::Borrowed(connection) => connection,
        };
        Transaction::within(connection, depth).await
    }

    /// Runs `work` in a nested transaction: what it did is undone if it returns `Err`, and the outer one goes on.
    ///
    /// # Errors
    /// What `work` returns, or what goes wrong at the beginning or the end.
    pub async fn transaction<T, E, F>(&mut self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Transaction<'_>) -> Result<T, E>,
        E: From<Error>,
    {
        let mut transaction = self.begin().await?;
        let outcome = work(&mut transaction).await;
        transaction.end(outcome).await
    }

    /// Makes what was done permanent, or part of the outer transaction.
    ///
    /// # Errors
    /// A statement in it has failed, though its error may have been passed over: the server would answer COMMIT with
    /// ROLLBACK, and everything is undone. Or a deferred constraint is violated, or the connection is gone, in which case
    /// nobody knows whether it was committed.
    pub async fn commit(mut self) -> Result<(), Error> {
        let outcome = self.send(&self.commit_sql()).await;
        match outcome {
            Ok(()) => {
                self.is_open = false;
                Ok(())
            }
            Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
                Err(Error::because(Kind::RolledBack, error))
            }
            // The transaction is over: a COMMIT that fails rolls back.
            Err(error) => Err(Error::server(error)),
        }
    }

    /// Undoes what was done. Dropping it does the same without waiting.
    ///
    /// # Errors
    /// The connection is gone, and with it all that was done.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.send(&self.rollback_sql()).await.map_err(Error::server)?;
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

    async fn open(self) -> Result<Self, Error> {
        let sql = match self.depth {
            0 => "BEGIN".to_owned(),
            depth => format!("SAVEPOINT bindery_{depth}"),
        };
        self.send(&sql).await.map_err(Error::server)?;
        Ok(self)
    }

    /// In a transaction in which a statement has failed, COMMIT answers ROLLBACK and no error; a query before it in the
    /// same message does raise one, and COMMIT is then not run. RELEASE raises one by itself.
    fn commit_sql(&self) -> String {
        match self.depth {
            0 => "SELECT; COMMIT".to_owned(),
            depth => format!("RELEASE SAVEPOINT bindery_{depth}"),
        }
    }

    fn rollback_sql(&self) -> String {
        match self.depth {
            0 => "ROLLBACK".to_owned(),
            depth => format!("ROLLBACK TO SAVEPOINT bindery_{depth}; RELEASE SAVEPOINT bindery_{depth}"),
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.connection {
            Held::Own(connection) => connection,
            Held::Borrowed(connection) => connection,
        }
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.session().send_rollback(&self.rollback_sql());
        }
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("depth", &self.depth).finish_non_exhaustive()
    }
}
