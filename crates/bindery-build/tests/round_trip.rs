//! Migrations that come back, and each way in which they do not.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use bindery_build::{Config, RoundTrip, RoundTripOutcome};

/// A package with these migrations and no queries.
fn round_trip(name: &str, migrations: &[(&str, &str)]) -> RoundTrip {
    let root = package(name);
    for (file, text) in migrations {
        fs::write(root.join("migrations").join(file), text).unwrap();
    }
    Config::new(&root).round_trip().unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn package(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("round_trip").join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("migrations")).unwrap();
    fs::create_dir_all(root.join("queries")).unwrap();
    root
}

/// What is told of each migration that is not simply well.
fn told(round_trip: &RoundTrip) -> String {
    round_trip.migrations.iter().map(ToString::to_string).collect()
}

const CARS: (&str, &str) = (
    "1_cars.sql",
    "-- +goose Up\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, note text);\n\
     -- +goose Down\nDROP TABLE cars;\n",
);

/// One migration after [`CARS`], with what is told of it.
fn second(name: &str, up: &str, down: &str) -> String {
    let text = format!("-- +goose Up\n{up}\n-- +goose Down\n{down}\n");
    told(&round_trip(name, &[CARS, ("2_next.sql", &text)]))
}

#[test]
fn what_leads_back_is_well() {
    let ways = [
        ("ALTER TABLE cars ADD seats int DEFAULT 4;", "ALTER TABLE cars DROP seats;"),
        (
            "CREATE TYPE fuel AS ENUM ('petrol');\nALTER TABLE cars ADD fuel fuel;",
            "ALTER TABLE cars DROP fuel;\nDROP TYPE fuel;",
        ),
        (
            "CREATE INDEX i ON cars (plate);\nCOMMENT ON TABLE cars IS 'x';",
            "DROP INDEX i;\nCOMMENT ON TABLE cars IS NULL;",
        ),
        ("CREATE VIEW v AS SELECT id FROM cars;", "DROP VIEW v;"),
        ("ALTER TABLE cars RENAME plate TO sign;", "ALTER TABLE cars RENAME sign TO plate;"),
        ("CREATE SCHEMA app;\nCREATE TABLE app.a (id int);", "DROP SCHEMA app CASCADE;"),
        ("GRANT SELECT ON cars TO PUBLIC;", "REVOKE SELECT ON cars FROM PUBLIC;"),
        (
            "-- +goose NO TRANSACTION\nCREATE INDEX CONCURRENTLY i ON cars (plate);",
            "DROP INDEX CONCURRENTLY i;",
        ),
        (
            "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.a ();",
            "DROP TABLE public.a;",
        ),
        ("SELECT 1;", ""),
        (
            "CREATE EXTENSION citext;\nALTER TABLE cars ADD c citext;",
            "ALTER TABLE cars DROP c;\nDROP EXTENSION citext;",
        ),
        (
            "CREATE TABLE a (id int);\nGRANT SELECT (plate) ON cars TO PUBLIC;",
            "REVOKE SELECT (plate) ON cars FROM PUBLIC;\nDROP TABLE a;",
        ),
    ];
    for (index, (up, down)) in ways.iter().enumerate() {
        assert_eq!(second(&format!("well_{index}"), up, down), "", "{up}");
    }
}

