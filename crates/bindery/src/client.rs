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
use crate::verify::{self, Drifts, Queries};

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
        let first = tokio::time::timeout(config.pool.connection_timeout, connect(&manager)).await;
        let session = first.map_err(|_| Error::new(Kind::ConnectTimeout))??;
        let pool = Pool::builder()
            .max_size(config.pool.max_connections)
            .connection_timeout(config.pool.connection_timeout)
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

    /// Compares the database with the schema that `queries` were generated for: at start-up, or in a health check.
    ///
    /// Generated modules have them as `QUERIES`. All are asked about in one pass on one connection; nothing is run or
    /// written, so that a role that may only read can do it.
    ///
    /// ```no_run
    /// # mod db {
    /// #     pub static COUNT_CARS: bindery::Query = bindery::Query {
    /// #         name: "CountCars", file: "queries/cars.sql", sql: "SELECT count(*) FROM cars",
    /// #         params: &[], columns: &[("count", "int8")] };
    /// #     pub static QUERIES: bindery::Queries = bindery::Queries {
    /// #         queries: &[&COUNT_CARS],
    /// #         relations: &[bindery::LockedRelation { name: "public.cars", not_null: &["id", "plate"] }],
    /// #         enums: &[bindery::LockedEnum { name: "public.fuel", labels: &["petrol", "electric"] }],
    /// #         composites: &[bindery::LockedComposite {
    /// #             name: "public.address", attributes: &[("street", "text"), ("town", "text")] }],
    /// #         domains: &[bindery::LockedDomain {
    /// #             name: "public.plate", base: "text", checks: &["CHECK ((VALUE <> ''::text))"] }],
    /// #         migrations: &[1, 2],
    /// #     };
    /// # }
    /// use bindery::DriftKind;
    ///
    /// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
    /// let drifts = client.verify(&db::QUERIES).await?;
    /// for drift in &drifts {
    ///     eprintln!("{drift}"); // table `public.cars`: column `plate` is no longer NOT NULL
    /// }
    /// // One error of all, to end with. While this program runs a newer one may migrate the database.
    /// drifts.without(DriftKind::MigrationUnknown).into_result()
    /// # }
    /// ```
    ///
    /// It sees columns that are gone, new or of another type; NOT NULL; labels of enums; attributes of composite types;
    /// base and CHECK constraints of domains; parameters of another type; tables that hide another on the `search_path`;
    /// statements that the server refuses, or does not let this role run; and migrations that either side does not know.
    ///
    /// It does not see what only shows in the analysis at build time, which `cargo bindery drift` repeats on the live
    /// database: that an expression, or a column of a view or function that was redefined, can be NULL or can have more
    /// rows than before; unique keys and CHECK constraints of tables; the NOT NULL of a domain; precision and scale of a
    /// `numeric`; what a function does. Before PostgreSQL 16 privileges may be missed that a statement needs only where a
    /// parameter is not NULL.
    ///
    /// # Errors
    /// The database could not be asked: there is no connection, or the server had no time, memory or lock for it. What
    /// differs is no error; [`Drifts::into_result`] makes it one.
    pub async fn verify(&self, queries: &Queries) -> Result<Drifts, Error> {
        let connection = self.connection().await?;
        let call = connection.session().call();
        let outcome = verify::verify(connection.session(), queries).await;
        call.end();
        outcome
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
