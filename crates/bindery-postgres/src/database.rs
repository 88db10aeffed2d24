//! A database that is dropped with its handle.

use std::fmt;

use postgres::{Client, Config, NoTls};

use crate::error::Error;
use crate::server::Server;

/// A database of one's own.
pub struct Database {
    name: String,
    url: String,
    config: Config,
    server: Server,
}

impl Database {
    pub(crate) fn new(name: String, server: Server) -> Self {
        Self { url: server.url(&name), config: server.config(&name), name, server }
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A libpq URL for it. The folder of a Unix socket is its host, percent-encoded.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same for the `postgres` crate.
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// The server refuses it.
    pub fn connect(&self) -> Result<Client, Error> {
        self.config.connect(NoTls).map_err(Error::because("cannot connect to the temporary database"))
    }

    /// Leaves it, and the temporary server that it is on, to whoever wants to look at it, also after this process has
    /// ended.
    ///
    /// # Errors
    /// The temporary server was started without `BINDERY_KEEP` in the environment, so that it ends with this process; or
    /// the given one refuses.
    pub fn keep(self) -> Result<Kept, Error> {
        let kept = self.server.keep_database(&self.name)?;
        // Its name and settings are a few bytes that a process does without once for each.
        std::mem::forget(self);
        Ok(kept)
    }

    /// The server that it is on.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

/// A database that somebody wants to look at.
#[derive(Clone, Debug)]
pub struct Kept {
    /// A libpq URL for it.
    pub url: String,
    /// The command that looks at it.
    pub psql: String,
    /// The command that removes it: on a temporary server, it ends the server.
    pub removal: String,
}

impl Kept {
    pub(crate) fn new(url: String, removal: String) -> Self {
        Self { psql: psql(&url), url, removal }
    }
}

/// The command, for a shell.
pub(crate) fn psql(url: &str) -> String {
    format!("psql '{}'", url.replace('\'', r"'\''"))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.server.drop_database(&self.name);
    }
}
