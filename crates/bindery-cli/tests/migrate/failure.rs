//! Runs that fail in the middle.

use super::package::{Package, UP_ONE};

#[test]
fn a_failure_is_told_at_its_place_with_what_was_done_and_what_not() {
    let package = Package::new("failure");
    package.write(
        "migrations/00002_owners.sql",
        "-- +goose Up\nCREATE TABLE half ();\n\nCREATE TABLE owners (\n    id bigit\n);\n",
    );
    let told = package.migrate(&["up"]);
    assert_eq!(told.status, Some(1));
    assert!(told.stdout.starts_with("OK    00001_cars.sql ("), "{told:#?}");
    let expected = "error: type \"bigit\" does not exist
 --> migrations/00002_owners.sql:5:8
  |
5 |     id bigit
  |        ^^^^^
  |
  = note: nothing of it was done
  = note: done before, and stays: migrations/00001_cars.sql (up)
  = note: not done: migrations/00003_trips.sql
";
    assert_eq!(told.stderr, expected);
    assert_eq!(package.tables(), ["cars"]);
    assert_eq!(package.done(&["version"]), "1\n");
}

#[test]
fn the_servers_detail_and_hint_are_told() {
    let package = Package::empty("detail");
    package.write(
        "migrations/1_key.sql",
        "-- +goose Up\nCREATE TABLE t (id int);\nINSERT INTO t VALUES (7), (7);\nCREATE UNIQUE INDEX ON t (id);\n",
    );
    let told = package.failed(&["up"]);
    assert!(told.contains("--> migrations/1_key.sql:4:1\n"), "{told}");
    assert!(told.contains("= note: Key (id)=(7) is duplicated.\n"), "{told}");
    package.write("migrations/1_key.sql", "-- +goose Up\nSELECT lenght('a');\n");
    let told = package.failed(&["up"]);
    assert!(told.contains("1_key.sql:2:8\n") && told.contains("= help: No function matches"), "{told}");
}

#[test]
fn a_way_back_that_fails_is_told_at_its_own_place() {
    let package = Package::empty("down");
    package.write("migrations/1_cars.sql", &UP_ONE.replace("DROP TABLE cars", "DROP TABLE carz"));
    package.done(&["up"]);
    let told = package.failed(&["down"]);
    assert!(told.contains("--> migrations/1_cars.sql:4:12\n"), "{told}");
    package.write("migrations/1_cars.sql", "-- +goose Up\nCREATE TABLE cars (plate text);\n");
    let told = package.failed(&["reset"]);
    assert!(told.contains("nothing is written about how to undo migrations/1_cars.sql"), "{told}");
    package.remove("migrations/1_cars.sql");
    assert!(package.failed(&["down"]).contains("there is no file to undo 1 with"));
    assert_eq!(package.tables(), ["cars"]);
}

#[test]
fn what_runs_in_no_transaction_stays_and_is_told() {
    let package = Package::empty("no-transaction");
    let text =
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a ();\nCREATE TABLE b ();\nSELECT 1 / 0;\n";
    package.write("migrations/1_a.sql", text);
    let told = package.failed(&["up"]);
    assert!(
        told.contains("1_a.sql:5:1\n") && told.contains("NO TRANSACTION: the 2 before it were done"),
        "{told}"
    );
    assert_eq!(package.tables(), ["a", "b"]);
    let again = package.failed(&["up"]);
    assert!(
        again.contains("relation \"a\" already exists") && again.contains("a run that was broken off"),
        "{again}"
    );
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_password() {
    let package = Package::new("unreachable");
    let url = "postgres://me:s3cret@127.0.0.1:1/app";
    let told = package.failed(&["up", "--database-url", url]);
    assert!(told.starts_with("error: ") && !told.contains("s3cret"), "{told}");
    let told = package.failed(&["up", "--database-url", "postgres://me:s3cret@host/app?sslmode=require"]);
    assert!(told.contains("TLS") && !told.contains("s3cret"), "{told}");
}
