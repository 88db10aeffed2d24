//! A server connection with what is known of its state.

use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, Statement};

use crate::error::{Error, Kind};
use crate::query::Query;
use crate::verify::{self, Drift};

/// A connection as the pool keeps it.
pub(crate) struct Session {
    pub client: Client,
    /// Prepared statements by the address of their query: one Parse a query and connection, also if its first calls run
    /// at the same time.
    statements: Mutex<HashMap<usize, Arc<OnceCell<Statement>>>>,
    /// A call was dropped before its answer came: nobody knows what the server is doing.
    abandoned: AtomicBool,
    /// A statement may have changed what the next user of the connection would meet.
    altered: AtomicBool,
    /// A transaction was dropped: its ROLLBACK is on its way.
    rolling_back: AtomicBool,
}

impl Session {
    pub fn new(client: Client) -> Self {
        Self {
            client,
            statements: Mutex::default(),
            abandoned: AtomicBool::new(false),
            altered: AtomicBool::new(false),
            rolling_back: AtomicBool::new(false),
        }
    }

    /// The query's statement on this connection, prepared and compared with what was generated if it is the first time.
    pub async fn statement(&self, query: &'static Query) -> Result<Statement, Error> {
        let cell = self.statements().entry(ptr::from_ref(query).addr()).or_default().clone();
        cell.get_or_try_init(|| self.prepare(query)).await.cloned()
    }

    /// Forgets a statement whose plan the server can no longer use, so that the next call prepares it anew.
    pub fn forget(&self, query: &'static Query) {
        self.statements().remove(&ptr::from_ref(query).addr());
    }

    /// Marks a call as under way; unless it is told that the call has ended, the pool gives the connection up.
    pub fn call(&self) -> Call<'_> {
        Call { session: self, ended: false }
    }

    /// Whether nobody else should get this connection.
    pub fn is_unfit(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || self.altered.load(Ordering::Relaxed)
    }

    /// Sends a ROLLBACK without waiting for the answer: requests are answered in order, so whatever is sent next finds it
    /// done.
    pub fn send_rollback(&self) {
        self.rolling_back.store(true, Ordering::Relaxed);
        self.send_ahead("ROLLBACK");
    }

    /// Sends `sql` without waiting for the answer. The first poll sends, or finds the connection closed.
    pub fn send_ahead(&self, sql: &str) {
        let _ = self.client.batch_execute(sql).now_or_never();
    }

    /// Whether a transaction was dropped, and nobody has waited for its end yet.
    pub fn is_rolling_back(&self) -> bool {
        self.rolling_back.load(Ordering::Relaxed)
    }

    /// The ROLLBACK has been answered.
    pub fn rolled_back(&self) {
        self.rolling_back.store(false, Ordering::Relaxed);
    }

    async fn prepare(&self, query: &Query) -> Result<Statement, Error> {
        if outlives_its_call(query.sql) {
            self.altered.store(true, Ordering::Relaxed);
        }
        let statement = self.client.prepare(query.sql).await.map_err(Error::server)?;
        let differences = verify::differences(query, &statement);
        if differences.is_empty() {
            return Ok(statement);
        }
        let differences: Vec<String> = differences.iter().map(Drift::difference).collect();
        Err(Error::new(Kind::SchemaDrift(differences.join("; "))))
    }

    fn statements(&self) -> MutexGuard<'_, HashMap<usize, Arc<OnceCell<Statement>>>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    /// Work that nobody waits for is cancelled here and not where its call was dropped: a cancellation hits whatever the
    /// session happens to do when it arrives, and from here on it does nothing else.
    fn drop(&mut self) {
        if !self.abandoned.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let token = self.client.cancel_token();
            runtime.spawn(async move { token.cancel_query(NoTls).await });
        }
    }
}

/// A call under way.
pub(crate) struct Call<'s> {
    session: &'s Session,
    ended: bool,
}

impl Call<'_> {
    /// The answer is there, be it an error.
    pub fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.session.abandoned.store(true, Ordering::Relaxed);
        }
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
    let start = sql.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("--"));
    let word =
        start.unwrap_or_default().split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_about_the_session_are_told_from_others() {
        for sql in ["BEGIN", "-- why\n  set search_path = a", "start transaction", "LISTEN a;"] {
            assert!(outlives_its_call(sql), "{sql}");
        }
        for sql in ["SELECT 1", "", "-- SET\nDELETE FROM t", "SETTLE", "UPDATE t SET a = 1"] {
            assert!(!outlives_its_call(sql), "{sql}");
        }
    }
}
