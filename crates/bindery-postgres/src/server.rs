//! A server to build and to test on.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Config, NoTls};

use crate::blocking::aside;
use crate::cluster::Cluster;
use crate::database::Database;
use crate::error::Error;
use crate::given::Given;
use crate::installation::Installation;
use crate::template::FIRST_DATABASE;

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
    /// How many databases were made; the first one of a temporary cluster is there already.
    made: AtomicU32,
}

enum Kind {
    Temporary(Cluster),
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
            _ => Self::temporary(&Installation::find()?),
        }
    }

    /// Starts a server of its own: on a Unix socket only, fast and unsafe, gone with this process.
    ///
    /// As root it runs as the user `postgres`, or `nobody`.
    ///
    /// # Errors
    /// initdb or the server fails; the error holds what they said.
    pub fn temporary(installation: &Installation) -> Result<Self, Error> {
        let cluster = aside(|| Cluster::start(installation))?;
        Ok(Self::of(Kind::Temporary(cluster), installation.major()))
    }

    /// A server that runs already. Its user has to be allowed to create databases.
    ///
    /// # Errors
    /// The server cannot be reached without TLS, or refuses.
    pub fn connect(url: &str) -> Result<Self, Error> {
        let given = aside(|| Given::connect(url))?;
        let major = aside(|| given.major())?;
        Ok(Self::of(Kind::Given(Box::new(given)), major))
    }

    fn of(kind: Kind, major: u32) -> Self {
        Self { inner: Arc::new(Inner { kind, major, made: AtomicU32::new(0) }) }
    }

    /// The server's major version, such as 15.
    pub fn major(&self) -> u32 {
        self.inner.major
    }

    /// Makes an empty database, which is dropped with its handle.
    ///
    /// # Errors
    /// The server refuses.
    pub fn create_database(&self) -> Result<Database, Error> {
        let number = self.inner.made.fetch_add(1, Ordering::Relaxed);
        match &self.inner.kind {
            // Here since the cluster was made, which saves the 80 ms of CREATE DATABASE.
            Kind::Temporary(_) if number == 0 => Ok(self.database(FIRST_DATABASE.to_owned())),
            Kind::Temporary(_) => self.create(format!("bindery_{number}"), "template1", FIRST_DATABASE),
            Kind::Given(given) => self.create(aside(|| given.reserve_name())?, "template1", ""),
        }
    }

    /// Makes a copy of a database to which nobody is connected.
    ///
    /// # Errors
    /// Somebody is connected to `template`, or the server refuses.
    pub fn create_database_from(&self, template: &Database) -> Result<Database, Error> {
        let number = self.inner.made.fetch_add(1, Ordering::Relaxed);
        let name = match &self.inner.kind {
            Kind::Temporary(_) => format!("bindery_{number}"),
            Kind::Given(given) => aside(|| given.reserve_name())?,
        };
        self.create(name, template.name(), "template1")
    }

    /// `via` is the database to connect to in a temporary cluster: any but the template.
    fn create(&self, name: String, template: &str, via: &str) -> Result<Database, Error> {
        // Copying files beats logging every page where nothing is flushed to a disk.
        let strategy = if self.major() >= 15 { " STRATEGY file_copy" } else { "" };
        let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"{strategy}");
        self.execute(via, &sql).map_err(Error::because(format!("cannot create the database {name}")))?;
        Ok(self.database(name))
    }

    fn database(&self, name: String) -> Database {
        let (url, config) = match &self.inner.kind {
            Kind::Temporary(cluster) => {
                let host = encoded(&cluster.socket_dir().to_string_lossy());
                (format!("postgresql://postgres@{host}/{name}"), cluster.config(&name))
            }
            Kind::Given(given) => {
                let url = given.url_of(&name);
                // It differs from the URL that we are connected by in the name only.
                let config: Config = url.parse().expect("the server's own URL was understood");
                (url, config)
            }
        };
        Database::new(name, url, config, self.clone())
    }

    /// Drops a database, whoever is still connected to it.
    pub(crate) fn drop_database(&self, name: &str) {
        let gone_with_the_server = match self.inner.kind {
            // The first database is where CREATE and DROP DATABASE are sent from.
            Kind::Temporary(_) => name == FIRST_DATABASE || Arc::strong_count(&self.inner) == 1,
            Kind::Given(_) => false,
        };
        if !gone_with_the_server {
            // A database that stays is swept by the next build on that server.
            let _ = self.execute("template1", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
        }
    }

    fn execute(&self, via: &str, sql: &str) -> Result<(), postgres::Error> {
        aside(|| match &self.inner.kind {
            Kind::Temporary(cluster) => cluster.config(via).connect(NoTls)?.batch_execute(sql),
            Kind::Given(given) => given.execute(sql),
        })
    }
}

/// A path as the host of a URL.
fn encoded(path: &str) -> String {
    let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut encoded = String::new();
    for byte in path.bytes() {
        match Some(byte).filter(unreserved) {
            Some(byte) => encoded.push(char::from(byte)),
            None => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_can_be_a_host() {
        assert_eq!(super::encoded("/dev/shm/x-1"), "%2Fdev%2Fshm%2Fx-1");
    }
}
