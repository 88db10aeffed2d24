//! A database that is kept when its test fails.

use std::path::Path;
use std::process::Command;
use std::thread;

use bindery_postgres::{Client, Config, NoTls};

use crate::run::{Running, behind, given, outcome, sample};

/// The URL between psql's quotes.
fn url(said: &str) -> &str {
    behind(said, "psql '").trim_end_matches('\'')
}

/// The command that removes it.
fn removal(said: &str) -> &str {
    said.split_once("is removed with\n").unwrap().1.lines().next().unwrap().trim()
}

fn connect(url: &str) -> Client {
    url.parse::<Config>().unwrap().connect(NoTls).unwrap()
}

#[test]
fn a_database_that_is_kept_outlives_its_process_on_a_temporary_server() {
    let mut command = sample("panics");
    let said = outcome(
        {
            command.env("BINDERY_KEEP", "1");
            command
        },
        false,
    );
    let mut client = connect(url(&said));
    let owner: String = client.query_one("SELECT name FROM owners", &[]).unwrap().get(0);
    assert_eq!(owner, "Linus");
    let data: String = client.query_one("SHOW data_directory", &[]).unwrap().get(0);
    // Another run leaves it as it is.
    outcome(sample("passes"), true);
    assert!(client.query_one("SELECT name FROM owners", &[]).is_ok());
    assert!(Command::new("sh").args(["-c", removal(&said)]).status().unwrap().success());
    while client.simple_query("").is_ok() {
        thread::yield_now();
    }
    // The server removes the file last.
    let pid_file = Path::new(&data).join("postmaster.pid");
    while pid_file.exists() {
        thread::yield_now();
    }
    outcome(sample("passes"), true);
    assert!(!Path::new(&data).exists());
}

#[test]
fn a_process_that_is_killed_keeps_nothing() {
    let mut command = sample("waits");
    command.env("BINDERY_KEEP", "1");
    let mut process = Running::start(command);
    let url = process.until_it_waits().url;
    let mut client = connect(&url);
    let data: String = client.query_one("SHOW data_directory", &[]).unwrap().get(0);
    process.0.kill().unwrap();
    while client.simple_query("").is_ok() || Path::new(&data).exists() {
        thread::yield_now();
    }
}

#[test]
fn what_passes_is_not_kept() {
    let Some(given) = given() else { return };
    for name in ["passes", "is_to_panic", "leaks"] {
        let mut command = given.sample(name);
        command.env("BINDERY_KEEP", "1");
        let said = outcome(command, true);
        assert!(!said.contains("is kept"), "{said}");
        assert_eq!(given.databases(), [""; 0], "{name}");
    }
}

#[test]
fn a_database_that_is_kept_on_a_given_server_is_swept_by_nobody() {
    let Some(given) = given() else { return };
    for name in ["panics", "returns_an_error"] {
        let mut command = given.sample(name);
        command.env("BINDERY_KEEP", "1");
        let said = outcome(command, false);
        assert!(said.contains(&format!("the database of testing::samples::{name} is kept")), "{said}");
        outcome(given.sample("passes"), true);
        let kept = given.databases();
        assert!(kept.len() == 1 && kept[0].starts_with("bindery_kept_"), "{kept:?}");
        connect(url(&said)).query("SELECT name FROM owners", &[]).unwrap();
        let removed = Command::new("sh").args(["-c", removal(&said)]).status().unwrap();
        assert!(removed.success());
        assert_eq!(given.databases(), [""; 0]);
    }
}
