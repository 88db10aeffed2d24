//! How to reach the database, and how many connections to keep.

mod environment;
mod hooks;
mod keyword;
mod parse;
mod pool;
mod settings;

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::error::{Error, Kind};
use crate::value::BoxError;
use parse::{Values, parse};
use settings::process_variable;

pub(crate) use environment::{Login, password_from};
pub(crate) use hooks::Hooks;
pub use pool::PreparedStatements;
pub(crate) use pool::{PoolConfig, jitter, random_below};
pub(crate) use settings::{Host, HostOrder, Settings};
pub use settings::{SslMode, TargetSessionAttrs};
#[cfg(feature = "tls")]
pub(crate) use settings::{SslSettings, TlsVersion};

/// Asked for the password of each new connection.
type PasswordSource = Arc<dyn Fn() -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync>;

/// Settings of a [`DatabaseClient`](crate::DatabaseClient). Its `Debug` shows no password.
///
/// What is not said is taken from a service file, from libpq's variables of the environment, and from libpq's defaults, in
/// this order.
#[derive(Clone, Default)]
pub struct Config {
    values: Values,
    password_source: Option<PasswordSource>,
    pub(crate) pool: PoolConfig,
    pub(crate) replicas: Option<Box<Self>>,
}

impl Config {
    /// With nothing said: the rest of the methods say it.
    ///
    /// ```
    /// use bindery::{Config, SslMode};
    ///
    /// let config = Config::new()
    ///     .host("db.example.com")
    ///     .database("garage")
    ///     .user("garage")
    ///     .ssl_mode(SslMode::VerifyFull)
    ///     .ssl_root_cert("/etc/ssl/db.pem")
    ///     .max_connections(20);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// From a libpq URL (`postgresql://user@host/database`) or keyword string (`host=... user=...`).
    ///
    /// # Errors
    /// The text is neither, or holds a keyword or value that cannot be kept.
    pub fn from_url(url: &str) -> Result<Self, Error> {
        let config = Self { values: parse(url)?, ..Self::default() };
        config.settings().map(|_| config)
    }

