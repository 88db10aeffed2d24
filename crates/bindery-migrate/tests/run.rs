//! Migrations on a real server.

#![allow(clippy::unwrap_used)]

use std::thread;

use bindery_migrate::{Migration, UpError, apply, parse, up};
use bindery_postgres::{Database, Server};

fn database() -> Database {
    Server::start().unwrap().create_database().unwrap()
}

fn migration(path: &str, text: &str) -> Migration {
    parse(path, text).unwrap()
}

fn cars_and_owners() -> Vec<Migration> {
    vec![
        migration("1_cars.sql", "-- +goose Up\nCREATE TABLE cars ();\n-- +goose Down\nDROP TABLE cars;\n"),
        migration(
            "2_owners.sql",
            "-- +goose Up\nCREATE TABLE owners ();\n-- +goose Down\nDROP TABLE owners;\n",
        ),
    ]
}

fn tables(database: &Database) -> Vec<String> {
    let sql = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1";
    database.connect().unwrap().query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn ups_are_applied_and_downs_are_not() {
    let database = database();
    apply(&mut database.connect().unwrap(), &cars_and_owners()).unwrap();
    assert_eq!(tables(&database), ["cars", "owners"]);
}

#[test]
fn what_cannot_run_in_a_transaction_runs_without() {
    let database = database();
    let index = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a);\n";
    apply(&mut database.connect().unwrap(), &[migration("1_i.sql", index)]).unwrap();
    let with = index
        .replace("-- +goose NO TRANSACTION\n", "")
        .replace("TABLE t", "TABLE u")
        .replace("i ON t", "j ON u");
    let error = apply(&mut database.connect().unwrap(), &[migration("1_j.sql", &with)]).unwrap_err();
    assert!(
        error.to_string().contains("1_j.sql, statement 2: CREATE INDEX CONCURRENTLY cannot run"),
        "{error}"
    );
    assert!(error.to_string().contains("nothing of this file was done"), "{error}");
    assert_eq!(tables(&database), ["t"]);
}

#[test]
fn an_error_leads_to_its_place_in_the_file() {
    let text = "-- +goose Up\nCREATE TABLE a ();\n\n-- Größe\nCREATE TABLE b (\n    id bigit\n);\n";
    let error = apply(&mut database().connect().unwrap(), &[migration("1_b.sql", text)]).unwrap_err();
    assert_eq!(error.path(), "1_b.sql");
    assert_eq!(&text[error.offset().unwrap()..][..5], "bigit");
}

#[test]
fn a_database_is_brought_up_to_date_once() {
    let database = database();
    let mut client = database.connect().unwrap();
    let all = cars_and_owners();
    assert_eq!(up(&mut client, &all[..1]).unwrap().applied, ["1_cars.sql"]);
    assert_eq!(up(&mut client, &all).unwrap().applied, ["2_owners.sql"]);
    let report = up(&mut client, &all).unwrap();
    assert_eq!((report.applied.len(), report.version), (0, 2));
    let sql = "SELECT version_id FROM goose_db_version WHERE is_applied ORDER BY id";
    let versions: Vec<i64> = client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(versions, [0, 1, 2]);
}

#[test]
fn the_table_of_older_gooses_is_understood() {
    let database = database();
    let mut client = database.connect().unwrap();
    let old = "CREATE TABLE goose_db_version (id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL,
               tstamp timestamp NULL DEFAULT now(), PRIMARY KEY (id));
               INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (2, false)";
    client.batch_execute(old).unwrap();
    assert_eq!(up(&mut client, &cars_and_owners()).unwrap().applied, ["2_owners.sql"]);
}

#[test]
fn a_migration_that_comes_too_late_is_refused() {
    let database = database();
    let mut client = database.connect().unwrap();
    let all = cars_and_owners();
    up(&mut client, &all[1..]).unwrap();
    let error = up(&mut client, &all).unwrap_err();
    assert!(
        matches!(&error, UpError::OutOfOrder { missing, current: 2 } if missing == &["1_cars.sql"]),
        "{error}"
    );
    assert_eq!(tables(&database), ["goose_db_version", "owners"]);
}

#[test]
fn a_failure_keeps_what_was_done_before() {
    let database = database();
    let mut client = database.connect().unwrap();
    let mut all = cars_and_owners();
    all.push(migration("3_bad.sql", "-- +goose Up\nCREATE TABLE half ();\nSELECT 1 / 0;\n"));
    assert!(
        up(&mut client, &all).unwrap_err().to_string().contains("3_bad.sql, statement 2: division by zero")
    );
    assert_eq!(tables(&database), ["cars", "goose_db_version", "owners"]);
    assert_eq!(up(&mut client, &all[..2]).unwrap().version, 2);
}

#[test]
fn ten_at_once_apply_each_migration_once() {
    let database = database();
    thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| up(&mut database.connect().unwrap(), &cars_and_owners()).unwrap());
        }
    });
    assert_eq!(tables(&database), ["cars", "goose_db_version", "owners"]);
}
