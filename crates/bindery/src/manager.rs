//! What bb8 is told of connections: how they are made, and which of them can be used again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bb8::ManageConnection;
use bb8_postgres::PostgresConnectionManager;
use tokio_postgres::NoTls;

use crate::config::Config;
use crate::connect::connect;
use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::pool::PoolState;
use crate::session::Session;
use crate::telemetry;

/// A check of an idle connection takes no longer; a peer that is slower is given up.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Wraps bb8-postgres' manager, of which it has the check of a connection.
///
/// That manager's `connect` spawns the half that reads and writes, and keeps nothing of it: no task to stop, no reason of
/// its end, no notices, and two trips through the scheduler for each call. So connections are made here.
pub(crate) struct Manager {
    inner: PostgresConnectionManager<NoTls>,
    pub config: Arc<Config>,
    pub state: Arc<PoolState>,
}

impl Manager {
    pub fn new(config: Arc<Config>, state: Arc<PoolState>) -> Self {
        // Nothing is ever connected to by it.
        let inner = PostgresConnectionManager::new(tokio_postgres::Config::new(), NoTls);
        Self { inner, config, state }
    }

    async fn open(&self) -> Result<Box<Session>, Error> {
        let conn = open(&self.config, self.state.generation()).await?;
        Ok(conn.into_own().expect("it was made as such"))
    }

    /// Makes sure that the server still answers.
    async fn check(&self, session: &mut Session) -> Result<(), Error> {
        let driver = session.driver.clone();
        let check = driver.run(self.inner.is_valid(&mut session.client));
        match tokio::time::timeout(CHECK_TIMEOUT, check).await {
            Ok(answer) => answer.map_err(|error| session.server_error(error)),
            Err(_) => Err(Error::new(Kind::ConnectTimeout)),
        }
    }
}

/// Makes a connection that is in no pool, as those of the pool are made.
pub(crate) async fn open(config: &Config, generation: u64) -> Result<Connection, Error> {
    let connected = connect(config).await?;
    let conn = Connection::own(Box::new(Session::new(connected, &config.pool, generation)));
    if let Some(hook) = &config.pool.hooks.connect {
        hook(&conn).await?;
        // What it has set is to stay.
        conn.session().mark_clean();
    }
    Ok(conn)
}

impl ManageConnection for Manager {
    // A box, since the pool moves a connection many times each time that it is taken and given back.
    type Connection = Box<Session>;
    type Error = Error;

    async fn connect(&self) -> Result<Box<Session>, Error> {
        match self.open().await {
            Ok(session) => {
                self.state.connected();
                telemetry::connected();
                Ok(session)
            }
            Err(error) => {
                telemetry::failed_to_connect(&error);
                Err(self.state.failed_to_connect(error, &self.config.pool.hooks))
            }
        }
    }

    /// Asked at each check-out. A connection that came back clean is believed, without a round trip; one that the server
    /// has closed since costs none either.
    async fn is_valid(&self, session: &mut Box<Session>) -> Result<(), Error> {
        session.look_ahead()?;
        if self.state.is_outdated(session) {
            return Err(Error::new(Kind::ConnectionEnded));
        }
        match session.idle_since.elapsed() > self.config.pool.check_after_idle {
            true => self.check(session).await,
            false => Ok(()),
        }
    }

    /// Asked when a connection comes back.
    fn has_broken(&self, session: &mut Box<Session>) -> bool {
        session.idle_since = Instant::now();
        if session.is_unfit() || session.driver.has_ended() {
            self.state.counters.discarded.add(1);
            return true;
        }
        self.state.is_closed()
            || self.state.is_outdated(session)
            || session.expires.is_some_and(|end| end <= session.idle_since)
            || self.inner.has_broken(&mut session.client)
    }
}