    /// From `DATABASE_URL`, else from libpq's variables, of which `PGHOST` or `PGSERVICE` has to be set. A variable that is
    /// empty counts as not set.
    ///
    /// # Errors
    /// As [`from_url`](Self::from_url), and if no database is named.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(process_variable)
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(url) = variable("DATABASE_URL") {
            return Self::from_url(&url);
        }
        if ["PGHOST", "PGHOSTADDR", "PGSERVICE"].iter().all(|name| variable(name).is_none()) {
            let message = "no database is named: set DATABASE_URL, or PGHOST and its like";
            return Err(Error::new(Kind::Config(message.to_owned())));
        }
        let mut values = Values::new();
        environment::complete(&mut values, &variable)?;
        let config = Self { values, ..Self::default() };
        config.settings().map(|_| config)
    }

    /// What all of it means.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        Settings::read(&self.values, &process_variable)
    }

    /// The password for a new connection, if there is a way to it.
    pub(crate) async fn password_for(
        &self,
        settings: &Settings,
        host: &Host,
    ) -> Result<Option<String>, Error> {
        if let Some(source) = &self.password_source {
            let password = source().await;
            return password.map(Some).map_err(|error| Error::password(error.into()));
        }
        if settings.password.is_some() {
            return Ok(settings.password.clone());
        }
        let Some(path) = &settings.password_file else { return Ok(None) };
        let user = settings.user.clone().or_else(|| process_variable("USER")).unwrap_or_default();
        let login = Login {
            host: if host.name.starts_with('/') { "localhost" } else { &host.name },
            port: host.port,
            database: settings.database.as_deref().unwrap_or(&user),
            user: &user,
        };
        Ok(password_from(path, &login))
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// The server's name, address or folder of sockets; several with commas between. The default is the usual folder of
    /// sockets, or `localhost`.
    #[must_use]
    pub fn host(self, host: impl Into<String>) -> Self {
        self.set("host", host)
    }

    /// The server's port. The default is 5432.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        self.set("port", port.to_string())
    }

    /// The role. The default is the name of the user that this process runs as.
    #[must_use]
    pub fn user(self, user: impl Into<String>) -> Self {
        self.set("user", user)
    }

    /// The role's password. The default is what the password file has.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.values.insert("password", password.into());
        self
    }

    /// Asked for the password of each new connection: for tokens that expire.
    ///
    /// ```
    /// # async fn new_token() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// let config = bindery::Config::new().host("db.example.com").password_from(|| async { Ok(new_token().await?) });
    /// ```
    #[must_use]
    pub fn password_from<F, P>(mut self, source: F) -> Self
    where
        F: Fn() -> P + Send + Sync + 'static,
        P: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        self.password_source = Some(Arc::new(move || Box::pin(source())));
        self
    }

    /// The database. The default is the role's name.
    #[must_use]
    pub fn database(self, database: impl Into<String>) -> Self {
        self.set("dbname", database)
    }

    /// The name under which the server lists the connections. The default is none.
    #[must_use]
    pub fn application_name(self, name: &str) -> Self {
        self.set("application_name", name)
    }

    /// Settings of each session: `-c statement_timeout=5s`. The default is none.
    #[must_use]
    pub fn options(self, options: impl Into<String>) -> Self {
        self.set("options", options)
    }

    /// How long each host may take to let us in, in whole seconds. The default is 10 seconds.
    #[must_use]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.set("connect_timeout", timeout.as_secs().max(1).to_string())
    }

    /// Whether connections have TLS. The default is [`SslMode::Prefer`].
    #[must_use]
    pub fn ssl_mode(self, mode: SslMode) -> Self {
        self.set("sslmode", mode.word())
    }

    /// The file with the roots that sign servers' certificates (PEM), or `system`. The default is
    /// `~/.postgresql/root.crt` if it exists.
    #[must_use]
    pub fn ssl_root_cert(self, path: impl AsRef<Path>) -> Self {
        self.set("sslrootcert", path.as_ref().display().to_string())
    }

    /// The files with this client's certificate and its key (PEM), for servers that ask for one. The default is
    /// `~/.postgresql/postgresql.crt` and `.key` if they exist.
    #[must_use]
    pub fn ssl_client_cert(self, cert: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.set("sslcert", cert.as_ref().display().to_string())
            .set("sslkey", key.as_ref().display().to_string())
    }

    /// Servers that follow this one, with a pool of their own: queries that PostgreSQL's analysis shows to read only are
    /// answered there, if they are called through a query struct. They may see the past: see
    /// [`DatabaseClient::primary`](crate::DatabaseClient::primary) and
    /// [`reading_after`](crate::DatabaseClient::reading_after). The default is none.
    #[must_use]
    pub fn replicas(mut self, replicas: Self) -> Self {
        self.replicas = Some(Box::new(replicas));
        self
    }

    /// Which of several hosts will do. The default is any.
    #[must_use]
    pub fn target_session_attrs(self, target: TargetSessionAttrs) -> Self {
        self.set("target_session_attrs", target.word())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str, value: &str| match name {
            "password" => "***".to_owned(),
            _ => value.to_owned(),
        };
        let mut values = f.debug_struct("Config");
        for (name, value) in &self.values {
            values.field(name, &shown(name, value));
        }
        values.field("pool", &self.pool).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_variables(variables: &[(&str, &str)]) -> Result<Config, Error> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Config::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_url_comes_before_the_other_variables() {
        let both = [("DATABASE_URL", "postgresql://u@url/d"), ("PGHOST", "other"), ("PGUSER", "x")];
        assert_eq!(from_variables(&both).unwrap().settings().unwrap().user.as_deref(), Some("u"));
        let config = from_variables(&[("PGHOST", "h"), ("PGPASSWORD", r"a' b\c"), ("PGUSER", "")]).unwrap();
        assert_eq!(config.settings().unwrap().password.as_deref(), Some(r"a' b\c"));
        let error = from_variables(&[("PGUSER", "u")]).unwrap_err();
        assert_eq!(error.to_string(), "no database is named: set DATABASE_URL, or PGHOST and its like");
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = Config::from_url("postgresql://u:geheim@h/d").unwrap();
        assert!(!format!("{config:?}").contains("geheim"));
    }
}
