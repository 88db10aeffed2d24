//! A migrator that is killed in the middle of a statement, and the next one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use bindery_postgres::Client;

use super::package::{Package, told};

/// A package with a table that is there, and a session that keeps migrations on it waiting.
struct Scene {
    package: Package,
    holder: Client,
}

impl Scene {
    fn new(name: &str, holds: &str, migration: &str) -> Self {
        let package = Package::empty(name);
        package.write(
            "migrations/1_cars.sql",
            "-- +goose Up\nCREATE TABLE cars (plate text);\nINSERT INTO cars VALUES ('A');\n",
        );
        package.done(&["up"]);
        package.write("migrations/2_more.sql", migration);
        let mut holder = package.connect();
        holder.batch_execute(&format!("BEGIN; {holds}")).unwrap();
        Self { package, holder }
    }

    fn up(&self) -> Child {
        let mut up = self.package.on_database(&["up", "--wait", "1min"]);
        up.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Kills a run that is in a statement of this text, in whatever it waits for there.
    fn kill_in(&self, statement: &str) {
        let is_there = format!(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
             AND application_name = 'cargo-bindery' AND query LIKE '{statement}%'
             AND wait_event_type IN ('Lock', 'Timeout'))"
        );
        let (mut up, mut client) = (self.up(), self.package.connect());
        while !client.query_one(&is_there, &[]).unwrap().get::<_, bool>(0) {
            assert!(up.try_wait().unwrap().is_none(), "it ended before it could be killed");
        }
        up.kill().unwrap();
        up.wait().unwrap();
    }

    /// The next run waits for what the server still does for the one that was killed.
    fn up_again(mut self) -> (Package, super::package::Told) {
        let mut up = self.up();
        let mut line = String::new();
        BufReader::new(up.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "waiting for somebody else who migrates this database\n");
        self.holder.batch_execute("COMMIT").unwrap();
        (self.package, told(&up.wait_with_output().unwrap()))
    }
}

fn count(package: &Package, sql: &str) -> i64 {
    package.connect().query_one(&format!("SELECT count(*) FROM {sql}"), &[]).unwrap().get(0)
}

#[test]
fn ddl_in_a_transaction_is_undone_and_done_again() {
    let text = "-- +goose Up\nCREATE TABLE more ();\nALTER TABLE cars ADD seats int;\n";
    let scene = Scene::new("killed-ddl", "LOCK TABLE cars", text);
    scene.kill_in("ALTER TABLE cars");
    let (package, told) = scene.up_again();
    assert!(told.status == Some(0) && told.stdout.ends_with("1 done, version 2\n"), "{told:#?}");
    assert_eq!(package.tables(), ["cars", "more"]);
    assert_eq!(package.noted(), [(0, true), (1, true), (2, true)]);
}

#[test]
fn changes_to_rows_in_a_transaction_are_undone_and_done_again() {
    let text = "-- +goose Up\nINSERT INTO cars VALUES ('B');\nUPDATE cars SET plate = plate || '!';\n";
    let scene = Scene::new("killed-dml", "SELECT FROM cars FOR UPDATE", text);
    scene.kill_in("UPDATE cars");
    let (package, told) = scene.up_again();
    assert!(told.status == Some(0) && told.stdout.ends_with("1 done, version 2\n"), "{told:#?}");
    assert_eq!(count(&package, "cars WHERE plate IN ('A!', 'B!')"), 2);
    assert_eq!(count(&package, "cars"), 2);
}

#[test]
fn what_ran_in_no_transaction_stays_and_the_next_run_says_so() {
    let text =
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY by_plate ON cars (plate);\n";
    let scene = Scene::new("killed-concurrently", "INSERT INTO cars VALUES ('B')", text);
    scene.kill_in("CREATE INDEX CONCURRENTLY");
    let (package, told) = scene.up_again();
    assert_eq!(told.status, Some(1), "{told:#?}");
    assert!(told.stderr.contains("relation \"by_plate\" already exists"), "{told:#?}");
    assert!(told.stderr.contains("a run that was broken off"), "{told:#?}");
    assert_eq!(package.noted(), [(0, true), (1, true)]);
    // As it is told: undone by hand, it runs again.
    package.connect().batch_execute("DROP INDEX by_plate").unwrap();
    package.done(&["up"]);
    assert_eq!(count(&package, "pg_index WHERE indexrelid = 'by_plate'::regclass AND indisvalid"), 1);
}

#[test]
fn a_block_that_runs_on_is_ended_and_undone() {
    let text = "-- +goose Up\n-- +goose StatementBegin\nDO $$ BEGIN CREATE TABLE more (); PERFORM pg_sleep(3600); END $$;\n-- +goose StatementEnd\n";
    let scene = Scene::new("killed-block", "SELECT", text);
    scene.kill_in("DO");
    // The server does not notice before the statement ends; the message names the process to end.
    let told = scene.package.failed(&["up", "--wait", "0s"]);
    let (_, pid) = told.split_once(": process ").unwrap();
    let pid = pid.split(' ').next().unwrap();
    scene.package.connect().batch_execute(&format!("SELECT pg_terminate_backend({pid})")).unwrap();
    scene.package.write("migrations/2_more.sql", &text.replace("PERFORM pg_sleep(3600); ", ""));
    assert_eq!(scene.package.done(&["up"]), "OK    2_more.sql\n1 done, version 2\n");
    assert_eq!(scene.package.tables(), ["cars", "more"]);
}
