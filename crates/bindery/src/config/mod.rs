//! How to reach the database, and how many connections to keep.

mod hooks;
mod pool;

use std::env;
use std::time::Duration;

use tokio_postgres::config::SslMode;

use crate::error::{Error, Kind};

pub(crate) use hooks::Hooks;
pub use pool::PreparedStatements;
pub(crate) use pool::{PoolConfig, jitter};

/// Settings of a [`DatabaseClient`](crate::DatabaseClient). Its `Debug` shows no password.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) postgres: tokio_postgres::Config,
    pub(crate) pool: PoolConfig,
}

impl Config {
    /// From a libpq URL (`postgresql://user@host/database`) or keyword string (`host=... user=...`).
    ///
    /// Connections are made without TLS so far: `sslmode=prefer`, the default, goes without, and what asks for more than
    /// that is refused. A server is given 10 seconds to answer, unless `connect_timeout` says otherwise.
    ///
    /// # Errors
    /// The text is neither, holds a keyword that the driver does not know, or requires TLS.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        let parsed: Result<tokio_postgres::Config, _> = url.parse();
        let mut postgres = match parsed {
            Ok(postgres) => postgres,
            // Modes that the driver does not know.
            Err(_) if url.contains("verify-ca") || url.contains("verify-full") => return Err(requires_tls()),
            Err(error) => {
                let kind = Kind::Config("the database URL cannot be read".to_owned());
                return Err(Error::because(kind, error));
            }
        };
        if postgres.get_ssl_mode() == SslMode::Require {
            return Err(requires_tls());
        }
        if postgres.get_connect_timeout().is_none() {
            postgres.connect_timeout(Duration::from_secs(10));
        }
        Ok(Self { postgres, pool: PoolConfig::default() })
    }

    /// From `DATABASE_URL`, else from `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, `PGSSLMODE`,
    /// `PGAPPNAME`, `PGOPTIONS` and `PGCONNECT_TIMEOUT`. A variable that is empty counts as not set.
    ///
    /// # Errors
    /// As [`from_url`](Self::from_url), and if neither `DATABASE_URL` nor `PGHOST` is set.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(url) = variable("DATABASE_URL") {
            return Self::from_url(&url);
        }
        if variable("PGHOST").is_none() {
            let message = "no database is named: set DATABASE_URL, or PGHOST and its like";
            return Err(Error::new(Kind::Config(message.to_owned())));
        }
        let words = VARIABLES.iter().filter_map(|(keyword, name)| {
            let value = variable(name)?.replace('\\', r"\\").replace('\'', r"\'");
            Some(format!("{keyword}='{value}'"))
        });
        Self::from_url(&words.collect::<Vec<_>>().join(" "))
    }

    /// The name under which the server lists the connections. The default is none.
    #[must_use]
    pub fn application_name(mut self, name: &str) -> Self {
        self.postgres.application_name(name);
        self
    }
}

/// libpq's variables, and the keywords that they stand for.
const VARIABLES: [(&str, &str); 9] = [
    ("host", "PGHOST"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("sslmode", "PGSSLMODE"),
    ("application_name", "PGAPPNAME"),
    ("options", "PGOPTIONS"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
];

fn requires_tls() -> Error {
    let message =
        "the configuration requires TLS, which is not supported yet: set sslmode to prefer or disable";
    Error::new(Kind::Config(message.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_variables(variables: &[(&str, &str)]) -> Result<Config, Error> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Config::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn tls_is_refused_rather_than_left_out() {
        let urls =
            ["require", "verify-ca", "verify-full"].map(|mode| format!("postgresql://h/d?sslmode={mode}"));
        let errors = urls.iter().map(|url| Config::from_url(url).unwrap_err());
        let error = from_variables(&[("PGHOST", "h"), ("PGSSLMODE", "verify-full")]).unwrap_err();
        for error in errors.chain([error]) {
            assert!(error.to_string().contains("requires TLS"), "{error}");
        }
    }

    #[test]
    fn the_url_comes_before_the_other_variables() {
        let both = [("DATABASE_URL", "postgresql://u@url/d"), ("PGHOST", "other"), ("PGUSER", "x")];
        assert_eq!(from_variables(&both).unwrap().postgres.get_user(), Some("u"));
        let config = from_variables(&[("PGHOST", "h"), ("PGPASSWORD", r"a' b\c"), ("PGUSER", "")]).unwrap();
        assert_eq!(config.postgres.get_password(), Some(r"a' b\c".as_bytes()));
        assert_eq!(config.postgres.get_user(), None);
        let error = from_variables(&[("PGUSER", "u")]).unwrap_err();
        assert_eq!(error.to_string(), "no database is named: set DATABASE_URL, or PGHOST and its like");
    }

    #[test]
    fn a_url_that_is_none_says_why() {
        let error = Config::from_url("postgresql://h/d?nonsense=1").unwrap_err();
        let expected =
            "the database URL cannot be read: invalid connection string: unknown option `nonsense`";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = Config::from_url("postgresql://u:geheim@h/d").unwrap();
        assert!(!format!("{config:?}").contains("geheim"));
    }
}
