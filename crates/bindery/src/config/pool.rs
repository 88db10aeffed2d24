//! The settings of the pool.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use super::Config;
use super::hooks::Hooks;

/// How many connections there are, how long they live, and who waits for them.
#[derive(Clone, Debug)]
pub(crate) struct PoolConfig {
    pub max_connections: u32,
    pub min_connections: u32,
    pub connection_timeout: Duration,
    pub max_waiting: Option<u32>,
    pub max_lifetime: Option<Duration>,
    pub idle_timeout: Option<Duration>,
    pub check_after_idle: Duration,
    pub call_timeout: Option<Duration>,
    pub max_statements: usize,
    pub prepared_statements: PreparedStatements,
    pub hooks: Hooks,
}

/// Whether the server keeps prepared statements between calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreparedStatements {
    /// Each is prepared once a connection. For a server, for PgBouncer in session mode, and for PgBouncer 1.21 and later in
    /// transaction mode with `max_prepared_statements` set.
    #[default]
    Named,
    /// Each is sent with each call, which costs the server its parsing and planning but no round trip. For poolers that
    /// give each transaction another server connection and know nothing of prepared statements, such as an older PgBouncer
    /// in transaction mode.
    Unnamed,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            connection_timeout: Duration::from_secs(30),
            max_waiting: None,
            max_lifetime: Some(Duration::from_secs(60 * 60)),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            check_after_idle: Duration::from_secs(30),
            call_timeout: None,
            max_statements: 1_000,
            prepared_statements: PreparedStatements::Named,
            hooks: Hooks::default(),
        }
    }
}

impl PoolConfig {
    /// How long the next connection may live: 5 to 10 % less than the longest, so that not all end at once.
    pub fn lifetime(&self) -> Option<Duration> {
        let longest = self.max_lifetime?;
        Some(longest - jitter(longest / 10))
    }
}

/// A time between half of it and all, by chance.
pub(crate) fn jitter(time: Duration) -> Duration {
    time / 2 + time / 2 * u32::try_from(random_below(1_000)).unwrap_or(0) / 1_000
}

/// A number by chance, for what is to be spread and not for secrets.
pub(crate) fn random_below(end: usize) -> usize {
    // A new hasher has new random keys.
    let random = RandomState::new().build_hasher().finish();
    usize::try_from(random % end as u64).unwrap_or(0)
}

impl Config {
    /// The most connections that are open at a time. The default is 10.
    ///
    /// # Panics
    /// It is 0.
    #[must_use]
    pub fn max_connections(mut self, count: u32) -> Self {
        assert!(count > 0, "a pool of no connections serves nobody");
        self.pool.max_connections = count;
        self
    }

    /// How many connections are kept open, in use or idle, though nobody needs them. The default is 0;
    /// [`DatabaseClient::create`](crate::DatabaseClient::create) opens one in any case.
    #[must_use]
    pub fn min_connections(mut self, count: u32) -> Self {
        self.pool.min_connections = count;
        self
    }

    /// How long a call waits for a connection, and how long [`DatabaseClient::create`](crate::DatabaseClient::create)
    /// tries to make the first one. The default is 30 seconds.
    #[must_use]
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.pool.connection_timeout = timeout;
        self
    }

    /// How many calls may wait for a connection; further ones fail at once. The default is no limit.
    #[must_use]
    pub fn max_waiting(mut self, calls: u32) -> Self {
        self.pool.max_waiting = Some(calls);
        self
    }

    /// How long a connection is used before a new one takes its place, less 5 to 10 % by chance so that not all end at
    /// once. It ends when it is given back, or while it is idle. The default is an hour; `None` is no limit.
    #[must_use]
    pub fn max_lifetime(mut self, lifetime: Option<Duration>) -> Self {
        self.pool.max_lifetime = lifetime;
        self
    }

    /// Connections that were not needed for this time are closed, down to
    /// [`min_connections`](Self::min_connections). The default is 10 minutes; `None` keeps them.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.pool.idle_timeout = timeout;
        self
    }

    /// A connection that was idle for this time is tried before it is handed out, which costs a round trip. The default is
    /// 30 seconds. One that the server has closed is found without, at any time.
    #[must_use]
    pub fn check_after_idle(mut self, time: Duration) -> Self {
        self.pool.check_after_idle = time;
        self
    }

    /// How long one call may take on the server; then it is cancelled there, and is an error. The default is no limit.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.pool.call_timeout = Some(timeout);
        self
    }

    /// How many prepared statements a connection keeps. The default is 1,000.
    ///
    /// # Panics
    /// It is 0.
    #[must_use]
    pub fn max_statements(mut self, count: usize) -> Self {
        assert!(count > 0, "a statement is kept at least for its call");
        self.pool.max_statements = count;
        self
    }

    /// Whether the server keeps prepared statements between calls. The default is that it does.
    #[must_use]
    pub fn prepared_statements(mut self, prepared: PreparedStatements) -> Self {
        self.pool.prepared_statements = prepared;
        self
    }
}
