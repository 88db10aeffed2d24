//! What the pool does with connections: bb8-postgres makes them, this module keeps them clean.

use std::sync::{Arc, Mutex, PoisonError};

use bb8::ManageConnection;
use bb8_postgres::PostgresConnectionManager;
use tokio_postgres::NoTls;

use crate::session::Session;

/// Wraps bb8-postgres' manager, and adds the statement table and the state of each connection.
pub(crate) struct Manager {
    inner: PostgresConnectionManager<NoTls>,
    last_error: LastError,
}

/// Why the last attempt to connect failed; bb8 only tells that time ran out.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastError(Arc<Mutex<Option<String>>>);

impl LastError {
    pub fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, error: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

impl Manager {
    pub fn new(config: tokio_postgres::Config, last_error: LastError) -> Self {
        Self { inner: PostgresConnectionManager::new(config, NoTls), last_error }
    }
}

impl ManageConnection for Manager {
    type Connection = Session;
    type Error = tokio_postgres::Error;

    async fn connect(&self) -> Result<Session, tokio_postgres::Error> {
        let outcome = self.inner.connect().await;
        self.last_error.set(outcome.as_ref().err().map(|error| match error.as_db_error() {
            Some(db_error) => db_error.message().to_owned(),
            None => error.to_string(),
        }));
        outcome.map(Session::new)
    }

    /// Asked at each check-out. A connection that came back clean is believed, without a round trip.
    async fn is_valid(&self, session: &mut Session) -> Result<(), tokio_postgres::Error> {
        if session.take_rolling_back() {
            // The ROLLBACK was sent when the transaction was dropped; this makes sure, at the price of a warning.
            session.client.batch_execute("ROLLBACK").await?;
        }
        Ok(())
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.is_abandoned() || self.inner.has_broken(&mut session.client)
    }
}