#[test]
fn what_is_left_or_gone_or_another_is_told() {
    let ways = [
        (
            "left",
            "CREATE TABLE a (id int);\nCREATE INDEX i ON cars (plate);",
            "DROP INDEX i;",
            "error: migrations/2_next.sql: undone, table `public.a` is there\n\
             error: migrations/2_next.sql: applied again, migrations/2_next.sql:2:14: relation \"a\" already exists",
        ),
        (
            "gone",
            "CREATE TABLE a (id int);",
            "DROP TABLE a;\nALTER TABLE cars DROP note;",
            "error: migrations/2_next.sql: undone, table `public.cars`: column `note` is gone\n\
             error: migrations/2_next.sql: applied again, table `public.cars`: column `note` is gone",
        ),
        (
            "another",
            "ALTER TABLE cars ALTER plate TYPE varchar(9);",
            "ALTER TABLE cars ALTER plate TYPE varchar;\nALTER TABLE cars ALTER plate DROP NOT NULL;",
            "error: migrations/2_next.sql: undone, table `public.cars`: the type of column `plate` was `text`, is \
             `character varying`\n\
             error: migrations/2_next.sql: undone, table `public.cars`: the nullability of column `plate` was `NOT NULL`, \
             is `nullable`\n\
             error: migrations/2_next.sql: applied again, table `public.cars`: the nullability of column `plate` was \
             `NOT NULL`, is `nullable`",
        ),
        (
            "order",
            "ALTER TABLE cars DROP plate;",
            "ALTER TABLE cars ADD plate text NOT NULL;",
            "error: migrations/2_next.sql: undone, table `public.cars`: the order of its columns was id, plate, note, is \
             id, note, plate",
        ),
        (
            "comment",
            "COMMENT ON COLUMN cars.note IS 'why';",
            "SELECT 1;",
            "error: migrations/2_next.sql: undone, the comment on table column `public.cars.note` is there",
        ),
        (
            "enum",
            "CREATE TYPE fuel AS ENUM ('petrol', 'electric');",
            "ALTER TYPE fuel RENAME VALUE 'petrol' TO 'gas';",
            "error: migrations/2_next.sql: undone, type `public.fuel` is there\n\
             error: migrations/2_next.sql: applied again, migrations/2_next.sql:2:13: type \"fuel\" already exists",
        ),
        (
            "privileges",
            "GRANT SELECT ON cars TO PUBLIC;",
            "SELECT 1;",
            "error: migrations/2_next.sql: undone, the owner and the privileges of relation `public.cars` was `",
        ),
        (
            "neighbours",
            "CREATE TABLE car (id int);\nCOMMENT ON TABLE cars IS 'x';",
            "SELECT 1;",
            "error: migrations/2_next.sql: undone, table `public.car` is there\n\
             error: migrations/2_next.sql: undone, the comment on table `public.cars` is there",
        ),
        (
            "fillfactor",
            "ALTER TABLE cars SET (fillfactor = 50);",
            "SELECT 1;",
            "error: migrations/2_next.sql: undone, the storage of relation `public.cars` was `heap p d`, is `heap p d \
             {fillfactor=50}`",
        ),
    ];
    for (name, up, down, expected) in ways {
        let told = second(name, up, down);
        assert!(told.starts_with(expected), "{name}:\n{told}");
    }
}

#[test]
fn a_way_back_that_fails_is_told_by_file_and_line_and_hides_nothing() {
    let bad = "-- +goose Up\nCREATE TABLE b (id int);\n-- +goose Down\nDROP TABLE b;\nDROP TABLE bb;\n";
    let none = "-- +goose Up\nCREATE TABLE c (id int);\n";
    let left = "-- +goose Up\nCREATE TABLE d (id int);\nCREATE SCHEMA s;\n-- +goose Down\nDROP TABLE d;\n";
    let half = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE e (id int);\n-- +goose Down\nDROP TABLE e;\nSELECT 1 / 0;\n";
    let good = "-- +goose Up\nALTER TABLE e ADD x int;\n-- +goose Down\nALTER TABLE e DROP x;\n";
    let after = "-- +goose Up\nALTER TABLE d ADD x int;\n-- +goose Down\nALTER TABLE d DROP x;\n";
    let files = [
        CARS,
        ("2_bad.sql", bad),
        ("3_none.sql", none),
        ("4_left.sql", left),
        ("5_half.sql", half),
        ("6_good.sql", good),
        ("7_after.sql", after),
    ];
    let round_trip = round_trip("failing", &files);
    assert_eq!(
        told(&round_trip),
        "error: migrations/2_bad.sql cannot be undone: migrations/2_bad.sql:5:12: table \"bb\" does not exist\n\
         note: migrations/3_none.sql: nothing is written about the way back\n\
         error: migrations/4_left.sql: undone, schema `s` is there\n\
         error: migrations/4_left.sql: applied again, migrations/4_left.sql:3:15: schema \"s\" already exists\n\
         error: migrations/5_half.sql cannot be undone: migrations/5_half.sql:6:1: division by zero\n"
    );
    assert!(round_trip.has_errors());
    let last = round_trip.migrations.last().unwrap();
    assert!(matches!(last.outcome, RoundTripOutcome::Same), "{last:?}");
}

#[test]
fn garage_comes_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let round_trip = Config::load_from(root).unwrap().round_trip().unwrap();
    assert_eq!(told(&round_trip), "");
}

#[test]
fn goose_own_examples_are_looked_at() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/goose");
    if !shared.exists() {
        println!("skipped: ../shared/conformance/goose is not here");
        return;
    }
    for folder in ["postgres", "example"] {
        let root = package(folder);
        for entry in fs::read_dir(shared.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, root.join("migrations").join(path.file_name().unwrap())).unwrap();
        }
        let round_trip = Config::new(&root).round_trip().unwrap();
        println!("{folder}: {} migrations\n{}", round_trip.migrations.len(), told(&round_trip));
    }
}
