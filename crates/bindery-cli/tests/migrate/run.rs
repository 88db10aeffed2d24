//! The commands that run migrations.

use std::fs;
use std::process::Command;

use super::package::{Package, UP_TWO, told};

#[test]
fn up_applies_what_is_pending_and_says_so() {
    let package = Package::new("up");
    let expected = "OK    00001_cars.sql\nOK    00002_owners.sql\nOK    00003_trips.sql\n3 done, version 3\n";
    assert_eq!(package.done(&["up"]), expected);
    assert_eq!(package.tables(), ["cars", "owners", "trips"]);
    assert_eq!(package.done(&["up"]), "nothing to apply, version 3\n");
    package.write("migrations/00004_nothing.sql", "-- +goose Up\n-- +goose Down\n");
    assert_eq!(package.done(&["up"]), "EMPTY 00004_nothing.sql\n1 done, version 4\n");
    assert_eq!(package.done(&["up", "--quiet"]), "");
    package.write("migrations/00005_bad.sql", "-- +goose Down\n");
    assert_eq!(package.done(&["version"]), "4\n");
    assert!(package.failed(&["up"]).contains("00005_bad.sql:1:1"));
}

#[test]
fn each_command_of_goose_does_what_goose_does() {
    let package = Package::new("commands");
    assert_eq!(package.done(&["version"]), "0\n");
    assert_eq!(package.done(&["up-by-one"]), "OK    00001_cars.sql\n1 done, version 1\n");
    assert_eq!(package.done(&["up-to", "2"]), "OK    00002_owners.sql\n1 done, version 2\n");
    let redone = "OK    00002_owners.sql, undone\nOK    00002_owners.sql\n2 done, version 2\n";
    assert_eq!(package.done(&["redo"]), redone);
    assert_eq!(package.done(&["down"]), "OK    00002_owners.sql, undone\n1 done, version 1\n");
    assert_eq!(package.tables(), ["cars"]);
    package.done(&["up"]);
    let down_to = "OK    00003_trips.sql, undone\nOK    00002_owners.sql, undone\n2 done, version 1\n";
    assert_eq!(package.done(&["down-to", "1"]), down_to);
    package.done(&["up"]);
    assert!(package.failed(&["up-by-one"]).contains("all migrations are applied already"));
    assert!(package.done(&["reset"]).ends_with("OK    00001_cars.sql, undone\n3 done, version 0\n"));
    assert_eq!(package.tables(), [""; 0]);
    assert_eq!(package.done(&["reset"]), "nothing to undo, version 0\n");
    assert!(package.failed(&["down"]).contains("no migration is applied that could be undone"));
}

#[test]
fn a_database_of_another_tool_is_gone_on_with_behind_what_it_has() {
    let package = Package::new("baseline");
    let sql = "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
               CREATE TABLE cars (plate text); CREATE TABLE owners (name text)";
    package.connect().batch_execute(sql).unwrap();
    let told = package.failed(&["up"]);
    assert!(
        told.contains("golang-migrate has kept this database until now (table schema_migrations)"),
        "{told}"
    );
    let noted = "NOTED 00001_cars.sql\nNOTED 00002_owners.sql\n2 done, version 2\n";
    assert_eq!(package.done(&["baseline", "2"]), noted);
    assert_eq!(package.done(&["baseline", "2"]), "nothing to note, version 2\n");
    assert_eq!(package.done(&["up"]), "OK    00003_trips.sql\n1 done, version 3\n");
}

#[test]
fn what_does_not_come_back_is_told() {
    let package = Package::new("round-trip");
    fs::create_dir(package.root.join("queries")).unwrap();
    assert_eq!(package.done(&["round-trip"]), "3 of 3 migrations come back the same\n");
    package.write("migrations/00003_trips.sql", "-- +goose Up\nCREATE TABLE trips ();\n");
    assert_eq!(
        package.done(&["round-trip"]),
        "note: migrations/00003_trips.sql: nothing is written about the way back\n\
         2 of 3 migrations come back the same\n"
    );
    package.failed(&["round-trip", "--strict"]);
    package.write(
        "migrations/00003_trips.sql",
        "-- +goose Up\nCREATE TABLE IF NOT EXISTS trips ();\n-- +goose Down\n",
    );
    let told = package.migrate(&["round-trip"]);
    assert_eq!(told.status, Some(1));
    let line = "error: migrations/00003_trips.sql: undone, table `public.trips` is there\n";
    assert!(told.stdout.starts_with(line), "{told:#?}");
    let json = package.migrate(&["round-trip", "--json"]).stdout;
    assert!(json.contains("\"outcome\": \"differs\"") && json.contains("\"outcome\": \"same\""), "{json}");
}

