//! What a run did, and what a database has.

use std::time::Duration;

use crate::migration::Direction;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was run, in order; in a dry run, what would be.
    pub done: Vec<Done>,
    /// The newest version that the database has now; 0 if none.
    pub version: i64,
    /// Files that say something else now than when they were applied.
    pub edited: Vec<String>,
}

/// A migration that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// Its number; none if it has none, in a run without versions.
    pub version: Option<i64>,
    /// Its file, or the name that it was registered with.
    pub path: String,
    /// Which part of it.
    pub direction: Direction,
    /// There was no statement in it.
    pub is_empty: bool,
    /// It was noted as applied, and not run.
    pub is_baseline: bool,
    /// How long it took.
    pub duration: Duration,
}

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'e> {
    /// Somebody else migrates the database.
    Waiting,
    /// This one begins.
    Begin {
        /// Which it is, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// Its file, or the name that it was registered with.
        path: &'e str,
        /// Which part of it.
        direction: Direction,
    },
    /// This one is done.
    Done(&'e Done),
}

/// What a database has of the migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The newest version that is applied; 0 if none.
    pub version: i64,
    /// By number. Versions that are applied and have no file are among them.
    pub migrations: Vec<MigrationStatus>,
}

/// What a database has of one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// Its number.
    pub version: i64,
    /// Its file, or the name that it was registered with; none if it is applied and not here.
    pub path: Option<String>,
    /// Whether it is applied.
    pub state: State,
}

/// Whether a migration is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It is.
    Applied {
        /// When: `2026-11-24 18:03:56.1`, in the time zone of the session that applied it; empty if nobody noted it.
        at: String,
        /// The file says something else now.
        is_edited: bool,
    },
    /// It is not, and will be next.
    Pending,
    /// It is not, though a newer one is: it counts as [out of order](crate::OutOfOrder).
    PassedOver,
}

impl Report {
    /// The files that were applied, in order.
    pub fn applied(&self) -> impl Iterator<Item = &str> {
        let applied = self.done.iter().filter(|done| done.direction == Direction::Up);
        applied.map(|done| done.path.as_str())
    }
}
