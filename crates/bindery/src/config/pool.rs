//! The settings of the pool.

use std::time::Duration;

use super::Config;

/// How many connections there are, and how long they live.
#[derive(Clone, Debug)]
pub(crate) struct PoolConfig {
    pub max_connections: u32,
    pub connection_timeout: Duration,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self { max_connections: 10, connection_timeout: Duration::from_secs(30) }
    }
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

    /// How long a call waits for a connection to become free. The default is 30 seconds.
    #[must_use]
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.pool.connection_timeout = timeout;
        self
    }
}
