//! The client: a pool of connections that works, or an error.

use std::fmt;
use std::future::Future;
use std::ops::AsyncFnOnce;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future;

use crate::config::Config;
use crate::connection::Connection;
use crate::error::Error;
use crate::maintain::maintain;
use crate::pool::Pool;
use crate::replicas::{self, ReadRule, Reads};
use crate::stats::Stats;
use crate::transaction::{Transaction, TransactionBuilder};
use crate::value::lsn::PgLsn;
use crate::verify::{self, Drifts, Queries};

/// A pool of connections to one database. Clones are cheap and share it.
#[derive(Clone)]
pub struct DatabaseClient {
    pool: Arc<Pool>,
    reads: Option<Reads>,
}

impl DatabaseClient {
    /// Connects, makes a round trip, and only then hands out a client.
    ///
    /// # Errors
    /// The server says why it does not let us in, or its host is not known: at once, in its own words. What may heal, such
    /// as a server that is starting or whose port is closed, is tried again until
    /// [`connection_timeout`](Config::connection_timeout) is up, and is then the error.
    pub async fn create(config: Config) -> Result<Self, Error> {
        let replicas = config.replicas.clone();
        let pool = open(config).await?;
        let reads = match replicas {
            None => None,
            Some(replicas) => Some(Reads { replicas: open(*replicas).await?, rule: ReadRule::Always }),
        };
        Ok(Self { pool, reads })
    }

    /// Takes a connection from the pool, or makes one; it goes back when it is dropped.
    ///
    /// Callers are served in the order in which they asked. A connection that came back clean costs no round trip more than
    /// its queries.
    ///
    /// # Errors
    /// None became free within [`connection_timeout`](Config::connection_timeout)
    /// ([`is_pool_timeout`](Error::is_pool_timeout)), too many wait already ([`is_pool_full`](Error::is_pool_full)), the
    /// client was closed ([`is_pool_closed`](Error::is_pool_closed)), or one was to be made and cannot be
    /// ([`is_connection`](Error::is_connection)).
    pub fn connection(&self) -> impl Future<Output = Result<Connection, Error>> + Send {
        self.connection_within(self.pool.config.pool.connection_timeout)
    }

    /// As [`connection`](Self::connection), with a time for this call.
    ///
    /// # Errors
    /// As there.
    pub async fn connection_within(&self, timeout: Duration) -> Result<Connection, Error> {
        self.pool.connection(timeout).await
    }

    /// A connection for a query that only reads: to a replica if [`Config::replicas`] names any and one will do, else as
    /// [`connection`](Self::connection). The methods of query structs use it for the queries that PostgreSQL's analysis
    /// shows to read only.
    ///
    /// # Errors
    /// As `connection`. A replica that cannot be reached is none: the primary answers.
    pub async fn read_connection(&self) -> Result<Connection, Error> {
        let within = self.pool.config.pool.connection_timeout;
        if let Some(reads) = &self.reads
            && let Some(conn) = reads.connection(within).await?
        {
            return Ok(conn);
        }
        self.connection_within(within).await
    }

    /// This client without its replicas: for reads that have to see what was just written.
    #[must_use]
    pub fn primary(&self) -> Self {
        self.with_reads(ReadRule::Never)
    }

    /// The primary's place in its log, for [`reading_after`](Self::reading_after).
    ///
    /// # Errors
    /// As [`connection`](Self::connection).
    pub async fn position(&self) -> Result<PgLsn, Error> {
        replicas::position(&self.connection().await?).await
    }

    /// This client with reads on replicas that have replayed the log up to `position`; the primary answers where they have
    /// not. Each read asks the replica first, which costs a round trip.
    ///
    /// ```no_run
    /// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
    /// // something was written
    /// let written = client.position().await?;
    /// // also in another request, to which the position was handed
    /// let up_to_date = client.reading_after(written);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn reading_after(&self, position: PgLsn) -> Self {
        self.with_reads(ReadRule::After(position))
    }

    fn with_reads(&self, rule: ReadRule) -> Self {
        let reads = self.reads.as_ref().map(|reads| Reads { replicas: reads.replicas.clone(), rule });
        Self { pool: self.pool.clone(), reads }
    }

    /// The settings and the state of a transaction's beginning: `client.build_transaction().read_only().begin()`.
    pub fn build_transaction(&self) -> TransactionBuilder<'_> {
        TransactionBuilder::new(self)
    }

    /// How the primary's connections are made.
    pub(crate) fn config(&self) -> &Config {
        &self.pool.config
    }

    /// What the pool of replicas holds, if there is one: see [`stats`](Self::stats).
    pub fn replica_stats(&self) -> Option<Stats> {
        self.reads.as_ref().map(|reads| reads.replicas.stats())
    }

    /// What the pool holds now and has counted since it was made.
    pub fn stats(&self) -> Stats {
        self.pool.stats()
    }

    /// Replaces every connection, idle ones when they would be used next and others when they are given back: after the
    /// schema, a role or a password has changed.
    pub fn drain(&self) {
        self.pool.drain();
        if let Some(reads) = &self.reads {
            reads.replicas.drain();
        }
    }

    /// Hands out no more connections, and waits for those in use to come back. Callers that wait are told at once.
    ///
    /// # Errors
    /// Some are still in use when the time is up. They are closed as they come back.
    pub async fn close(&self, timeout: Duration) -> Result<(), Error> {
        match &self.reads {
            None => self.pool.close(timeout).await,
            Some(reads) => {
                let both = future::join(self.pool.close(timeout), reads.replicas.close(timeout)).await;
                both.0.and(both.1)
            }
        }
    }

    /// Whether [`close`](Self::close) was called.
    pub fn is_closed(&self) -> bool {
        self.pool.state.is_closed()
    }

    /// Prepares all `queries` on a connection, which shows those that the database refuses, and has the first calls save
    /// that round trip. In [`Config::on_connect`] it does so for every connection:
    /// `config.on_connect(|conn| Box::pin(conn.prepare(&db::QUERIES)))`.
    ///
    /// # Errors
    /// The first query that cannot be prepared, or that has changed.
    pub async fn warm_up(&self, queries: &'static Queries) -> Result<(), Error> {
        self.connection().await?.prepare(queries).await
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
        self.build_transaction().run(work).await
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
    /// #         migration_table: "goose_db_version",
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
        let conn = self.connection().await?;
        let session = conn.session();
        session.run(verify::verify(session, queries)).await
    }
}

/// A pool that works, and is looked after.
async fn open(config: Config) -> Result<Arc<Pool>, Error> {
    let idle_timeout = config.pool.idle_timeout;
    let pool = Arc::new(Pool::new(config));
    pool.open().await?;
    tokio::spawn(maintain(Arc::downgrade(&pool), idle_timeout));
    Ok(pool)
}

impl fmt::Debug for DatabaseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseClient").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
