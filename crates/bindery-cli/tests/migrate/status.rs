//! What a database has, and files that are not what was applied.

use super::package::{Package, UP_ONE};

/// The second column without its times.
fn status(package: &Package) -> Vec<(String, String, String)> {
    let told = package.migrate(&["status"]);
    assert_eq!(told.status, Some(0), "{told:#?}");
    let file_at = told.stdout.find("FILE").unwrap();
    let row = |line: &str| {
        let (left, file) = line.split_at(file_at);
        let (version, state) = left.split_once(' ').unwrap();
        let is_time = state.trim().starts_with("20");
        let state = if is_time { "applied" } else { state.trim() };
        (version.to_owned(), state.to_owned(), file.to_owned())
    };
    told.stdout.lines().skip(1).map(row).collect()
}

fn rows(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter().map(|(version, state, file)| ((*version).into(), (*state).into(), (*file).into())).collect()
}

#[test]
fn every_state_is_told() {
    let package = Package::new("status");
    let pending = [
        ("1", "pending", "00001_cars.sql"),
        ("2", "pending", "00002_owners.sql"),
        ("3", "pending", "00003_trips.sql"),
    ];
    assert_eq!(status(&package), rows(&pending));
    package.done(&["up-to", "1"]);
    package.remove("migrations/00002_owners.sql");
    package.done(&["up"]);
    package.write("migrations/00002_late.sql", "-- +goose Up\n");
    package.write("migrations/00001_cars.sql", &UP_ONE.replace("plate", "number"));
    package.remove("migrations/00003_trips.sql");
    package.write("migrations/00004_new.sql", "-- +goose Up\n");
    let expected = [
        ("1", "applied", "00001_cars.sql (edited)"),
        ("2", "passed over", "00002_late.sql"),
        ("3", "applied", "no file"),
        ("4", "pending", "00004_new.sql"),
    ];
    assert_eq!(status(&package), rows(&expected));
    let json: serde_json::Value =
        serde_json::from_str(&package.migrate(&["status", "--json"]).stdout).unwrap();
    assert_eq!((&json[0]["edited"], &json[1]["state"]), (&true.into(), &"passed over".into()));
    assert!(json[2]["file"].is_null() && json[2]["applied_at"].is_string(), "{json}");
}

#[test]
fn a_check_fails_for_what_is_pending_or_passed_over_or_edited() {
    let package = Package::new("check");
    let checked = || package.migrate(&["status", "--check"]).status;
    assert_eq!(checked(), Some(1));
    package.done(&["up"]);
    assert_eq!(checked(), Some(0));
    package.write("migrations/00001_cars.sql", &UP_ONE.replace("plate", "number"));
    assert_eq!(checked(), Some(1));
    package.write("migrations/00001_cars.sql", UP_ONE);
    package.write("migrations/00004_new.sql", "-- +goose Up\n");
    assert_eq!(checked(), Some(1));
    package.remove("migrations/00004_new.sql");
    // A newer program may have brought it.
    package.remove("migrations/00003_trips.sql");
    assert_eq!(checked(), Some(0));
}

#[test]
fn a_file_that_was_edited_is_told_with_what_to_do() {
    let package = Package::new("edited");
    package.done(&["up-to", "1"]);
    package.write("migrations/00001_cars.sql", &UP_ONE.replace("plate", "number"));
    let told = package.migrate(&["up", "--dry-run"]);
    let message = "warning: `migrations/00001_cars.sql` says something else now than when it was applied\n";
    assert!(told.status == Some(0) && told.stderr.starts_with(message), "{told:#?}");
    // What is advised works.
    let (_, sql) = told.stderr.trim_end().rsplit_once(": ").unwrap();
    assert_eq!(sql, "DELETE FROM goose_db_version_checksums WHERE version_id = 1");
    package.connect().batch_execute(sql).unwrap();
    assert_eq!(package.migrate(&["status"]).stderr, "");
    package.done(&["redo"]);
    assert_eq!(package.migrate(&["status"]).stderr, "");
}
