//! How to reach the database, and how many connections to keep.

use std::env;
use std::time::Duration;

use tokio_postgres::config::SslMode;

use crate::error::{Error, Kind};

/// Settings of a [`DatabaseClient`](crate::DatabaseClient). Its `Debug` shows no password.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) postgres: tokio_postgres::Config,
    pub(crate) max_connections: u32,
    pub(crate) connection_timeout: Duration,
}

impl Config {
    /// From a libpq URL (`postgresql://user@host/database`) or keyword string (`host=... user=...`).
    ///
    /// Connections are made without TLS so far: `sslmode=require` is refused, `prefer` goes without.
    ///
    /// # Errors
    /// The text is neither, holds a keyword that the driver does not know, or requires TLS.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        let parsed: Result<tokio_postgres::Config, _> = url.parse();
        let invalid = || Kind::Config("the database URL cannot be read".to_owned());
        let mut postgres = parsed.map_err(|error| Error::because(invalid(), error))?;
        if postgres.get_ssl_mode() == SslMode::Require {
            let message =
                "the database URL requires TLS, which is not supported yet: use sslmode=prefer or disable";
            return Err(Error::new(Kind::Config(message.to_owned())));
        }
        if postgres.get_connect_timeout().is_none() {
            postgres.connect_timeout(Duration::from_secs(10));
        }
        Ok(Self { postgres, max_connections: 10, connection_timeout: Duration::from_secs(30) })
    }

    /// From `DATABASE_URL`, else from `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE`.
    ///
    /// # Errors
    /// As [`from_url`](Self::from_url), and if neither `DATABASE_URL` nor `PGHOST` is set.
    pub fn from_env() -> Result<Self, Error> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(url) = variable("DATABASE_URL") {
            return Self::from_url(&url);
        }
        if variable("PGHOST").is_none() {
            let message = "no database is named: set DATABASE_URL, or PGHOST and its like";
            return Err(Error::new(Kind::Config(message.to_owned())));
        }
        let names = [
            ("host", "PGHOST"),
            ("port", "PGPORT"),
            ("user", "PGUSER"),
            ("password", "PGPASSWORD"),
            ("dbname", "PGDATABASE"),
        ];
        let words = names.iter().filter_map(|(keyword, name)| {
            let value = variable(name)?.replace('\\', r"\\").replace('\'', r"\'");
            Some(format!("{keyword}='{value}'"))
        });
        Self::from_url(&words.collect::<Vec<_>>().join(" "))
    }

    /// The most connections that are open at a time. The default is 10.
    ///
    /// # Panics
    /// It is 0.
    #[must_use]
    pub fn max_connections(mut self, count: u32) -> Self {
        assert!(count > 0, "a pool of no connections serves nobody");
        self.max_connections = count;
        self
    }

    /// How long a call waits for a connection to become free. The default is 30 seconds.
    #[must_use]
    pub fn connection_timeout(mut self, timeout: Duration) -> Self {
        self.connection_timeout = timeout;
        self
    }

    /// The name under which the server lists the connections. The default is none.
    #[must_use]
    pub fn application_name(mut self, name: &str) -> Self {
        self.postgres.application_name(name);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_refused_rather_than_left_out() {
        let error = Config::from_url("postgresql://h/d?sslmode=require").unwrap_err();
        assert!(error.to_string().contains("requires TLS"), "{error}");
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = Config::from_url("postgresql://u:geheim@h/d").unwrap();
        assert!(!format!("{config:?}").contains("geheim"));
    }
}
