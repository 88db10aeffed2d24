//! A server connection with what is known of its state.

use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio_postgres::{Client, NoTls, Statement};

use crate::error::{Error, Kind};
use crate::query::Query;
use crate::type_name::type_name;

/// A connection as the pool keeps it.
pub(crate) struct Session {
    pub client: Client,
    /// Prepared statements by the address of their query: one Parse a query and connection.
    statements: Mutex<HashMap<usize, Statement>>,
    /// A call was dropped before its answer came: nobody knows what the server is doing.
    abandoned: AtomicBool,
    /// A transaction was dropped: its ROLLBACK is on its way.
    rolling_back: AtomicBool,
}

impl Session {
    pub fn new(client: Client) -> Self {
        let statements = Mutex::default();
        Self { client, statements, abandoned: AtomicBool::new(false), rolling_back: AtomicBool::new(false) }
    }

    /// The query's statement on this connection, prepared and compared with what was generated if it is the first time.
    pub async fn statement(&self, query: &'static Query) -> Result<Statement, Error> {
        let key = ptr::from_ref(query).addr();
        if let Some(statement) = self.statements().get(&key) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(query.sql).await.map_err(Error::server)?;
        if let Some(difference) = drift(query, &statement) {
            return Err(Error::new(Kind::SchemaDrift(difference)));
        }
        self.statements().insert(key, statement.clone());
        Ok(statement)
    }

    /// Forgets a statement whose plan the server can no longer use, so that the next call prepares it anew.
    pub fn forget(&self, query: &'static Query) {
        self.statements().remove(&ptr::from_ref(query).addr());
    }

    /// Marks a call as under way; unless it is told that the call has ended, the connection is given up.
    pub fn call(&self) -> Call<'_> {
        Call { session: self, ended: false }
    }

    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Sends `sql` without waiting for the answer: requests are answered in order, so whatever is sent next finds it
    /// done.
    pub fn send_rollback(&self, sql: &str) {
        self.rolling_back.store(true, Ordering::Relaxed);
        let _ = self.client.batch_execute(sql).now_or_never();
    }

    /// Whether a transaction was dropped since the last time this was asked.
    pub fn take_rolling_back(&self) -> bool {
        self.rolling_back.swap(false, Ordering::Relaxed)
    }

    fn statements(&self) -> MutexGuard<'_, HashMap<usize, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
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
        if self.ended {
            return;
        }
        self.session.abandoned.store(true, Ordering::Relaxed);
        // The connection is never used again, so the cancellation can hit nothing else.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let token = self.session.client.cancel_token();
            runtime.spawn(async move { token.cancel_query(NoTls).await });
        }
    }
}

/// How the server's statement differs from the generated one, if it does.
fn drift(query: &Query, statement: &Statement) -> Option<String> {
    let params: Vec<String> = statement.params().iter().map(type_name).collect();
    if params != query.params {
        return Some(format!("parameters were {}, are {}", query.params.join(", "), params.join(", ")));
    }
    if query.columns.is_empty() {
        return None;
    }
    let columns = statement.columns().iter();
    let found: Vec<String> = columns.map(|column| shown(column.name(), &type_name(column.type_()))).collect();
    let expected: Vec<String> = query.columns.iter().map(|(name, ty)| shown(name, ty)).collect();
    let first = expected.iter().zip(&found).find(|(expected, found)| expected != found);
    match first {
        Some((expected, found)) => Some(format!("column was {expected}, is {found}")),
        None if found.len() != expected.len() => {
            Some(format!("there were {} columns, there are {}", expected.len(), found.len()))
        }
        None => None,
    }
}

fn shown(name: &str, ty: &str) -> String {
    format!("{name} {ty}")
}
