//! A server to build and to test on.

use std::env::{self, VarError};
use std::fmt;
use std::sync::Arc;

use postgres::Config;

use crate::cluster::Cluster;
use crate::database::Database;
use crate::error::Error;
use crate::given::Given;
use crate::installation::Installation;
use crate::temporary::Temporary;

/// The oldest major version with all that is used here, such as `DROP DATABASE ... WITH (FORCE)`.
pub(crate) const OLDEST: u32 = 13;

/// A PostgreSQL server on which databases come and go.
///
/// Clones share it. A temporary one stops when the last clone and the last of its databases are dropped.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
}

struct Inner {
    kind: Kind,
    major: u32,
}

enum Kind {
    Temporary(Temporary),
    Given(Box<Given>),
}

impl Server {
    /// The server that `BINDERY_DATABASE_URL` names, else a temporary one from the newest binaries on this machine.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), [`Installation::find`] and [`temporary`](Self::temporary).
    pub fn start() -> Result<Self, Error> {
        match env::var("BINDERY_DATABASE_URL") {
            Ok(url) if !url.is_empty() => Self::connect(&url),
            Ok(_) | Err(VarError::NotPresent) => Self::temporary(&Installation::find()?),
            Err(error) => Err(Error::because("BINDERY_DATABASE_URL cannot be read")(error)),
        }
    }

    /// Starts a server of its own: on a Unix socket only, fast and unsafe, gone with this process.
    ///
    /// As root it runs as the user `postgres`, or `nobody`.
    ///
    /// # Errors
    /// initdb or the server fails, and the error holds what they said; or this is a root that may not become another
    /// user.
    pub fn temporary(installation: &Installation) -> Result<Self, Error> {
        let temporary = Temporary::new(Cluster::start(installation)?);
        Ok(Self::of(Kind::Temporary(temporary), installation.major()))
    }

    /// A server that runs already. Its user has to be allowed to create databases.
    ///
    /// Databases that builds have left there when they were killed are dropped.
    ///
    /// # Errors
    /// The server cannot be reached without TLS, refuses, or is older than 13.
    pub fn connect(url: &str) -> Result<Self, Error> {
        let given = Given::connect(url)?;
        let major = given.major()?;
        if major < OLDEST {
            return Err(Error::new(format!(
                "the given server (BINDERY_DATABASE_URL) is PostgreSQL {major}: take one of version {OLDEST} or newer"
            )));
        }
        Ok(Self::of(Kind::Given(Box::new(given)), major))
    }

    /// The server's major version, such as 15.
    pub fn major(&self) -> u32 {
        self.inner.major
    }

    /// Makes an empty database, which is dropped with its handle.
    ///
    /// The first one of a temporary server costs nothing.
    ///
    /// # Errors
    /// The server refuses.
    pub fn create_database(&self) -> Result<Database, Error> {
        let name = match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.create(self.major()),
            Kind::Given(given) => given.create_from("template1"),
        };
        Ok(Database::new(name?, self.clone()))
    }

    /// Makes a copy of a database, which is dropped with its handle. The template has to be on this server.
    ///
    /// # Errors
    /// Somebody is connected to `template`, or the server refuses.
    pub fn create_database_from(&self, template: &Database) -> Result<Database, Error> {
        let name = match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.create_from(template.name(), self.major()),
            Kind::Given(given) => given.create_from(template.name()),
        };
        Ok(Database::new(name?, self.clone()))
    }

    fn of(kind: Kind, major: u32) -> Self {
        Self { inner: Arc::new(Inner { kind, major }) }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.url(database),
            Kind::Given(given) => given.url(database),
        }
    }

    pub(crate) fn config(&self, database: &str) -> Config {
        match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.config(database),
            Kind::Given(given) => given.config(database),
        }
    }

    pub(crate) fn drop_database(&self, name: &str) {
        match &self.inner.kind {
            // The last handle: the whole cluster goes now.
            Kind::Temporary(_) if Arc::strong_count(&self.inner) == 1 => {}
            Kind::Temporary(temporary) => temporary.drop_database(name),
            Kind::Given(given) => given.drop_database(name),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.inner.kind {
            Kind::Temporary(_) => "temporary",
            Kind::Given(_) => "given",
        };
        f.debug_struct("Server").field("kind", &kind).field("major", &self.major()).finish()
    }
}
