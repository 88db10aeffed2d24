//! A server that the user names: databases of ours on it, and those that killed builds have left.
//!
//! A build's databases are called `bindery_tmp_<pid>_<random>_<n>`, and the connection that makes them has the part
//! before the last underscore as its application name. Without such a connection nobody will drop them any more. (An
//! advisory lock would not do: it is seen only by sessions in the same database.) One that somebody wants to look at is
//! called `bindery_kept_...` and is dropped by hand.

use std::mem;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use postgres::{Client, Config, NoTls};

use crate::blocking::aside;
use crate::error::Error;
use crate::folder::random;
use crate::sessions::{end_sessions, wait_until_unused};

/// Databases of builds that are gone, and that nobody looks at.
const ABANDONED: &str = r"
    SELECT d.datname::text FROM pg_catalog.pg_database d
    WHERE d.datname ~ '^bindery_tmp_[0-9]+_[0-9a-f]+_[0-9]+$'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                      WHERE a.application_name = substring(d.datname from '^(.*)_[0-9]+$') OR a.datid = d.oid)";

/// A connection to the given server.
pub(crate) struct Given {
    url: String,
    config: Config,
    /// It holds the locks of templates. Taken out only to be closed.
    client: Mutex<Option<Client>>,
    /// Connections that make and drop databases, which wait for the disk: several at a time.
    others: Mutex<Vec<Client>>,
    /// The beginning of our databases' names.
    prefix: String,
    made: AtomicU32,
}

impl Given {
    pub fn connect(url: &str) -> Result<Self, Error> {
        let config: Config = url
            .parse()
            .map_err(Error::because("the URL of the given server (BINDERY_DATABASE_URL) cannot be read"))?;
        let prefix = format!("bindery_tmp_{}_{:08x}", process::id(), random());
        let mut named = config.clone();
        named.application_name(&prefix);
        let client = aside(|| named.connect(NoTls)).map_err(Error::because(
            "cannot connect to the given server (BINDERY_DATABASE_URL); it has to take connections without TLS",
        ))?;
        let (url, client) = (url.to_owned(), Mutex::new(Some(client)));
        let (others, made) = (Mutex::new(Vec::new()), AtomicU32::new(0));
        let given = Self { url, config, client, others, prefix, made };
        given.sweep()?;
        given.sweep_templates();
        Ok(given)
    }

    pub fn major(&self) -> Result<u32, Error> {
        let failed = "cannot ask the given server for its version";
        let row = self.with_client(|client| client.query_one("SHOW server_version_num", &[]));
        let row = row.map_err(Error::because(failed))?;
        let number: u32 = row.get::<_, String>(0).parse().map_err(Error::because(failed))?;
        Ok(number / 10_000)
    }

    /// Makes a copy of a database; gives its name.
    pub fn create_from(&self, template: &str) -> Result<String, Error> {
        let name = format!("{}_{}", self.prefix, self.made.fetch_add(1, Ordering::Relaxed));
        let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
        let created = self.with_another(|client| {
            wait_until_unused(template, client)?;
            client.batch_execute(&sql)
        });
        created.map_err(Error::because(format!(
            "cannot create the database {name} from {template} on the given server (BINDERY_DATABASE_URL); \
             its user needs CREATEDB"
        )))?;
        Ok(name)
    }

    /// Drops a database, whoever is still connected to it.
    pub fn drop_database(&self, name: &str) {
        // One that stays is swept by the next build on that server.
        let sql = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        let _ = self.with_another(|client| {
            end_sessions(name, client)?;
            client.batch_execute(&sql)
        });
    }

    /// Gives a database a name under which nobody drops it.
    pub fn keep_database(&self, name: &str) -> Result<String, Error> {
        let kept = name.replacen("bindery_tmp_", "bindery_kept_", 1);
        let renamed = self.with_client(|client| {
            end_sessions(name, client)?;
            client.batch_execute(&format!("ALTER DATABASE \"{name}\" RENAME TO \"{kept}\""))
        });
        renamed.map_err(Error::because("cannot give the database the name of one that is kept"))?;
        Ok(kept)
    }

    pub fn config(&self, database: &str) -> Config {
        let mut config = self.config.clone();
        config.dbname(database);
        config
    }

    /// As it was named.
    pub fn server_url(&self) -> &str {
        &self.url
    }

    pub fn url(&self, database: &str) -> String {
        with_database(&self.url, database)
    }

    fn sweep(&self) -> Result<(), Error> {
        let failed = "cannot look for databases that earlier builds have left on the given server";
        let rows = self.with_client(|client| client.query(ABANDONED, &[])).map_err(Error::because(failed))?;
        for row in rows {
            let name: String = row.get(0);
            // Without FORCE: somebody may have connected. Somebody else may be faster, or the owner be another.
            let sql = format!("DROP DATABASE IF EXISTS \"{name}\"");
            let _ = self.with_client(|client| client.batch_execute(&sql));
        }
        Ok(())
    }

    pub fn with_client<T: Send>(&self, work: impl FnOnce(&mut Client) -> T + Send) -> T {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let client = client.as_mut().expect("it is taken out only when it is dropped");
        aside(|| work(client))
    }

    fn with_another<T: Send>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T, postgres::Error> + Send,
    ) -> Result<T, postgres::Error> {
        let idle = self.others.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (client, outcome) = aside(|| {
            let mut client = match idle {
                Some(client) => client,
                None => self.config.connect(NoTls)?,
            };
            let outcome = work(&mut client);
            Ok((client, outcome))
        })?;
        self.others.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        outcome
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // Closing waits for the server.
        let client = self.client.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let others = mem::take(self.others.get_mut().unwrap_or_else(PoisonError::into_inner));
        aside(move || drop((client, others)));
    }
}

/// Replaces the database in a URL or a keyword string, where the last word wins.
fn with_database(url: &str, database: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url} dbname={database}") };
    let (before, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = before.split('/').next().unwrap_or_default();
    // A parameter would win over the path.
    let parameters = parameters.split('&').filter(|word| !word.is_empty() && !word.starts_with("dbname="));
    let parameters: Vec<&str> = parameters.collect();
    let mark = if parameters.is_empty() { "" } else { "?" };
    format!("{scheme}://{authority}/{database}{mark}{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(with_database("postgres://u:p@h:1/a?x=y", "b"), "postgres://u:p@h:1/b?x=y");
        assert_eq!(with_database("postgresql://h", "b"), "postgresql://h/b");
        assert_eq!(with_database("postgresql:///a?host=/tmp&dbname=a", "b"), "postgresql:///b?host=/tmp");
        assert_eq!(with_database("host=h dbname=a", "b"), "host=h dbname=a dbname=b");
    }
}
