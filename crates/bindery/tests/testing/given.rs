//! On a server that is named, processes share a template, and nothing of theirs stays.

use std::io::Write;

use crate::run::{Given, Running, behind, given, outcome};

#[test]
fn nothing_stays_however_a_test_ends() {
    let Some(given) = given() else { return };
    for name in ["passes", "is_to_panic", "leaks"] {
        outcome(given.sample(name), true);
        assert_eq!(given.databases(), [""; 0], "{name}");
    }
    let expected = [
        ("panics", "as it was written"),
        ("returns_an_error", "as it was returned"),
        ("has_a_broken_fixture", "tests/fixtures/broken.sql:3:18: column \"nowhere\" does not exist"),
        ("has_a_broken_fixture_and_is_rolled_back", "tests/fixtures/broken.sql:3:18: column \"nowhere\""),
        ("has_a_broken_migration", "broken/00001_cars.sql"),
        ("commits", "the test has ended its transaction"),
    ];
    for (name, message) in expected {
        let said = outcome(given.sample(name), false);
        assert!(said.contains(message), "{name}: {said}");
        assert_eq!(given.databases(), [""; 0], "{name}");
    }
}

#[test]
fn processes_share_a_template_and_the_last_one_drops_it() {
    let Some(given) = given() else { return };
    let (mut first, migrated_by) = waiting(&given);
    let template = given.databases().into_iter().find(|name| name.starts_with("bindery_template_")).unwrap();
    // At once, while the first one uses it.
    let mut others: Vec<_> = (0..3).map(|_| Running::start(given.sample("passes"))).collect();
    for other in &mut others {
        let said = std::io::read_to_string(other.0.stdout.take().unwrap()).unwrap();
        assert_eq!(behind(&said, "migrated by "), migrated_by);
        assert!(other.0.wait().unwrap().success());
    }
    assert!(given.databases().contains(&template));
    first.0.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    assert!(first.0.wait().unwrap().success());
    assert_eq!(given.databases(), [""; 0]);
}

#[test]
fn processes_that_start_at_once_migrate_once() {
    let Some(given) = given() else { return };
    let mut all: Vec<_> = (0..4).map(|_| waiting_soon(&given)).collect();
    let sessions: Vec<String> = all.iter_mut().map(|process| process.until_it_waits().migrated_by).collect();
    assert!(sessions.iter().all(|session| *session == sessions[0]), "{sessions:?}");
    for process in &mut all {
        process.0.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    }
    for process in &mut all {
        assert!(process.0.wait().unwrap().success());
    }
    assert_eq!(given.databases(), [""; 0]);
}

#[test]
fn the_next_run_sweeps_what_a_killed_one_has_left() {
    let Some(given) = given() else { return };
    let (mut process, _) = waiting(&given);
    process.0.kill().unwrap();
    process.0.wait().unwrap();
    // The server takes a moment to see it.
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'bindery%' OR datname LIKE 'bindery\\__%'";
    let mut client = given.connect("bindery");
    while client.query_one(sessions, &[]).unwrap().get::<_, i64>(0) > 0 {
        std::thread::yield_now();
    }
    drop(client);
    let left = given.databases();
    let begin = |word: &str| left.iter().filter(|name| name.starts_with(word)).count();
    assert_eq!((begin("bindery_tmp_"), begin("bindery_template_")), (1, 1), "{left:?}");
    outcome(given.sample("has_a_broken_migration"), false);
    assert_eq!(given.databases(), [""; 0]);
}

/// A test that waits, and the session that has migrated its template.
fn waiting(given: &Given) -> (Running, String) {
    let mut process = waiting_soon(given);
    let session = process.until_it_waits().migrated_by;
    (process, session)
}

fn waiting_soon(given: &Given) -> Running {
    Running::start(given.sample("waits"))
}
