//! A server connection with what is known of its state.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::{FutureExt, TryStreamExt};
use tokio_postgres::types::BorrowToSql;
use tokio_postgres::{Client, RowStream, Statement};

use crate::clean;
use crate::config::{PoolConfig, PreparedStatements};
use crate::connect::{Canceller, Connected};
use crate::driver::{Call, Driver};
use crate::error::{Error, Kind};
use crate::lex::first_word;
use crate::query::{Query, Source};
use crate::row::Row;
use crate::statements::{Key, Prepared, Statements};
use crate::verify::{self, Drift};

/// A connection as the pool keeps it.
pub(crate) struct Session {
    // Goes before the driver, which then says goodbye to the server.
    pub client: Client,
    pub driver: Arc<Driver>,
    pub canceller: Canceller,
    statements: Statements,
    prepared: PreparedStatements,
    describing: tokio::sync::Mutex<()>,
    /// Which of the pool's generations it belongs to.
    pub generation: u64,
    /// When it is too old to be used again.
    pub expires: Option<Instant>,
    /// When it was last given back.
    pub idle_since: Instant,
    /// A transaction is open, or may be.
    in_transaction: AtomicBool,
    /// A statement may have changed what the next user of the connection would meet.
    altered: AtomicBool,
    /// Nobody should use it again.
    unfit: AtomicBool,
    /// The server could not fit a transaction in with others.
    collided: Arc<AtomicBool>,
    /// It was seen at check-out that it has not ended, and there was no call since.
    looked_at: AtomicBool,
}

/// Whether the server could not fit the transaction in with others since this was made.
pub(crate) struct Collisions(Arc<AtomicBool>);

