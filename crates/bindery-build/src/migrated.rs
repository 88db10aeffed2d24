//! A temporary database with the migrations in it, and a session on it.
//!
//! ```text
//! states       0 ---- 1 ---- 2 ---- 3        after each migration, named by a hash of all that led there
//! kept                       x               by an earlier build, in the user's cache
//! this build                 start -> apply 3 -> keep -> describe
//! ```
//!
//! The newest state that an earlier build has kept is where this one starts, so that only new migrations run. A server that
//! the user names keeps nothing of ours: there every build applies all of them.

use std::error::Error;

use bindery_migrate::Migration;
use bindery_postgres::{Database, Server};

use crate::diagnostic::Diagnostic;
use crate::migrations;
use crate::progress::{Progress, Step};
use crate::project::Project;
use crate::session::Session;

/// Dropped with its server.
pub(crate) struct Migrated {
    pub session: Session,
    /// The server's major version.
    pub major: u32,
    /// Which of the project's states it is in.
    state: String,
    database: Database,
}

impl Migrated {
    /// Starts a server and applies all migrations of `project`, whatever an earlier build has kept: what it kept may hold
    /// an extension as it was before an upgrade.
    ///
    /// # Errors
    /// A migration fails, or no server can be found or asked.
    pub fn afresh(project: &Project, progress: &Progress) -> Result<Self, Box<Diagnostic>> {
        Self::start_from(project, project.migrations().len(), &[], progress)
    }

    /// Starts a server with the first `count` migrations of `project`, of which it applies those that no earlier build has
    /// kept.
    ///
    /// # Errors
    /// A migration fails, or no server can be found or asked.
    pub fn start(project: &Project, count: usize, progress: &Progress) -> Result<Self, Box<Diagnostic>> {
        // The newest first. An empty database is there without being kept.
        let keys: Vec<String> = project.states()[1..=count].iter().rev().map(|state| key(state)).collect();
        Self::start_from(project, count, &keys, progress)
    }

    fn start_from(
        project: &Project,
        count: usize,
        keys: &[String],
        progress: &Progress,
    ) -> Result<Self, Box<Diagnostic>> {
        progress.tell(Step::StartingServer);
        let (server, found) = Server::start_from(keys).map_err(surroundings)?;
        let database = server.create_database().map_err(surroundings)?;
        let applied = found.map_or(0, |index| count - index);
        if applied < count {
            let progress = |index| progress.tell(Step::Migrating { number: applied + index + 1, of: count });
            apply(&database, project, &project.migrations()[applied..count], progress)?;
            if let Some(key) = keys.first() {
                // A cache that is full, or cannot be written to, costs time only.
                let _ = server.keep(key);
            }
        }
        let session = Session::open(database.config()).map_err(surroundings)?;
        Ok(Self { session, major: server.major(), state: project.states()[count].clone(), database })
    }

    /// Whether it has exactly the migrations of `project`.
    pub fn is_of(&self, project: &Project) -> bool {
        project.states().last() == Some(&self.state)
    }

    /// Applies one more migration, and opens a session that knows nothing of before.
    ///
    /// # Errors
    /// It fails, or the server cannot be asked.
    pub fn apply_next(&mut self, project: &Project, index: usize) -> Result<(), Box<Diagnostic>> {
        apply(&self.database, project, &project.migrations()[index..=index], |_| {})?;
        self.session = Session::open(self.database.config()).map_err(surroundings)?;
        self.state.clone_from(&project.states()[index + 1]);
        Ok(())
    }
}

/// `begins` is told the number of each, from 0.
fn apply(
    database: &Database,
    project: &Project,
    migrations: &[Migration],
    begins: impl Fn(usize),
) -> Result<(), Box<Diagnostic>> {
    let mut client = database.connect().map_err(surroundings)?;
    for (index, migration) in migrations.iter().enumerate() {
        begins(index);
        migrations::apply(&mut client, &project.sources, migration)?;
    }
    Ok(())
}

/// A state as the cache names it.
fn key(state: &str) -> String {
    state.replace(':', "")
}

/// An error that no file of the user's is to blame for.
pub(crate) fn surroundings(error: impl Error) -> Box<Diagnostic> {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Box::new(Diagnostic::error(message))
}
