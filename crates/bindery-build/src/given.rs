//! A session on a database that the user names, such as the one in production.

use std::error::Error;

use postgres::NoTls;
use postgres::config::SslMode;

use crate::diagnostic::Diagnostic;
use crate::migrated::surroundings;
use crate::session::Session;

/// What may be done to a database that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The server itself refuses everything else.
    ReadOnly,
    /// For what is rolled back.
    ReadWrite,
}

/// Nobody waits long behind a migration that runs at this moment, nor does anybody wait behind us.
const OPTIONS: &str = "-c lock_timeout=5s";
const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// Connects to the database at `url`, in any form that libpq takes.
///
/// # Errors
/// The URL cannot be read or asks for TLS, or the server cannot be reached or refuses.
pub(crate) fn open(url: &str, access: Access) -> Result<Session, Box<Diagnostic>> {
    let mut config = read(url)?;
    let mut options = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
    options.push_str(OPTIONS);
    if access == Access::ReadOnly {
        options = format!("{options} {READ_ONLY}");
    }
    config.options(&options);
    Session::open(config).map_err(unreachable_server)
}

/// The same for one connection, with the settings that it has there and in the URL: poolers refuse others.
///
/// # Errors
/// As [`open`].
pub(crate) fn connect(url: &str) -> Result<postgres::Client, Box<Diagnostic>> {
    read(url)?.connect(NoTls).map_err(unreachable_server)
}

fn read(url: &str) -> Result<postgres::Config, Box<Diagnostic>> {
    let mut config: postgres::Config = url.parse().map_err(|error| {
        // The driver's message never repeats what it could not read, which may be a password.
        let help = "write `postgres://user:password@host/database`";
        Box::new(surroundings(error).help(help))
    })?;
    if config.get_ssl_mode() == SslMode::Require {
        let message = "the URL asks for TLS, which Bindery does not have yet";
        let help = "take `sslmode=prefer`, through a tunnel or on the server's own machine";
        return Err(Box::new(Diagnostic::error(message).help(help)));
    }
    if config.get_application_name().is_none() {
        config.application_name("cargo-bindery");
    }
    Ok(config)
}

fn unreachable_server(error: impl Error) -> Box<Diagnostic> {
    let help = "the server has to be reachable from here, and take connections without TLS";
    Box::new(surroundings(error).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_be_changed_and_options_stay() {
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        let url = format!("{}?options=-c%20search_path%3Dfleet", database.url());
        let mut session = open(&url, Access::ReadOnly).unwrap();
        let error = session.client.batch_execute("CREATE TABLE cars ()").unwrap_err();
        assert_eq!(error.code(), Some(&postgres::error::SqlState::READ_ONLY_SQL_TRANSACTION));
        let path = session.client.query_one("SHOW search_path", &[]).unwrap();
        assert_eq!(path.get::<_, &str>(0), "fleet");
        let mut session = open(database.url(), Access::ReadWrite).unwrap();
        session.client.batch_execute("CREATE TABLE cars ()").unwrap();
    }
}
