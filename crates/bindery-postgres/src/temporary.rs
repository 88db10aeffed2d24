//! The databases of a temporary cluster.

use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};

use crate::blocking::aside;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::installation::Installation;
use crate::kept;
use crate::sessions::{end_sessions, wait_until_unused};
use crate::store::Store;
use crate::template::{FIRST_DATABASE, SUPERUSER};

/// A cluster of which this process is the only user.
#[derive(Debug)]
pub(crate) struct Temporary {
    cluster: Cluster,
    installation: Installation,
    /// Whether somebody has the database that is there from the start.
    first_taken: AtomicBool,
    /// How many databases were made besides.
    made: AtomicU32,
    /// Held while databases come and go: a session in the template makes CREATE DATABASE wait for 100 ms and more, and
    /// the session that makes one database could be in the template of another.
    alone: Mutex<()>,
}

impl Temporary {
    /// Starts one, from the state under the first of `keys` for which there is one. Tells which key it was.
    pub fn start(installation: &Installation, keys: &[String]) -> Result<(Self, Option<usize>), Error> {
        let (cluster, key) = Cluster::start(installation, keys)?;
        let (first_taken, made) = (AtomicBool::new(false), AtomicU32::new(0));
        let installation = installation.clone();
        Ok((Self { cluster, installation, first_taken, made, alone: Mutex::new(()) }, key))
    }

    pub fn major(&self) -> u32 {
        self.installation.major()
    }

    /// Keeps the state of all databases under `key`.
    pub fn keep(&self, key: &str) -> Result<(), Error> {
        let store = Store::of(&self.installation)?;
        let state = self.on(FIRST_DATABASE, |client| Ok(kept::read(self.cluster.socket_dir(), client)));
        store.keep(key, &state.map_err(Error::because("cannot connect to the temporary server"))??)
    }

    /// Gives the name of the first database the first time, else makes an empty one and gives its name.
    pub fn create(&self) -> Result<String, Error> {
        if self.first_taken.swap(true, Ordering::Relaxed) {
            return self.create_from("template1");
        }
        // Here since the cluster was made, which saves the 15 ms of CREATE DATABASE.
        Ok(FIRST_DATABASE.to_owned())
    }

    /// Makes a copy of a database; gives its name.
    pub fn create_from(&self, template: &str) -> Result<String, Error> {
        // Copying files takes 15 ms, logging every page, the default, 35; 13 and 14 know nothing else.
        let strategy = if self.major() >= 15 { " STRATEGY file_copy" } else { "" };
        let via = if template == FIRST_DATABASE { "template1" } else { FIRST_DATABASE };
        loop {
            let name = format!("{FIRST_DATABASE}_{}", self.made.fetch_add(1, Ordering::Relaxed));
            let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"{strategy}");
            let created = self.on(via, |client| {
                wait_until_unused(template, client)?;
                client.batch_execute(&sql)
            });
            match created {
                Ok(()) => return Ok(name),
                // A state that was kept when there were further databases has those, too.
                Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => {}
                Err(error) => {
                    let message = format!("cannot create the database {name} from {template}");
                    return Err(Error::because(message)(error));
                }
            }
        }
    }

    /// Drops a database. The first one stays, since it is where the others are made from.
    pub fn drop_database(&self, name: &str) {
        if name != FIRST_DATABASE {
            let sql = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
            // A database that cannot be dropped goes with the cluster.
            let _ = self.on(FIRST_DATABASE, |client| {
                end_sessions(name, client)?;
                client.batch_execute(&sql)
            });
        }
    }

    /// Has the server go on when this process ends; gives its number.
    pub fn keep_running(&self) -> Result<u32, Error> {
        self.cluster.keep_running()
    }

    pub fn config(&self, database: &str) -> Config {
        self.cluster.config(database)
    }

    pub fn url(&self, database: &str) -> String {
        let socket_dir = self.cluster.socket_dir();
        format!("postgresql://{SUPERUSER}@{}/{database}", encoded(socket_dir.as_os_str().as_bytes()))
    }

    fn on<T: Send>(
        &self,
        database: &str,
        work: impl FnOnce(&mut Client) -> Result<T, postgres::Error> + Send,
    ) -> Result<T, postgres::Error> {
        let _alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        aside(|| work(&mut self.config(database).connect(NoTls)?))
    }
}

/// A path as the host of a URL.
fn encoded(path: &[u8]) -> String {
    let mut encoded = String::new();
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_can_be_a_host() {
        assert_eq!(super::encoded("/dev/shm/x-1 é".as_bytes()), "%2Fdev%2Fshm%2Fx-1%20%C3%A9");
    }
}
