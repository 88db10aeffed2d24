//! The run time of Bindery beside its peers, on one temporary server.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml -p runtime -- [--quick] [--only NAME] [--json FILE]`. In each
//! round the peers take turns at each operation; a figure is the median of the rounds. `--only` may be repeated and takes
//! a part of a peer's, an operation's or a mode's name; `--count N` does each operation N times, for profilers.

mod arguments;
mod by_bindery;
mod by_clorinde;
mod by_diesel;
mod by_sqlx;
mod hand_written;
mod item;
mod measure;
mod peer;
mod report;

mod db {
    bindery::include_queries!();
}

use std::fs;

use bindery_postgres::{Client, Database, Server};

use crate::arguments::Arguments;
use crate::item::Item;
use crate::measure::{Connect, Measured, Mode, Operation, connect, empty};
use crate::report::{Figure, Report};

/// The first is what the others are compared with.
const PEERS: &[(&str, Connect)] = &[
    ("tokio-postgres by hand", connect::<hand_written::HandWritten>),
    ("bindery", connect::<by_bindery::Bindery>),
    ("sqlx", connect::<by_sqlx::Sqlx>),
    ("sqlx, no check at check-out", connect::<by_sqlx::SqlxUnchecked>),
    ("clorinde", connect::<by_clorinde::Clorinde>),
    ("diesel-async", connect::<by_diesel::Diesel>),
    ("diesel-async, no check at check-out", connect::<by_diesel::DieselUnchecked>),
];

fn main() {
    let arguments = Arguments::read();
    let server = Server::start().unwrap();
    let database = server.create_database().unwrap();
    let mut client = fill(&database);
    let mut report = Report::default();
    let modes = Mode::ALL.into_iter().filter(|mode| arguments.wants_mode(*mode));
    for mode in modes {
        measure_mode(mode, database.url(), &arguments, &mut client, &mut report);
    }
    report.print();
    if let Some(file) = &arguments.json {
        fs::write(file, report.json()).unwrap();
    }
}

/// The tables of the migration, with all items.
fn fill(database: &Database) -> Client {
    let mut client = database.connect().unwrap();
    let migration = include_str!("../migrations/00001_items.sql");
    let up = migration.split("-- +goose Down").next().unwrap();
    client.batch_execute(up).unwrap();
    let statement = item::UNNEST.replace("loads", "items");
    let items = Item::all();
    let columns = item::Columns::new(&items);
    let item::Columns { ids, names, notes, prices, quantities, created } = &columns;
    client.execute(&statement, &[ids, names, notes, prices, quantities, created]).unwrap();
    client.batch_execute("VACUUM ANALYZE items").unwrap();
    client
}

fn measure_mode(mode: Mode, url: &str, arguments: &Arguments, client: &mut Client, report: &mut Report) {
    let wanted = PEERS.iter().filter(|(name, _)| arguments.wants_peer(name));
    let mut peers: Vec<(&str, Box<dyn Measured>)> =
        wanted.map(|(name, connect)| (*name, connect(mode, url))).collect();
    for (name, peer) in &mut peers {
        eprintln!("{}: {name} gives the right answers", mode.name());
        peer.check(client);
    }
    for round in 0..arguments.rounds {
        for operation in Operation::ALL.into_iter().filter(|operation| arguments.wants(*operation)) {
            // Nobody is always the first after a pause.
            let turn = round % peers.len();
            peers.rotate_left(turn);
            for (name, peer) in &mut peers {
                let sample = peer.measure(operation, arguments.until);
                report.add(Figure { peer: name, mode, operation }, sample);
                empty(client);
            }
            peers.rotate_right(turn);
        }
    }
}