/// Everything that a migration could have changed.
fn catalogs(package: &Package) -> Vec<String> {
    let sql = "SELECT format('%s %s %s %s', oid, relname, relnatts, relfilenode) FROM pg_class
               UNION ALL SELECT format('%s %s', oid, nspname) FROM pg_namespace
               UNION ALL SELECT format('%s %s', oid, proname) FROM pg_proc
               UNION ALL SELECT format('%s %s', oid, typname) FROM pg_type ORDER BY 1";
    package.connect().query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn a_dry_run_prints_statements_and_writes_nothing() {
    let package = Package::new("dry-run");
    package.write(
        "migrations/00002_owners.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON cars (plate);\n-- +goose Down\n",
    );
    let before = catalogs(&package);
    let expected = "-- migrations/00001_cars.sql, up, in a transaction\nCREATE TABLE cars (plate text);\n\n\
        -- migrations/00002_owners.sql, up, in no transaction\nCREATE INDEX CONCURRENTLY i ON cars (plate);\n\n\
        -- migrations/00003_trips.sql, up, in a transaction\nCREATE TABLE trips ();\n\n\
        -- nothing was written; it would be 3 done, version 3\n";
    assert_eq!(package.done(&["up", "--dry-run"]), expected);
    assert_eq!(catalogs(&package), before);
    package.done(&["up"]);
    let (before, noted) = (catalogs(&package), package.noted());
    for command in ["down", "redo", "reset"] {
        let told = package.done(&[command, "--dry-run"]);
        assert!(
            told.contains("-- migrations/00003_trips.sql, down, in a transaction\nDROP TABLE trips;\n"),
            "{told}"
        );
    }
    assert_eq!((catalogs(&package), package.noted()), (before, noted));
}

#[test]
fn a_run_can_be_read_by_programs() {
    let package = Package::new("json");
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&package.migrate(arguments).stdout).unwrap()
    };
    let planned = json(&["up-to", "1", "--json", "--dry-run"]);
    assert_eq!(planned["done"][0]["statements"][0], "CREATE TABLE cars (plate text);");
    let done = json(&["up-to", "1", "--json"]);
    assert_eq!(
        (&done["version"], &done["done"][0]["file"]),
        (&1.into(), &"migrations/00001_cars.sql".into())
    );
    package.write("migrations/00002_owners.sql", "-- +goose Up\nSELECT 1 / 0;\n");
    let failed = json(&["up", "--json"]);
    assert_eq!(failed["not_done"][0], "migrations/00003_trips.sql");
    assert!(failed["error"].as_str().unwrap().contains("division by zero"), "{failed}");
}

#[test]
fn migrations_that_come_too_late_are_applied_only_if_asked_for() {
    let package = Package::new("order");
    package.remove("migrations/00002_owners.sql");
    package.done(&["up"]);
    package.write("migrations/00002_owners.sql", UP_TWO);
    package.write("migrations/00004_more.sql", "-- +goose Up\nCREATE TABLE more ();\n-- +goose Down\n");
    for command in [&["up"][..], &["up-by-one"], &["up-to", "2"], &["up-to", "4"]] {
        let told = package.failed(command);
        assert!(told.contains("at version 3, but was never given migrations/00002_owners.sql"), "{told}");
        assert!(told.contains("= help: `--allow-out-of-order` applies them"), "{told}");
    }
    assert_eq!(package.done(&["up-to", "1"]), "nothing to apply, version 3\n");
    let told = package.done(&["up-by-one", "--allow-out-of-order"]);
    assert_eq!(told, "OK    00002_owners.sql\n1 done, version 3\n");
    // What was applied last is undone first, whatever its number.
    assert_eq!(package.done(&["down"]), "OK    00002_owners.sql, undone\n1 done, version 3\n");
    package.write("bindery.toml", "[migrate]\nout_of_order = \"apply\"\n");
    assert_eq!(package.done(&["up"]), "OK    00002_owners.sql\nOK    00004_more.sql\n2 done, version 4\n");
}

