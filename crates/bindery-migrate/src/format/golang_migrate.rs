//! golang-migrate 4.19: a file a direction, `1_cars.up.sql` and `1_cars.down.sql`.
//!
//! Names are those of `source/parse.go`, and pairs those of `source/migration.go`: by number, whatever follows it. A file
//! is sent as one message (`database/postgres/postgres.go`, `database/pgx/v5/pgx.go`), so that PostgreSQL runs it as one
//! transaction unless it says otherwise. With the option `x-multi-statement`, which stands in a connection's URL, it is cut
//! after every semicolon, wherever that stands, and each piece is a message (`database/multistmt/parse.go`).

use std::collections::BTreeMap;

use crate::error::Mistake;
use crate::migration::{Direction, Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader};

use super::{Format, has_sql, is_outside, left_open, left_out, name, same_number};

/// The files of one number.
#[derive(Default)]
struct Pair<'f> {
    up: Option<&'f File>,
    down: Option<&'f File>,
}

/// Reads up and down files, in the order of their numbers.
pub(super) fn read(files: &[File], reader: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
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
            Some(up) => match migration(version, up, pair.down, reader) {
                Ok(migration) => migrations.push(migration),
                Err(errors) => mistakes.extend(errors),
            },
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

fn migration(
    version: i64,
    up: &File,
    down: Option<&File>,
    reader: &Reader,
) -> Result<Migration, Vec<Mistake>> {
    Ok(Migration {
        version: Some(version),
        path: up.path.clone(),
        up: section(up, reader)?,
        down: down.map(|down| section(down, reader)).transpose()?,
        variables: Vec::new(),
    })
}

fn section(file: &File, reader: &Reader) -> Result<Section, Vec<Mistake>> {
    let messages = if reader.multi_statement { pieces(file)? } else { whole(file) };
    Ok(Section::new(&file.path, TransactionMode::None, messages))
}

/// A file as it stands; one that is blank is not sent.
fn whole(file: &File) -> Vec<Statement> {
    let is_blank = file.text.trim().is_empty();
    (!is_blank).then(|| Statement::verbatim(file.text.clone(), 0)).into_iter().collect()
}

/// A file cut after each semicolon.
fn pieces(file: &File) -> Result<Vec<Statement>, Vec<Mistake>> {
    let (mut statements, mut mistakes) = (Vec::new(), Vec::new());
    let mut offset = 0;
    for piece in file.text.split_inclusive(';') {
        if has_sql(piece) {
            statements.push(Statement::verbatim(piece.to_owned(), offset));
        }
        offset += piece.len();
        if let Some(before) = piece.strip_suffix(';').filter(|before| !is_outside(before)) {
            let what = left_open(before).unwrap_or("a comment");
            let message =
                format!("with x-multi-statement, golang-migrate cuts this statement off inside {what}");
            let help = "keep semicolons out of it, or run golang-migrate without that option";
            mistakes.push(Mistake::at(&file.path, offset - 1, message).help(help));
        }
    }
    if mistakes.is_empty() { Ok(statements) } else { Err(mistakes) }
}

/// golang-migrate would take it for a migration that does nothing.
fn lacks_up(version: i64, down: &File) -> Mistake {
    let message =
        format!("there is a way back from {version}, but no file `{version}_*.up.sql` that leads there");
    Mistake::of_file(&down.path, message)
        .help("add it, even if it is empty, or give both files the same number")
}
