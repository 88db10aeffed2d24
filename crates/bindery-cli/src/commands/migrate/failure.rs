//! Why a run ended before its end, and what to do about it.

use bindery_build::MigrationFiles;
use bindery_migrate::{Done, RunError, RunErrorKind};

use crate::exit::{Failure, Problem};

/// The migration that failed is told at its place in its file; the rest is no file's fault.
pub fn of(files: &MigrationFiles, error: &RunError) -> Failure {
    let problem = Problem::new(error.kind().to_string());
    match error.kind() {
        RunErrorKind::Failed(failed) => Failure::Build(files.failure(failed, others(error))),
        RunErrorKind::NeedsVersions => Failure::Usage(
            problem.help("`--no-versioning` goes with `up`, `down` and those that name a version"),
        ),
        kind => Failure::Package(vec![match help(kind) {
            Some(help) => problem.help(help),
            None => problem,
        }]),
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
        _ => None,
    }
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
