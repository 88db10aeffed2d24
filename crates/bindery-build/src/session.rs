//! Connections to the migrated database: one that has statements described and hears what the server understood, and one
//! that asks the catalogs.

use std::fmt;

use postgres::{Client, NoTls};

use crate::analyze::node::{Value, unwrapped};
use crate::server_error::ServerError;
use crate::wire::{Statement, Wire, WireError};

/// Makes the server send the analysed and rewritten tree of each statement it parses, as a LOG notice.
///
/// All may be set by any user. Without pretty printing the text is a third of the size.
const SEND_TREES: &str =
    "SET debug_print_rewritten = on; SET debug_pretty_print = off; SET client_min_messages = log";

/// What the server is asked with.
pub(crate) struct Session {
    /// For look-ups in the catalogs.
    pub client: Client,
    /// With the settings of [`SEND_TREES`].
    wire: Wire,
}

/// Why the server could not be asked.
#[derive(Debug)]
pub(crate) enum SessionError {
    Client(postgres::Error),
    Wire(WireError),
}

impl Session {
    /// Opens fresh connections: a migration may have changed the settings of the one it ran on.
    ///
    /// # Errors
    /// The server refuses them.
    pub fn open(mut config: postgres::Config) -> Result<Self, SessionError> {
        let mut client = config.connect(NoTls)?;
        // Compiling a look-up would take longer than running it.
        client.batch_execute("SET jit = off")?;
        if config.get_user().is_none() {
            config.user(client.query_one("SELECT session_user::text", &[])?.get::<_, &str>(0));
        }
        let mut wire = Wire::connect(&config)?;
        wire.run(SEND_TREES, drop)?;
        Ok(Self { client, wire })
    }

    /// Parses and describes statements; nothing is planned or run. `heard` gets the analysed tree of each, by its number,
    /// as soon as it is there; none comes from a server that does not send it.
    ///
    /// # Errors
    /// The connection fails. What the server refuses is an answer.
    pub fn describe(
        &mut self,
        statements: &[&str],
        mut heard: impl FnMut(usize, String),
    ) -> Result<Vec<Result<Statement, ServerError>>, SessionError> {
        let answers = self.wire.describe(statements, |number, detail| {
            if is_tree(&detail) {
                heard(number, detail);
            }
        });
        Ok(answers?)
    }

    /// The last statement of a function in SQL, rewritten as if it were a query; none if the server does not look at it.
    ///
    /// The function is created anew and rolled back: creating it has its body analysed, whichever way it is written.
    ///
    /// # Errors
    /// The connection fails.
    pub fn function_body(&mut self, oid: u32) -> Result<Option<String>, SessionError> {
        let definition: String =
            self.client.query_one("SELECT pg_catalog.pg_get_functiondef($1)", &[&oid])?.get(0);
        self.wire.run("BEGIN; SET LOCAL check_function_bodies = on", drop)?;
        let mut trees = Vec::new();
        let outcome = self.wire.run(&definition, |detail| trees.extend(is_tree(&detail).then_some(detail)));
        self.wire.run("ROLLBACK", drop)?;
        match outcome {
            Err(error @ WireError::Io(_)) => Err(error.into()),
            Err(WireError::Server(_)) => Ok(None),
            // The first tree is that of CREATE FUNCTION.
            Ok(()) => Ok(trees.into_iter().skip(1).last().map(|tree| unwrapped(&tree))),
        }
    }

    /// Whether the server is to send trees, as one does that is not PostgreSQL itself.
    #[cfg(test)]
    pub fn send_trees(&mut self, sends: bool) {
        let value = if sends { "on" } else { "off" };
        self.wire.run(&format!("SET debug_print_rewritten = {value}"), drop).unwrap();
    }

    /// One statement, with its tree.
    #[cfg(test)]
    pub fn prepare(&mut self, sql: &str) -> Result<(Statement, Option<String>), ServerError> {
        let mut tree = None;
        let mut answers = self.describe(&[sql], |_, text| tree = Some(text)).unwrap();
        Ok((answers.remove(0)?, tree))
    }
}

/// The message is translated on a server that speaks another language, but its detail always opens a node list.
fn is_tree(detail: &str) -> bool {
    detail.trim_start().starts_with('(')
}

/// Whether a tree is that of a statement that the server looks at only when it runs, such as `CREATE` or `VACUUM`.
pub(crate) fn is_utility(tree: &Value<'_>) -> bool {
    let queries = match tree {
        Value::List(queries) => queries.as_slice(),
        _ => std::slice::from_ref(tree),
    };
    // PostgreSQL 14 writes `?` for most of them.
    queries.iter().filter_map(Value::as_node).any(|query| query.get("utilityStmt").is_some())
}

impl From<postgres::Error> for SessionError {
    fn from(error: postgres::Error) -> Self {
        Self::Client(error)
    }
}

impl From<WireError> for SessionError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Wire(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Client(error) => error.source(),
            Self::Wire(error) => error.source(),
        }
    }
}
