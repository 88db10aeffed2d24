//! What was done, as lines and as JSON.

use std::time::Duration;

use bindery_build::MigrationFiles;
use bindery_migrate::{Direction, Done, Report, RunError};
use serde_json::{Value, json};

use crate::exit::Problem;
use crate::terminal::Terminal;

/// `OK    00001_cars.sql (12.3 ms)`, nearly as goose has it.
pub fn line(done: &Done) -> String {
    let word = match (done.is_baseline, done.is_empty) {
        (true, _) => "NOTED",
        (false, true) => "EMPTY",
        (false, false) => "OK",
    };
    let undone = match done.direction {
        Direction::Up => "",
        Direction::Down => ", undone",
    };
    format!("{word:5} {}{undone} ({})", name(&done.path), time(done.duration))
}

/// A file's name without its folder.
pub fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1000.0),
        seconds => format!("{seconds:.2} s"),
    }
}

/// `steps` take the place of what was done where only that would be done is told.
pub fn json(outcome: &Result<Report, RunError>, steps: Option<Vec<Value>>) -> Value {
    let done = |done: &[Done]| done.iter().map(json_of_done).collect::<Vec<_>>();
    match outcome {
        Ok(report) => json!({
            "version": report.version,
            "done": steps.unwrap_or_else(|| done(&report.done)),
            "not_done": [],
            "edited": report.edited,
            "error": null,
        }),
        Err(error) => json!({
            "version": null,
            "done": done(error.done()),
            "not_done": error.not_done(),
            "edited": [],
            "error": error.kind().to_string(),
        }),
    }
}

pub fn json_of_done(done: &Done) -> Value {
    json!({
        "version": done.version,
        "file": done.path,
        "direction": done.direction.to_string(),
        "empty": done.is_empty,
        "baseline": done.is_baseline,
        "milliseconds": done.duration.as_secs_f64() * 1000.0,
    })
}

/// Says which files are not what was applied, and what to do about each.
pub fn warn_of_edited(terminal: &Terminal, files: &MigrationFiles, table: &str, edited: &[String]) {
    for path in edited {
        let version = files.migrations().iter().find(|migration| migration.path == *path);
        let version = version.and_then(|migration| migration.version).unwrap_or(0);
        let message = format!("`{path}` says something else now than when it was applied");
        let help = format!(
            "get back the file that was applied; or, if it was the last one, `cargo bindery migrate redo`; or, if the \
             database has what it says now: DELETE FROM {} WHERE version_id = {version}",
            checksums(table)
        );
        terminal.warn(&Problem::new(message).help(help));
    }
}

/// The table beside goose's.
pub fn checksums(table: &str) -> String {
    match table.strip_suffix('"') {
        Some(quoted) => format!("{quoted}_checksums\""),
        None => format!("{table}_checksums"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_three_digits_or_so() {
        assert_eq!(time(Duration::from_micros(12_345)), "12.3 ms");
        assert_eq!(time(Duration::from_micros(40)), "0.0 ms");
        assert_eq!(time(Duration::from_millis(1_234)), "1.23 s");
    }

    #[test]
    fn the_table_of_checksums_is_named_after_the_other() {
        assert_eq!(checksums("goose_db_version"), "goose_db_version_checksums");
        assert_eq!(checksums("app.\"Versions\""), "app.\"Versions_checksums\"");
    }
}
