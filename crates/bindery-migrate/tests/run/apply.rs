//! What a build does, on an empty database.

use bindery_migrate::{apply, undo};

use crate::{database, four, migration, tables};

#[test]
fn ups_are_applied_and_downs_are_not() {
    let database = database();
    apply(&mut database.connect().unwrap(), &four()).unwrap();
    assert_eq!(tables(&database), ["a", "b", "c", "d"]);
}

#[test]
fn the_last_is_undone_first() {
    let database = database();
    let mut client = database.connect().unwrap();
    let text = "-- +goose Up\nCREATE VIEW v AS SELECT * FROM a;\n-- +goose Down\nDROP VIEW v;\n";
    let mut all = four();
    all.push(migration("5_v.sql", text));
    all.push(migration("6_nothing.sql", "-- +goose Up\nSELECT 1;\n"));
    apply(&mut client, &all).unwrap();
    undo(&mut client, &all).unwrap();
    assert_eq!(tables(&database), [""; 0]);
}

#[test]
fn what_cannot_run_in_a_transaction_runs_without() {
    let database = database();
    let text = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a);\n";
    apply(&mut database.connect().unwrap(), &[migration("1_i.sql", text)]).unwrap();
    let with = text
        .replace("-- +goose NO TRANSACTION\n", "")
        .replace("TABLE t", "TABLE u")
        .replace("i ON t", "j ON u");
    let error = apply(&mut database.connect().unwrap(), &[migration("1_j.sql", &with)]).unwrap_err();
    assert!(
        error.to_string().contains("1_j.sql, statement 2: CREATE INDEX CONCURRENTLY cannot run"),
        "{error}"
    );
    assert!(error.to_string().contains("nothing of it was done"), "{error}");
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
fn settings_end_with_the_file_that_made_them() {
    let database = database();
    let mut client = database.connect().unwrap();
    client.batch_execute("CREATE SCHEMA app; SET search_path = app; SET work_mem = '5MB'").unwrap();
    let dump = "SELECT pg_catalog.set_config('search_path', '', false);\nSET work_mem = '6MB';\nSET ROLE pg_monitor;\n\
                CREATE TABLE public.dumped ();\n";
    // The role may not make tables.
    let dump = dump
        .replace("CREATE TABLE", "RESET ROLE;\nCREATE TABLE")
        .replace("();\n", "();\nSET ROLE pg_monitor;\n");
    let all = [
        migration("1_dump.sql", &format!("-- +goose Up\n{dump}")),
        migration("2_after.sql", "-- +goose Up\nCREATE TABLE after ();\n"),
    ];
    bindery_migrate::up(&mut client, &all).unwrap();
    let row = client
        .query_one(
            "SELECT current_setting('search_path'), current_setting('work_mem'), current_setting('role')",
            &[],
        )
        .unwrap();
    let settings: [String; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(settings, ["app", "5MB", "none"]);
    let sql = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'after'";
    let schema: String = client.query_one(sql, &[]).unwrap().get(0);
    assert_eq!(schema, "app");
    assert_eq!(tables(&database), ["dumped"]);
}
