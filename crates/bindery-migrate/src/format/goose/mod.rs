//! goose's format (goose 3.27): a file a migration, with `-- +goose Up` and `-- +goose Down`.

mod annotation;
mod check;
mod lines;
mod names;
mod parse;
mod unfinished;

use crate::error::Mistake;
use crate::migration::{Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader, Strictness};
use crate::split::commands;

/// Parses a file's text; `path` is how messages show it, and its name gives the version.
///
/// A file in which no line is a goose annotation is one Up, sent as one message. Environment variables (ENVSUB) are
/// those of the process; a [`Reader`] can be given others.
///
/// # Errors
/// Every mistake in the file, and what goose would read in another way than it is written.
pub fn parse(path: &str, text: &str) -> Result<Migration, Vec<Mistake>> {
    parse_file(path, text, &Reader::new())
}

/// Reads `files`, and puts them in order.
///
/// # Errors
/// Every mistake in every file, and what keeps them from having an order.
pub(crate) fn read(files: &[File], reader: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let files: Vec<&File> = files.iter().filter(|file| !names::is_go_test(&file.path)).collect();
    let mut mistakes = names::check(&files, reader.strictness);
    let mut migrations = Vec::new();
    for file in files.into_iter().filter(|file| !names::is_go(&file.path)) {
        match parse_file(&file.path, &file.text, reader) {
            Ok(migration) => migrations.push(migration),
            Err(errors) => mistakes.extend(errors),
        }
    }
    // Stable, so that files without numbers stay as they are.
    migrations.sort_by_key(|migration| migration.version);
    if mistakes.is_empty() { Ok(migrations) } else { Err(mistakes) }
}

fn parse_file(path: &str, text: &str, reader: &Reader) -> Result<Migration, Vec<Mistake>> {
    let is_plain = !text.starts_with('\u{feff}') && !text.lines().any(annotation::is_annotation);
    if is_plain && reader.strictness == Strictness::Strict {
        return read_plain(path, text);
    }
    let parsed = parse::parse(path, text, reader)?;
    Ok(Migration {
        version: names::version_of(path),
        path: path.to_owned(),
        up: parsed.up,
        down: parsed.down,
        variables: parsed.variables,
    })
}

/// The whole text as one statement; lines that are psql's own, as pg_dump writes them, are blanked out.
pub(crate) fn read_plain(path: &str, text: &str) -> Result<Migration, Vec<Mistake>> {
    // Byte for byte, so that positions stay what they were.
    let blank = |line: &str| line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    let line = |line: &str| if line.starts_with('\\') { blank(line) } else { line.to_owned() };
    let sql: String = text.split_inclusive('\n').map(line).collect();
    if let Some(copy) = commands(&sql).commands.iter().find(|command| check::is_copy_from_stdin(command)) {
        return Err(vec![Mistake::at(path, copy.offset(), check::COPY.0).help(check::COPY.1)]);
    }
    let statements = if sql.trim().is_empty() { Vec::new() } else { vec![Statement::verbatim(sql, 0)] };
    Ok(Migration {
        version: names::version_of(path),
        path: path.to_owned(),
        up: Section::new(path, TransactionMode::PerFile, statements),
        down: None,
        variables: Vec::new(),
    })
}