#[test]
fn seeds_are_run_each_time() {
    let package = Package::new("seeds");
    package.done(&["up"]);
    package.write(
        "seeds/1_a.sql",
        "-- +goose Up\nINSERT INTO cars VALUES ('A');\n-- +goose Down\nDELETE FROM cars;\n",
    );
    package.write("seeds/2_b.sql", "-- +goose Up\nINSERT INTO owners VALUES ('B');\n-- +goose Down\n");
    let seed = ["up", "--no-versioning", "--dir", "seeds"];
    for _ in 0..2 {
        assert_eq!(package.done(&seed), "OK    1_a.sql\nOK    2_b.sql\n2 done\n");
    }
    let count = || package.connect().query_one("SELECT count(*) FROM cars", &[]).unwrap().get::<_, i64>(0);
    assert_eq!(count(), 2);
    let undone = package.done(&["reset", "--no-versioning", "--dir", "seeds"]);
    assert_eq!(undone, "EMPTY 2_b.sql, undone\nOK    1_a.sql, undone\n2 done\n");
    assert_eq!((count(), package.done(&["version"])), (0, "3\n".to_owned()));
    let told = package.migrate(&["up-by-one", "--no-versioning", "--dir", "seeds"]);
    assert!(told.status == Some(2) && told.stderr.contains("without versions"), "{told:#?}");
}

#[test]
fn settings_come_from_bindery_toml_and_from_options() {
    let package = Package::empty("settings");
    package.connect().batch_execute("CREATE SCHEMA app").unwrap();
    package.write(
        "bindery.toml",
        "[migrate]\ntable = \"app.versions\"\nlock_timeout = \"7s\"\nstatement_timeout = \"2min\"\n",
    );
    package.write(
        "migrations/1_settings.sql",
        "-- +goose Up\nCREATE TABLE settings AS SELECT current_setting('lock_timeout') AS lock, \
         current_setting('statement_timeout') AS statement;\n-- +goose Down\nDROP TABLE settings;\n",
    );
    let settings = || {
        let row = package.connect().query_one("SELECT lock, statement FROM settings", &[]).unwrap();
        (row.get::<_, String>(0), row.get::<_, String>(1))
    };
    package.done(&["up"]);
    assert_eq!(settings(), ("7s".to_owned(), "2min".to_owned()));
    let versions: i64 =
        package.connect().query_one("SELECT max(version_id) FROM app.versions", &[]).unwrap().get(0);
    assert_eq!((versions, package.done(&["version", "--table", "goose_db_version"])), (1, "0\n".to_owned()));
    package.done(&["redo", "--lock-timeout", "500ms", "--statement-timeout", "1h"]);
    assert_eq!(settings(), ("500ms".to_owned(), "1h".to_owned()));
    let told = package.migrate(&["up", "--lock-timeout", "5"]);
    assert!(
        told.status == Some(2) && told.stderr.contains("write `500ms`, `5s`, `2min` or `1h`"),
        "{told:#?}"
    );
}

#[test]
fn the_program_uses_the_table_of_bindery_toml_too() {
    let package = Package::new("program");
    package.write("bindery.toml", "out = \"src/db\"\n[migrate]\ntable = \"app.versions\"\n");
    package.write("queries/a.sql", "-- name: CountCars :one\nSELECT count(*) FROM cars;\n");
    let mut generate = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
    generate.args(["bindery", "generate"]).current_dir(&package.root);
    let told = told(&generate.env_remove("BINDERY").env_remove("OUT_DIR").output().unwrap());
    assert_eq!(told.status, Some(0), "{told:#?}");
    let code = fs::read_to_string(package.root.join("src/db/mod.rs")).unwrap();
    assert!(code.contains("    table: \"app.versions\",\n"), "{code}");
}

#[test]
fn a_folder_needs_no_package() {
    let package = Package::new("folder");
    package.remove("Cargo.toml");
    let at_root = |arguments: &[&str]| {
        let mut command = package.on_database(arguments);
        let output = command.current_dir(std::env::temp_dir()).output().unwrap();
        told(&output)
    };
    let folder = package.root.join("migrations");
    let told = at_root(&["up", "--dir", folder.to_str().unwrap()]);
    assert!(told.status == Some(0) && told.stdout.ends_with("3 done, version 3\n"), "{told:#?}");
    let told = at_root(&["up"]);
    assert!(told.status == Some(2) && told.stderr.contains("there is no Cargo.toml"), "{told:#?}");
}
