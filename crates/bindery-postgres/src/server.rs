//! A server to build and to test on.

use std::env::{self, VarError};
use std::fmt;
use std::sync::Arc;

use postgres::Config;

use crate::database::{Database, Kept, psql};
use crate::error::Error;
use crate::given::Given;
use crate::installation::Installation;
use crate::store::check_key;
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
    Temporary(Box<Temporary>),
    Given(Box<Given>),
}

impl Server {
    /// The server that `BINDERY_DATABASE_URL` names, else a temporary one from the newest binaries on this machine.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), [`Installation::find`] and [`temporary`](Self::temporary).
    pub fn start() -> Result<Self, Error> {
        Ok(Self::start_from(&[])?.0)
    }

    /// The same from the state that was [kept](Self::keep) under the first of `keys` for which there is one, whose index
    /// is given besides; else as [`start`](Self::start).
    ///
    /// The databases are as they were then. The one that [`create_database`](Self::create_database) gives first is the
    /// one that it gave first when the state was made, with all that was in it. A state of another version of the server
    /// is none, nor is one that is damaged, and with `BINDERY_DATABASE_URL` there never is one.
    ///
    /// # Errors
    /// As [`start`](Self::start); or a key is not as [`keep`](Self::keep) wants it.
    pub fn start_from(keys: &[String]) -> Result<(Self, Option<usize>), Error> {
        keys.iter().try_for_each(|key| check_key(key))?;
        match env::var("BINDERY_DATABASE_URL") {
            Ok(url) if !url.is_empty() => Ok((Self::connect(&url)?, None)),
            Ok(_) | Err(VarError::NotPresent) => Self::temporary_from(&Installation::find()?, keys),
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
        Ok(Self::temporary_from(installation, &[])?.0)
    }

    fn temporary_from(installation: &Installation, keys: &[String]) -> Result<(Self, Option<usize>), Error> {
        let (temporary, key) = Temporary::start(installation, keys)?;
        let major = temporary.major();
        Ok((Self::of(Kind::Temporary(Box::new(temporary)), major), key))
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

    /// Keeps the present state of all databases and roles under `key`, for servers that
    /// [start from it](Self::start_from) later, in this process or another.
    ///
    /// Nobody may change anything meanwhile. The dozen states that were used last are kept, among the user's cached files.
    /// A state under the same key is replaced. Nothing is kept of the server in `BINDERY_DATABASE_URL`, and that is no
    /// error.
    ///
    /// # Errors
    /// `key` is not 1 to 128 ASCII letters and digits; the cache cannot be written to; or unlogged tables hold rows, which
    /// PostgreSQL writes to no disk. The server goes on as before, so that a build may ignore it.
    pub fn keep(&self, key: &str) -> Result<(), Error> {
        check_key(key)?;
        match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.keep(key),
            Kind::Given(_) => Ok(()),
        }
    }

    /// Makes an empty database, which is dropped with its handle.
    ///
    /// The first one of a temporary server costs nothing, and is called `bindery`. If the server was
    /// [started from a kept state](Self::start_from), it is not empty: it is the one of that state.
    ///
    /// # Errors
    /// The server refuses.
    pub fn create_database(&self) -> Result<Database, Error> {
        let name = match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.create(),
            Kind::Given(given) => given.create_from("template1"),
        };
        Ok(Database::new(name?, self.clone()))
    }

    /// Makes a copy of a database, which is dropped with its handle. The template has to be on this server.
    ///
    /// # Errors
    /// Somebody is connected to `template`, or the server refuses.
    pub fn create_database_from(&self, template: &Database) -> Result<Database, Error> {
        self.create_database_named(template.name())
    }

    /// A copy of the database of this name.
    pub(crate) fn create_database_named(&self, template: &str) -> Result<Database, Error> {
        let name = match &self.inner.kind {
            Kind::Temporary(temporary) => temporary.create_from(template),
            Kind::Given(given) => given.create_from(template),
        };
        Ok(Database::new(name?, self.clone()))
    }

    pub(crate) fn given(&self) -> Option<&Given> {
        match &self.inner.kind {
            Kind::Given(given) => Some(given),
            Kind::Temporary(_) => None,
        }
    }

    pub(crate) fn keep_database(&self, name: &str) -> Result<Kept, Error> {
        match &self.inner.kind {
            Kind::Temporary(temporary) => {
                let server = temporary.keep_running()?;
                Ok(Kept::new(self.url(name), format!("kill -INT {server}")))
            }
            Kind::Given(given) => {
                let kept = given.keep_database(name)?;
                let removal = format!("{} -c 'DROP DATABASE {kept}'", psql(given.server_url()));
                Ok(Kept::new(given.url(&kept), removal))
            }
        }
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
