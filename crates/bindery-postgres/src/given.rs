//! A server that the user names: databases of ours on it, and those that killed builds have left.

use std::process;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use postgres::{Client, NoTls};

use crate::blocking::aside;
use crate::error::Error;

const PREFIX: &str = "bindery_tmp_";

/// Every database of ours is locked by the connection of the process that made it.
const ABANDONED: &str = "
    SELECT datname::text FROM pg_catalog.pg_database
    WHERE starts_with(datname::text, $1) AND pg_catalog.pg_try_advisory_lock(pg_catalog.hashtext(datname::text))";

/// A connection to the given server.
pub(crate) struct Given {
    url: String,
    /// Taken out only to be closed.
    client: Mutex<Option<Client>>,
}

impl Given {
    pub fn connect(url: &str) -> Result<Self, Error> {
        let client = Client::connect(url, NoTls)
            .map_err(Error::because("cannot connect to the server that BINDERY_DATABASE_URL names"))?;
        let given = Self { url: url.to_owned(), client: Mutex::new(Some(client)) };
        given.sweep()?;
        Ok(given)
    }

    /// A name for a new database, locked as ours.
    pub fn reserve_name(&self) -> Result<String, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("{PREFIX}{}_{:x}", process::id(), now.as_nanos());
        let lock = "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtext($1))";
        self.with_client(|client| client.execute(lock, &[&name]))
            .map_err(Error::because("cannot lock a database's name"))?;
        Ok(name)
    }

    pub fn execute(&self, sql: &str) -> Result<(), postgres::Error> {
        self.with_client(|client| client.batch_execute(sql))
    }

    pub fn major(&self) -> Result<u32, Error> {
        let failed = "cannot ask the server for its version";
        let row = self.with_client(|client| client.query_one("SHOW server_version_num", &[]));
        let row = row.map_err(Error::because(failed))?;
        let number: u32 = row.get::<_, String>(0).parse().map_err(Error::because(failed))?;
        Ok(number / 10_000)
    }

    /// The same server, another database.
    pub fn url_of(&self, database: &str) -> String {
        with_database(&self.url, database)
    }

    fn sweep(&self) -> Result<(), Error> {
        let failed = "cannot look for databases that earlier builds have left";
        let rows =
            self.with_client(|client| client.query(ABANDONED, &[&PREFIX])).map_err(Error::because(failed))?;
        for row in rows {
            let name: String = row.get(0);
            // Somebody else may be faster.
            let _ = self.execute(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
        }
        Ok(())
    }

    fn with_client<T>(&self, work: impl FnOnce(&mut Client) -> T) -> T {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        work(client.as_mut().expect("it is taken out only when it is dropped"))
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // Closing waits for the server.
        let client = self.client.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        aside(move || drop(client));
    }
}

/// Replaces the database in a URL or a keyword string, where the last word wins.
fn with_database(url: &str, database: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url} dbname={database}") };
    let (before, parameters) = match rest.split_once('?') {
        Some((before, parameters)) => (before, format!("?{parameters}")),
        None => (rest, String::new()),
    };
    let authority = before.split('/').next().unwrap_or_default();
    format!("{scheme}://{authority}/{database}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(with_database("postgres://u:p@h:1/a?x=y", "b"), "postgres://u:p@h:1/b?x=y");
        assert_eq!(with_database("postgresql://h", "b"), "postgresql://h/b");
        assert_eq!(with_database("host=h dbname=a", "b"), "host=h dbname=a dbname=b");
    }
}
