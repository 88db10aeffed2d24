//! Whether each migration's way back leads back: it is applied, undone and applied again, and the schema has to be what it
//! was before, and what it was after.
//!
//! ```text
//! schema       what a database has, as `drift` asks for it, and what a drift does not ask for
//! here         before -> Up -> after -> Down -> before? -> Up -> after? -> the next one
//! ```

mod schema;

use std::fmt;

use bindery_migrate::{Direction, Migration};
use bindery_postgres::{Database, Server};
use postgres::Client;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::migrated::surroundings;
use crate::migrations;
use crate::pipeline::has_errors;
use crate::progress::Step;
use crate::project::Project;

use schema::Schema;

/// What [`Config::round_trip`] has found, a migration after the other.
#[derive(Debug)]
#[non_exhaustive]
pub struct RoundTrip {
    /// Every migration, in the order in which they are applied.
    pub migrations: Vec<RoundTripped>,
}

/// How a migration came back.
#[derive(Debug)]
#[non_exhaustive]
pub struct RoundTripped {
    /// Its file.
    pub path: String,
    /// How it went.
    pub outcome: RoundTripOutcome,
}

/// How a migration came back.
#[derive(Debug)]
#[non_exhaustive]
pub enum RoundTripOutcome {
    /// The schema came back the same, both times.
    Same,
    /// Nothing is written about the way back.
    NoDown,
    /// The server refuses one of its statements on the way back, or when it is applied again.
    Failed {
        /// On which way.
        direction: Direction,
        /// What the server says, by file and line.
        error: Diagnostic,
    },
    /// It runs, and the schema is another.
    Differs {
        /// How the schema after the way back differs from the one before the migration: a line of text each.
        undone: Vec<String>,
        /// How the schema after it was applied again differs from the one after the first time.
        again: Vec<String>,
    },
}

impl RoundTrip {
    /// Whether any migration does not come back; one without a way back is none.
    pub fn has_errors(&self) -> bool {
        self.migrations.iter().any(|migration| migration.outcome.is_wrong())
    }
}

impl RoundTripOutcome {
    fn is_wrong(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Differs { .. })
    }
}

impl fmt::Display for RoundTripped {
    /// What is the matter, a line each; nothing if all is well.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.outcome {
            RoundTripOutcome::Same => Ok(()),
            RoundTripOutcome::NoDown => {
                writeln!(f, "note: {path}: nothing is written about the way back")
            }
            RoundTripOutcome::Failed { direction, error } => {
                let when = if *direction == Direction::Down { "undone" } else { "applied again" };
                writeln!(f, "error: {path} cannot be {when}: {error}")
            }
            RoundTripOutcome::Differs { undone, again } => {
                let write = |f: &mut fmt::Formatter<'_>, after: &str, lines: &[String]| {
                    lines.iter().try_for_each(|line| writeln!(f, "error: {path}: {after}, {line}"))
                };
                write(f, "undone", undone)?;
                write(f, "applied again", again)
            }
        }
    }
}

impl Config {
    /// Applies every migration to a temporary database, undoes it and applies it again, and compares the schemas. One that
    /// does not come back does not keep the next ones from being looked at.
    ///
    /// Data is not looked at: the tables are empty.
    ///
    /// # Errors
    /// The project itself is wrong, a migration cannot be applied in the first place, or no server can be found. What does
    /// not come back is no error but the outcome.
    pub fn round_trip(&self) -> Result<RoundTrip, Error> {
        let mut diagnostics = Vec::new();
        let project = Project::read(self, &mut diagnostics);
        if has_errors(&diagnostics) {
            return Err(Error::new(diagnostics));
        }
        self.progress.tell(Step::StartingServer);
        let round = |diagnostic: Box<Diagnostic>| Error::new(vec![*diagnostic]);
        let server = Server::start().map_err(surroundings).map_err(round)?;
        let mut there = There::new(&server, &project, 0).map_err(round)?;
        let mut found = Vec::new();
        let of = project.migrations().len();
        for (index, migration) in project.migrations().iter().enumerate() {
            self.progress.tell(Step::Migrating { number: index + 1, of });
            let outcome = there.and_back(migration).map_err(round)?;
            if outcome.is_wrong() {
                // What comes next is to meet what the migrations make, and nothing that was left or taken.
                there = There::new(&server, &project, index + 1).map_err(round)?;
            }
            found.push(RoundTripped { path: migration.path.clone(), outcome });
        }
        Ok(RoundTrip { migrations: found })
    }
}

/// A database on its way.
struct There<'p> {
    project: &'p Project,
    client: Client,
    schema: Schema,
    // Goes after the connection to it.
    _database: Database,
}

impl<'p> There<'p> {
    /// A new one, with the first `count` migrations.
    fn new(server: &Server, project: &'p Project, count: usize) -> Result<Self, Box<Diagnostic>> {
        let database = server.create_database().map_err(surroundings)?;
        let mut client = database.connect().map_err(surroundings)?;
        for migration in &project.migrations()[..count] {
            migrations::apply(&mut client, &project.sources, migration)?;
        }
        let schema = Schema::load(&mut client).map_err(surroundings)?;
        Ok(Self { project, client, schema, _database: database })
    }

    /// Leaves the database as the migration makes it, if it comes back.
    fn and_back(&mut self, migration: &Migration) -> Result<RoundTripOutcome, Box<Diagnostic>> {
        migrations::apply(&mut self.client, &self.project.sources, migration)?;
        let after = self.look()?;
        if migration.down.is_none() {
            self.schema = after;
            return Ok(RoundTripOutcome::NoDown);
        }
        let failed =
            |direction, error: Box<Diagnostic>| RoundTripOutcome::Failed { direction, error: *error };
        if let Err(error) = migrations::undo(&mut self.client, &self.project.sources, migration) {
            return Ok(failed(Direction::Down, error));
        }
        let back = self.look()?;
        let undone = self.schema.differences(&back);
        if let Err(error) = migrations::apply(&mut self.client, &self.project.sources, migration) {
            // What it trips over is what the way back has left.
            return Ok(match undone.is_empty() {
                true => failed(Direction::Up, error),
                false => RoundTripOutcome::Differs { undone, again: vec![error.to_string()] },
            });
        }
        self.schema = self.look()?;
        let again = after.differences(&self.schema);
        Ok(match undone.is_empty() && again.is_empty() {
            true => RoundTripOutcome::Same,
            false => RoundTripOutcome::Differs { undone, again },
        })
    }

    fn look(&mut self) -> Result<Schema, Box<Diagnostic>> {
        Schema::load(&mut self.client).map_err(surroundings)
    }
}
