//! The client: a pool of connections that works, or an error.

use std::fmt;
use std::ops::AsyncFnOnce;

use bb8::{ManageConnection, Pool, RunError};

use crate::config::Config;
use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::manager::{LastError, Manager};
use crate::session::Session;
use crate::transaction::Transaction;

/// A pool of connections to one database. Clones are cheap and share it.
#[derive(Clone)]
pub struct DatabaseClient {
    pool: Pool<Manager>,
    last_error: LastError,
}

impl DatabaseClient {
    /// Connects, makes a round trip, and only then hands out a client.
    ///
    /// # Errors
    /// The server cannot be reached, or says why it does not let us in: at once and in its own words, not after a pool's
    /// time-out.
    pub async fn create(config: Config) -> Result<Self, Error> {
        let last_error = LastError::default();
        let manager = Manager::new(config.postgres, last_error.clone());
        // The pool would retry, and hide why it cannot connect until its time is up.
        let first = tokio::time::timeout(config.connection_timeout, connect(&manager)).await;
        let session = first.map_err(|_| Error::new(Kind::ConnectTimeout))??;
        let pool = Pool::builder()
            .max_size(config.max_connections)
            .connection_timeout(config.connection_timeout)
            .build_unchecked(manager);
        // A new pool has room; if it had none, the connection would only be closed.
        let _ = pool.add(session);
        Ok(Self { pool, last_error })
    }

    /// Takes a connection from the pool, or makes one; it goes back when it is dropped.
    ///
    /// One that came back clean costs no round trip more than its queries.
    ///
    /// # Errors
    /// None became free within the time that the configuration allows; the error holds why the last attempt to make one
    /// failed.
    pub async fn connection(&self) -> Result<Connection, Error> {
        match self.pool.get_owned().await {
            Ok(session) => Ok(Connection::new(session)),
            Err(RunError::User(error)) => Err(Error::because(Kind::Connect, error)),
            Err(RunError::TimedOut) => Err(match self.last_error.get() {
                Some(error) => Error::because(Kind::PoolTimeout, error),
                None => Error::new(Kind::PoolTimeout),
            }),
        }
    }

    /// Begins a transaction on a connection of its own.
    ///
    /// # Errors
    /// As [`connection`](Self::connection), and if the server refuses.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        self.connection().await?.begin().await
    }

    /// Runs `work` in a transaction: commits if it returns `Ok`, rolls back if it returns `Err`, panics or is dropped.
    ///
    /// ```no_run
    /// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
    /// client
    ///     .transaction(async |tx| {
    ///         // generated functions take `tx`
    ///         tx.transaction(async |_savepoint| Ok::<_, bindery::Error>(())).await
    ///     })
    ///     .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `work` returns, or what goes wrong at the beginning or the end.
    pub async fn transaction<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E>,
        E: From<Error>,
    {
        let mut transaction = self.begin().await?;
        let outcome = work(&mut transaction).await;
        transaction.end(outcome).await
    }
}

/// Makes a connection and a round trip on it.
async fn connect(manager: &Manager) -> Result<Session, Error> {
    let session = manager.connect().await.map_err(|error| Error::because(Kind::Connect, error))?;
    let answer = session.client.simple_query("SELECT 1").await;
    answer.map_err(|error| Error::because(Kind::Connect, error))?;
    Ok(session)
}

impl fmt::Debug for DatabaseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseClient").field("pool", &self.pool.state()).finish_non_exhaustive()
    }
}
