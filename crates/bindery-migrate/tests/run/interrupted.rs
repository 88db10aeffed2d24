//! Migrators that are killed in the middle of a statement, of each kind, and what comes after.

use std::thread;

use bindery_migrate::{Command, Migration, Migrator, RunErrorKind, up};
use bindery_postgres::{Client, Database};
use postgres::IsolationLevel;

use crate::{database, migration, noted, ran, table, tables};

/// Runs `command`, and ends its session as soon as that is at a statement with `part`.
fn killed(database: &Database, migrations: &[Migration], command: Command, part: &str) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE state = 'active' AND position($1 IN query) > 0 AND pid <> pg_backend_pid()";
    let (mut migrating, mut killer) = (database.connect().unwrap(), database.connect().unwrap());
    let error = thread::scope(|scope| {
        let run = || Migrator::new(migrations.to_vec()).run_blocking(&mut migrating, command);
        let running = scope.spawn(run);
        while killer.query(sql, &[&part]).unwrap().is_empty() {
            assert!(!running.is_finished(), "it was not at `{part}` for long");
            thread::yield_now();
        }
        running.join().unwrap().unwrap_err()
    });
    assert!(matches!(error.kind(), RunErrorKind::Failed(_)), "{error}");
}

/// Waits until no session but this one is left, and with it no lock.
fn alone(client: &mut Client) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while client.query_one(sql, &[]).unwrap().get::<_, i64>(0) > 0 {
        thread::yield_now();
    }
}

#[test]
fn what_runs_in_a_transaction_is_undone_and_done_later() {
    let kinds = [
        ("DDL", "CREATE TABLE b AS SELECT 1 AS n FROM pg_sleep(60);"),
        ("DML", "CREATE TABLE b (n int);\nINSERT INTO b SELECT 1 FROM pg_sleep(60);"),
        (
            "a block",
            "-- +goose StatementBegin\nDO $$ BEGIN CREATE TABLE b (); PERFORM pg_sleep(60); END $$;\n-- +goose StatementEnd",
        ),
        ("two in one", "CREATE TABLE b (); SELECT pg_sleep(60);"),
        ("a copy of rows", "CREATE TABLE b (n int);\nCOPY (SELECT pg_sleep(60)) TO '/dev/null';"),
    ];
    for (kind, sql) in kinds {
        let database = database();
        let text = |sql: &str| migration("2_b.sql", &format!("-- +goose Up\n{sql}\n"));
        killed(&database, &[table(1, "a"), text(sql), table(3, "c")], Command::Up, "pg_sleep(60)");
        let mut client = database.connect().unwrap();
        alone(&mut client);
        assert_eq!((tables(&database), noted(&mut client)), (vec!["a".to_owned()], vec![0, 1]), "{kind}");
        let all = [table(1, "a"), text(&sql.replace("60", "0")), table(3, "c")];
        assert_eq!(ran(&mut client, &all, Command::Up), ["up 2_b.sql", "up 3_c.sql"], "{kind}");
    }
}

#[test]
fn what_runs_without_stays_and_is_told() {
    let database = database();
    let header = "-- +goose NO TRANSACTION\n-- +goose Up\n";
    let text = "CREATE TABLE b (n int);\nINSERT INTO b VALUES (1);\nCREATE INDEX CONCURRENTLY i ON b (n);\n";
    let mut blocker = database.connect().unwrap();
    up(&mut blocker, &[table(1, "a")]).unwrap();
    // An index that is built concurrently waits for transactions that see an older state.
    let mut reading =
        blocker.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().unwrap();
    reading.batch_execute("SELECT 1").unwrap();
    let all = [table(1, "a"), migration("2_b.sql", &format!("{header}{text}")), table(3, "c")];
    killed(&database, &all, Command::Up, "CREATE INDEX CONCURRENTLY");
    reading.rollback().unwrap();
    drop(blocker);
    let mut client = database.connect().unwrap();
    alone(&mut client);
    assert_eq!(noted(&mut client), [0, 1]);
    // Whoever goes on is told which statement is in the way.
    let error = up(&mut client, &all).unwrap_err();
    assert!(error.to_string().starts_with("2_b.sql, statement 1: relation \"b\" already exists"), "{error}");
    // A file that looks before it makes goes on by itself.
    let again = "CREATE TABLE IF NOT EXISTS b (n int);\nDROP INDEX IF EXISTS i;\nCREATE INDEX CONCURRENTLY i ON b (n);\n";
    let all = [table(1, "a"), migration("2_b.sql", &format!("{header}{again}")), table(3, "c")];
    assert_eq!(ran(&mut client, &all, Command::Up), ["up 2_b.sql", "up 3_c.sql"]);
    let is_valid: bool = client
        .query_one("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass", &[])
        .unwrap()
        .get(0);
    assert!(is_valid);
}

#[test]
fn a_way_back_that_is_killed_is_undone_too() {
    let database = database();
    let text = "-- +goose Up\nCREATE TABLE a ();\n-- +goose Down\nDROP TABLE a;\nSELECT pg_sleep(60);\n";
    let all = [migration("1_a.sql", text)];
    up(&mut database.connect().unwrap(), &all).unwrap();
    killed(&database, &all, Command::Down, "pg_sleep(60)");
    let mut client = database.connect().unwrap();
    alone(&mut client);
    assert_eq!((tables(&database), noted(&mut client)), (vec!["a".to_owned()], vec![0, 1]));
}
