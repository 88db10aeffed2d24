//! Why a run ended before its end, and what to do about it.

use bindery_build::MigrationFiles;
use bindery_migrate::{ApplyError, Done, RunError, RunErrorKind, TransactionMode};

use crate::exit::{Failure, Problem};

/// The migration that failed is told at its place in its file.
pub fn of(files: &MigrationFiles, error: &RunError) -> Failure {
    match error.kind() {
        RunErrorKind::Failed(failed) => {
            let notes = broken_off(files, failed).into_iter().chain(others(error));
            Failure::Build(files.failure(failed, notes))
        }
        _ => of_no_file(error),
    }
}

/// The rest is no file's fault.
pub fn of_no_file(error: &RunError) -> Failure {
    let kind = error.kind();
    let problem = Problem { message: kind.to_string(), help: help(kind).map(str::to_owned) };
    match kind {
        RunErrorKind::NeedsVersions => Failure::Usage(problem),
        _ => Failure::Package(vec![problem]),
    }
}

fn help(kind: &RunErrorKind) -> Option<&'static str> {
    match kind {
        RunErrorKind::OutOfOrder { .. } => Some(
            "`--allow-out-of-order` applies them, or `out_of_order = \"apply\"` under [migrate] in bindery.toml",
        ),
        RunErrorKind::Locked(_) => Some(
            "`--wait 10min` waits longer; a statement of a migrator that was killed runs on, and the lock is free when it \
             is done, or after SELECT pg_terminate_backend(...) of that process",
        ),
        RunErrorKind::NeedsVersions => {
            Some("`--no-versioning` goes with `up`, `down`, `redo`, `reset` and those that name a version")
        }
        _ => None,
    }
}

/// A file that runs in no transaction may meet what it has made itself.
fn broken_off(files: &MigrationFiles, error: &ApplyError) -> Option<String> {
    /// duplicate_table, duplicate_column, duplicate_object, duplicate_function, duplicate_schema
    const DUPLICATES: [&str; 5] = ["42P07", "42701", "42710", "42723", "42P06"];
    let migration = files.migrations().iter().find(|migration| migration.path == error.path())?;
    let is_there = DUPLICATES.contains(&error.db_error()?.code().code());
    (is_there && migration.up.transaction == TransactionMode::None).then(|| {
        "a run that was broken off, or failed, may have made it: undo that by hand, or write IF NOT EXISTS where it is \
         certain to be complete (an index of CREATE INDEX CONCURRENTLY may be invalid)"
            .to_owned()
    })
}

/// What became of the other files.
fn others(error: &RunError) -> Vec<String> {
    let mut notes = Vec::new();
    match error.done() {
        [] => {}
        [only] => notes.push(format!("done before, and stays: {}", told(only))),
        [first, .., last] => {
            let count = error.done().len();
            notes.push(format!("done before, and stay: {count}, from {} to {}", told(first), told(last)));
        }
    }
    if !error.not_done().is_empty() {
        notes.push(format!("not done: {}", error.not_done().join(", ")));
    }
    notes
}

fn told(done: &Done) -> String {
    format!("{} ({})", done.path, done.direction)
}
