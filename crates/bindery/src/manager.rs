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
pub(crate) struct LastError(Arc<Mutex<Option<Arc<tokio_postgres::Error>>>>);

impl LastError {
    pub fn get(&self) -> Option<Arc<tokio_postgres::Error>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, error: Option<Arc<tokio_postgres::Error>>) {
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
    type Error = Arc<tokio_postgres::Error>;

    async fn connect(&self) -> Result<Session, Arc<tokio_postgres::Error>> {
        let outcome = self.inner.connect().await.map_err(Arc::new);
        self.last_error.set(outcome.as_ref().err().cloned());
        outcome.map(Session::new)
    }

    /// Asked at each check-out. A connection that came back clean is believed, without a round trip; one that the server
    /// has closed since costs none either.
    async fn is_valid(&self, session: &mut Session) -> Result<(), Arc<tokio_postgres::Error>> {
        if session.is_rolling_back() || session.client.is_closed() {
            // Answers come in order: this one comes after that to the ROLLBACK.
            session.client.check_connection().await?;
            session.rolled_back();
        }
        Ok(())
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.is_unfit() || self.inner.has_broken(&mut session.client)
    }
}
