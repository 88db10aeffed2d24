//! Migrations on a real server.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod apply;
mod commands;
mod generations;
mod interrupted;
mod lock;

use bindery_migrate::{Command, Migration, Migrator, Report, parse};
use bindery_postgres::{Client, Database, Server};

fn database() -> Database {
    Server::start().unwrap().create_database().unwrap()
}

fn migration(path: &str, text: &str) -> Migration {
    parse(path, text).unwrap_or_else(|mistakes| panic!("{path}: {mistakes:?}"))
}

/// A migration that makes a table and drops it.
fn table(version: i64, name: &str) -> Migration {
    let text = format!("-- +goose Up\nCREATE TABLE {name} ();\n-- +goose Down\nDROP TABLE {name};\n");
    migration(&format!("{version}_{name}.sql"), &text)
}

/// Tables `a` to `d`, with the versions 1 to 4.
fn four() -> Vec<Migration> {
    (1..).zip(["a", "b", "c", "d"]).map(|(version, name)| table(version, name)).collect()
}

/// Runs a command with the defaults, and says what it did: `up 1_a.sql`.
fn ran(client: &mut Client, migrations: &[Migration], command: Command) -> Vec<String> {
    steps(&Migrator::new(migrations.to_vec()).run_blocking(client, command).unwrap())
}

fn steps(report: &Report) -> Vec<String> {
    report.done.iter().map(|done| format!("{} {}", done.direction, done.path)).collect()
}

/// The tables that migrations made, by name.
fn tables(database: &Database) -> Vec<String> {
    let sql = "SELECT relname::text FROM pg_class
               WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%' ORDER BY 1";
    database.connect().unwrap().query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

/// The versions that goose's table has, in the order in which they were noted.
fn noted(client: &mut Client) -> Vec<i64> {
    let sql = "SELECT version_id FROM goose_db_version WHERE is_applied ORDER BY id";
    client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}
