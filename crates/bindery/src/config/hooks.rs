//! What an application does when a connection is made, handed out or given back.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Config;
use crate::connection::Connection;
use crate::error::Error;
use crate::telemetry::OnQuery;

/// Work on a connection.
pub(crate) type Hook = Arc<dyn for<'c> Fn(&'c Connection) -> BoxFuture<'c, Result<(), Error>> + Send + Sync>;

/// Told of an attempt to connect that failed.
pub(crate) type OnConnectError = Arc<dyn Fn(&Error) + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub connect: Option<Hook>,
    pub check_out: Option<Hook>,
    pub release: Option<Hook>,
    pub connect_error: Option<OnConnectError>,
    pub query: Option<OnQuery>,
}

impl Config {
    /// Done on each new connection before its first use, and again after it was reset. What it sets stays set: for settings
    /// that the URL's `options` cannot hold.
    ///
    /// ```no_run
    /// # fn example(config: bindery::Config) -> bindery::Config {
    /// config.on_connect(|conn| Box::pin(async move { conn.set("statement_timeout", "5s").await }))
    /// # }
    /// ```
    #[must_use]
    pub fn on_connect<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(&'c Connection) -> BoxFuture<'c, Result<(), Error>> + Send + Sync + 'static,
    {
        self.pool.hooks.connect = Some(Arc::new(hook));
        self
    }

    /// Done on a connection each time before it is handed out. If it fails, so does the call that asked.
    #[must_use]
    pub fn on_check_out<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(&'c Connection) -> BoxFuture<'c, Result<(), Error>> + Send + Sync + 'static,
    {
        self.pool.hooks.check_out = Some(Arc::new(hook));
        self
    }

    /// Done on a connection each time after it was given back and is clean. If it fails, the connection is closed.
    #[must_use]
    pub fn on_release<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(&'c Connection) -> BoxFuture<'c, Result<(), Error>> + Send + Sync + 'static,
    {
        self.pool.hooks.release = Some(Arc::new(hook));
        self
    }

    /// Told of each attempt to connect that failed, also of those that are repeated.
    #[must_use]
    pub fn on_connect_error(mut self, told: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.pool.hooks.connect_error = Some(Arc::new(told));
        self
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("connect", &self.connect.is_some())
            .field("check_out", &self.check_out.is_some())
            .field("release", &self.release.is_some())
            .finish_non_exhaustive()
    }
}
