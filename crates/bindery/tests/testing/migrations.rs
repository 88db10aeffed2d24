//! Migrations as a build leaves them in generated code.

use bindery::migrate::{Format, MigrationFile, Migrations};

const CARS: &str = "
-- +goose Up
CREATE TABLE owners (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE cars (plate text PRIMARY KEY, owner_id bigint NOT NULL REFERENCES owners);
-- Whose session it was tells whether it was the same one for several processes.
CREATE TABLE migrated AS SELECT pg_backend_pid() AS session;
";

const INDEX: &str = "
-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY cars_of ON cars (owner_id);
";

pub static MIGRATIONS: Migrations = Migrations {
    files: &[
        MigrationFile { path: "migrations/00001_cars.sql", text: CARS },
        MigrationFile { path: "migrations/00002_index.sql", text: INDEX },
    ],
    format: Format::Goose,
    multi_statement: false,
    table: "goose_db_version",
};

/// Another set, in another schema.
pub static OTHER: Migrations = Migrations {
    files: &[MigrationFile {
        path: "other/1_other.sql",
        text: "-- +goose Up\nCREATE TABLE others (id int);",
    }],
    format: Format::Goose,
    multi_statement: false,
    table: "goose_db_version",
};

pub static BROKEN: Migrations = Migrations {
    files: &[MigrationFile {
        path: "broken/00001_cars.sql",
        text: "-- +goose Up\nCREATE TABLE cars (plate texxt);",
    }],
    format: Format::Goose,
    multi_statement: false,
    table: "goose_db_version",
};
