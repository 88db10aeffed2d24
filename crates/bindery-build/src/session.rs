//! A connection that prepares statements and hears what the server understood.

use std::sync::{Arc, Mutex};

use postgres::error::DbError;
use postgres::{Client, NoTls, Statement};

use crate::analyze::node::unwrapped;

/// Makes the server send the analysed and rewritten tree of each statement it parses, as a LOG notice.
///
/// All may be set by any user. Without pretty printing the text is a third of the size; compiling a look-up in the catalogs
/// would take longer than running it.
const SEND_TREES: &str = "SET debug_print_rewritten = on; SET debug_pretty_print = off; SET client_min_messages = log; SET jit = off";

/// A connection with the settings of [`SEND_TREES`].
pub(crate) struct Session {
    pub client: Client,
    trees: Arc<Mutex<Vec<String>>>,
}

/// What the server makes of a statement.
pub(crate) struct Prepared {
    pub statement: Statement,
    /// The rewritten tree; none from a server that does not send it.
    pub tree: Option<String>,
}

impl Prepared {
    /// Whether it is a statement that the server looks at only when it runs, such as `CREATE` or `VACUUM`.
    pub fn is_utility(&self) -> bool {
        let mut words = self.tree.as_deref().unwrap_or_default().split_ascii_whitespace();
        words.any(|word| word == ":utilityStmt") && words.next().is_some_and(|node| node.starts_with('{'))
    }
}

impl Session {
    /// Opens a fresh connection: a migration may have changed the settings of the one it ran on.
    ///
    /// # Errors
    /// The server refuses the connection.
    pub fn open(mut config: postgres::Config) -> Result<Self, postgres::Error> {
        let trees: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&trees);
        config.notice_callback(move |notice| {
            if let Some(tree) = tree_of(&notice) {
                sink.lock().expect("nothing panics while it holds the lock").push(tree.to_owned());
            }
        });
        let mut client = config.connect(NoTls)?;
        client.batch_execute(SEND_TREES)?;
        Ok(Self { client, trees })
    }

    /// Parses and describes `sql`; nothing is planned or run.
    ///
    /// # Errors
    /// The server's own error, with its position.
    pub fn prepare(&mut self, sql: &str) -> Result<Prepared, postgres::Error> {
        self.heard().clear();
        let statement = self.client.prepare(sql)?;
        // The driver's look-ups of unknown types are parsed too, after the statement itself.
        let tree = self.heard().drain(..).next();
        Ok(Prepared { statement, tree })
    }

    /// Whether the server is to send trees; those of look-ups in the catalogs are long, and nobody reads them.
    ///
    /// # Errors
    /// The connection fails.
    pub fn send_trees(&mut self, sends: bool) -> Result<(), postgres::Error> {
        let value = if sends { "on" } else { "off" };
        self.client.batch_execute(&format!("SET debug_print_rewritten = {value}"))
    }

    /// The last statement of a function in SQL, rewritten as if it were a query; none if the server does not look at it.
    ///
    /// The function is created anew and rolled back: creating it has its body analysed, whichever way it is written.
    ///
    /// # Errors
    /// The connection fails.
    pub fn function_body(&mut self, oid: u32) -> Result<Option<String>, postgres::Error> {
        let definition: String =
            self.client.query_one("SELECT pg_catalog.pg_get_functiondef($1)", &[&oid])?.get(0);
        let mut transaction = self.client.transaction()?;
        transaction
            .batch_execute("SET LOCAL check_function_bodies = on; SET LOCAL debug_print_rewritten = on")?;
        self.trees.lock().expect("nothing panics while it holds the lock").clear();
        let outcome = transaction.batch_execute(&definition);
        // The first tree is that of CREATE FUNCTION.
        let heard =
            self.trees.lock().expect("nothing panics while it holds the lock").drain(..).skip(1).last();
        transaction.rollback()?;
        match outcome {
            Err(error) if error.as_db_error().is_none() => Err(error),
            Err(_) => Ok(None),
            Ok(()) => Ok(heard.map(|tree| unwrapped(&tree))),
        }
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.trees.lock().expect("nothing panics while it holds the lock")
    }
}

/// The message is translated on a server that speaks another language, but its detail always opens a node list.
fn tree_of(notice: &DbError) -> Option<&str> {
    notice.detail().filter(|detail| detail.trim_start().starts_with('('))
}
