//! golang-migrate 4.19: a file a direction, `1_cars.up.sql` and `1_cars.down.sql`.
//!
//! Names are those of `source/parse.go`, and pairs those of `source/migration.go`: by number, whatever follows it. A file
//! is sent as one message (`database/postgres/postgres.go`, `database/pgx/v5/pgx.go`), so that PostgreSQL runs it as one
//! transaction unless it says otherwise. The option `x-multi-statement` cuts it at semicolons; it stands in a connection's
//! URL, where no file tells of it.

use std::collections::BTreeMap;

use crate::error::Mistake;
use crate::migration::{Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader};

use super::name::{self, Direction};
use super::{Format, left_out, same_number};

/// The files of one number.
#[derive(Default)]
struct Pair<'f> {
    up: Option<&'f File>,
    down: Option<&'f File>,
}

/// Reads up and down files, in the order of their numbers.
pub(super) fn read(files: &[File], _: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let mut pairs: BTreeMap<i64, Pair> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for file in files {
        if let Err(mistake) = add(&mut pairs, file) {
            mistakes.push(mistake);
        }
    }
    let mut migrations = Vec::new();
    for (version, pair) in pairs {
        match pair.up {
            Some(up) => migrations.push(migration(version, up, pair.down)),
            None => mistakes.extend(pair.down.map(|down| lacks_up(version, down))),
        }
    }
    if mistakes.is_empty() { Ok(migrations) } else { Err(mistakes) }
}

fn add<'f>(pairs: &mut BTreeMap<i64, Pair<'f>>, file: &'f File) -> Result<(), Mistake> {
    let parts = name::direction(name::of(&file.path));
    let (digits, direction) = parts.ok_or_else(|| left_out(file, Format::GolangMigrate, "1_cars.up.sql"))?;
    let version = name::number(file, digits)?;
    let pair = pairs.entry(version).or_default();
    let place = match direction {
        Direction::Up => &mut pair.up,
        Direction::Down => &mut pair.down,
    };
    match place.replace(file) {
        Some(other) => Err(same_number(file, other)),
        None => Ok(()),
    }
}

fn migration(version: i64, up: &File, down: Option<&File>) -> Migration {
    Migration {
        version: Some(version),
        path: up.path.clone(),
        up: section(up),
        down: down.map(section),
        variables: Vec::new(),
    }
}

/// A file as it stands; one that is blank is not sent.
fn section(file: &File) -> Section {
    let is_blank = file.text.trim().is_empty();
    let statements = (!is_blank).then(|| Statement::verbatim(file.text.clone(), 0));
    Section::new(&file.path, TransactionMode::None, statements.into_iter().collect())
}

/// golang-migrate would take it for a migration that does nothing.
fn lacks_up(version: i64, down: &File) -> Mistake {
    let message =
        format!("there is a way back from {version}, but no file `{version}_*.up.sql` that leads there");
    Mistake::of_file(&down.path, message)
        .help("add it, even if it is empty, or give both files the same number")
}