impl Collisions {
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Session {
    pub fn new(connected: Connected, config: &PoolConfig, generation: u64) -> Self {
        Self {
            client: connected.client,
            driver: Driver::new(connected.connection),
            canceller: connected.canceller,
            statements: Statements::new(config.max_statements),
            prepared: config.prepared_statements,
            describing: tokio::sync::Mutex::default(),
            generation,
            expires: config.lifetime().map(|lifetime| Instant::now() + lifetime),
            idle_since: Instant::now(),
            in_transaction: AtomicBool::new(false),
            altered: AtomicBool::new(false),
            unfit: AtomicBool::new(false),
            collided: Arc::default(),
            looked_at: AtomicBool::new(false),
        }
    }

    /// Does what talks to the server, and moves the bytes meanwhile. A call that is dropped before its end leaves the
    /// session abandoned.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        if self.driver.is_abandoned() && self.driver.is_quiet() {
            // What was dropped before must not keep this one waiting.
            match clean::stop(self).await {
                Ok(()) => self.driver.recovered(),
                Err(_) => self.mark_unfit(),
            }
        }
        self.driver.run(work).await
    }

    /// Sends `sql` without waiting for the answer: requests are answered in order, so whatever is sent next finds it done.
    pub fn send_ahead(&self, sql: &str) {
        let _ = self.client.batch_execute(sql).now_or_never();
    }

    /// Takes note of an error: that the connection ends, or that a transaction may be run again.
    pub fn note(&self, error: &Error) {
        if error.ends_connection() {
            self.mark_unfit();
        }
        if error.is_serialization_failure() {
            self.collided.store(true, Ordering::Release);
        }
    }

    /// Watches for such errors from now on.
    pub fn collisions(&self) -> Collisions {
        self.collided.store(false, Ordering::Release);
        Collisions(self.collided.clone())
    }

    /// Marks a call as under way that [`Call::poll`] goes on with.
    pub fn call(&self) -> Call {
        self.driver.call()
    }

    /// The statement of what a call runs.
    pub async fn statement_for(&self, source: Source<'_>) -> Result<Statement, Error> {
        match source {
            Source::Query(query) => self.statement(query).await,
            Source::Text(sql) => self.statement_of(sql).await,
        }
    }

    /// The query's statement on this connection, prepared and compared with what was generated if it is the first time.
    pub async fn statement(&self, query: &'static Query) -> Result<Statement, Error> {
        let cell = self.statements.cell(Key::from(Source::from(query)));
        let prepared = match cell.get() {
            Some(prepared) => prepared,
            None => cell.get_or_try_init(|| self.prepare_query(query)).await?,
        };
        if prepared.alters {
            self.mark_altered();
        }
        Ok(prepared.statement.clone())
    }

    /// The statement of a text from outside the query files, which may alter the session.
    pub async fn statement_of(&self, sql: &str) -> Result<Statement, Error> {
        self.mark_altered();
        let cell = self.statements.cell(Key::from(Source::Text(sql)));
        let prepare = async || Ok(Prepared { statement: self.prepare(sql).await?, alters: true });
        let prepared: Result<_, Error> = cell.get_or_try_init(prepare).await;
        prepared.map(|prepared| prepared.statement.clone())
    }

    /// Sends a statement with its parameters.
    pub async fn start<P, I>(&self, sql: &str, statement: &Statement, params: I) -> Result<RowStream, Error>
    where
        P: BorrowToSql,
        I: IntoIterator<Item = P, IntoIter: ExactSizeIterator>,
    {
        let rows = match self.prepared {
            PreparedStatements::Named => self.client.query_raw(statement, params).await,
            PreparedStatements::Unnamed => {
                let typed = params.into_iter().zip(statement.params().iter().cloned());
                self.client.query_typed_raw(sql, typed).await
            }
        };
        rows.map_err(|error| self.server_error(error))
    }

    /// Decodes the first rows as they arrive. All are read, even after one that cannot be, so that the connection comes back
    /// idle.
    pub async fn collect<T>(
        &self,
        mut rows: Pin<&mut RowStream>,
        decode: fn(&Row) -> Result<T, Error>,
        at_most: usize,
    ) -> Result<Vec<T>, Error> {
        let mut decoded = Ok(Vec::new());
        while let Some(row) = rows.try_next().await.map_err(|error| self.server_error(error))? {
            let Ok(values) = &mut decoded else { continue };
            if values.len() == at_most {
                continue;
            }
            match decode(&Row::new(row)) {
                Ok(value) => values.push(value),
                Err(error) => decoded = Err(error),
            }
        }
        decoded
    }

    /// What the server, or the connection's end, has to say.
    pub fn server_error(&self, error: tokio_postgres::Error) -> Error {
        // The driver only says that the connection is closed.
        match self.driver.end_reason().filter(|_| error.is_closed()) {
            Some(reason) => Error::because(Kind::Server, reason),
            None => Error::server(error),
        }
    }

    /// As [`look`](Self::look) at check-out, so that the call that comes next need not look again.
    pub fn look_ahead(&self) -> Result<(), Error> {
        self.look()?;
        self.looked_at.store(true, Ordering::Release);
        Ok(())
    }

    /// As [`look`](Self::look) before a call, unless that was done at check-out.
    pub fn look_once(&self) -> Result<(), Error> {
        match self.looked_at.swap(false, Ordering::AcqRel) {
            true => Ok(()),
            false => self.look(),
        }
    }

    /// Makes sure that the connection has not ended already, as far as this side can know.
    fn look(&self) -> Result<(), Error> {
        if self.driver.is_quiet() {
            self.driver.look();
        }
        match self.driver.has_ended() {
            true => Err(match self.driver.end_reason() {
                Some(reason) => Error::because(Kind::ConnectionEnded, reason),
                None => Error::new(Kind::ConnectionEnded),
            }),
            false => Ok(()),
        }
    }

    /// Forgets a statement whose plan the server can no longer use, so that the next call prepares it anew.
    pub fn forget(&self, source: Source<'_>) {
        self.statements.forget(&Key::from(source));
        // Types may have changed with the table.
        self.client.clear_type_cache();
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.in_transaction.load(Ordering::Acquire)
    }

    pub fn set_in_transaction(&self, is_open: bool) {
        self.in_transaction.store(is_open, Ordering::Release);
    }

    /// Something may have been changed that outlives the call: the pool resets the session before it is used again.
    pub fn mark_altered(&self) {
        self.altered.store(true, Ordering::Release);
    }

    pub fn is_altered(&self) -> bool {
        self.altered.load(Ordering::Acquire)
    }

    /// The session is as a new one.
    pub fn mark_clean(&self) {
        self.driver.recovered();
        self.set_in_transaction(false);
        self.altered.store(false, Ordering::Release);
    }

    /// Nobody should use it again.
    pub fn mark_unfit(&self) {
        self.unfit.store(true, Ordering::Release);
    }

    /// Whether the next user would meet what the last one has left.
    pub fn is_unclean(&self) -> bool {
        self.driver.is_abandoned() || self.in_transaction() || self.is_altered()
    }

    /// Whether it cannot be used again.
    pub fn is_unfit(&self) -> bool {
        self.unfit.load(Ordering::Acquire) || self.is_unclean()
    }

    async fn prepare_query(&self, query: &Query) -> Result<Prepared, Error> {
        let statement = self.prepare(query.sql).await?;
        let differences = verify::differences(query, &statement);
        if differences.is_empty() {
            return Ok(Prepared { statement, alters: outlives_its_call(query.sql) });
        }
        let differences: Vec<String> = differences.iter().map(Drift::difference).collect();
        Err(Error::new(Kind::SchemaDrift(differences.join("; "))))
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        // One that is dropped before its answer leaves a statement on the server that nobody closes.
        let unfinished = Unfinished(self);
        let statement = match self.prepared {
            PreparedStatements::Named => self.client.prepare(sql).await,
            PreparedStatements::Unnamed => self.describe(sql).await,
        };
        std::mem::forget(unfinished);
        statement.map_err(|error| self.server_error(error))
    }

    /// The types of a statement that is not kept, as where another server connection may serve the next transaction.
    ///
    /// The driver looks types up with named statements of its own, so none of them may stay behind.
    async fn describe(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let _one_at_a_time = self.describing.lock().await;
        if self.in_transaction() {
            let statement = self.client.prepare(sql).await?;
            self.client.batch_execute("DEALLOCATE ALL").await?;
            return Ok(statement);
        }
        self.client.batch_execute("BEGIN").await?;
        let statement = self.client.prepare(sql).await;
        let end = if statement.is_ok() { "DEALLOCATE ALL; COMMIT" } else { "ROLLBACK; DEALLOCATE ALL" };
        self.client.batch_execute(end).await?;
        statement
    }
}

struct Unfinished<'s>(&'s Session);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.mark_unfit();
    }
}

/// Whether a statement is one of those that are about the session, such as `BEGIN` or `SET`. Functions that do the same,
/// such as `set_config` or `pg_advisory_lock`, cannot be seen here.
fn outlives_its_call(sql: &str) -> bool {
    const WORDS: [&str; 12] = [
        "ABORT",
        "BEGIN",
        "COMMIT",
        "DEALLOCATE",
        "DECLARE",
        "DISCARD",
        "END",
        "LISTEN",
        "PREPARE",
        "ROLLBACK",
        "SET",
        "START",
    ];
    let word = first_word(sql);
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_about_the_session_are_told_from_others() {
        for sql in [
            "BEGIN",
            "/* why */ SET a = 1",
            "-- why\n  set search_path = a",
            "start transaction",
            "LISTEN a;",
        ] {
            assert!(outlives_its_call(sql), "{sql}");
        }
        for sql in ["SELECT 1", "", "-- SET\nDELETE FROM t", "SETTLE", "UPDATE t SET a = 1"] {
            assert!(!outlives_its_call(sql), "{sql}");
        }
    }
}
