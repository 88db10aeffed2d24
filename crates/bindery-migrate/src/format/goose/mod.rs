//! goose's format (goose 3.27): a file a migration, with `-- +goose Up` and `-- +goose Down`.

mod annotation;
mod check;
mod lines;
mod names;
mod parse;
mod unfinished;

use crate::error::Mistake;
use crate::migration::Migration;
use crate::read::{File, Reader};

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
    let parsed = parse::parse(path, text, reader)?;
    Ok(Migration {
        version: names::version_of(path),
        path: path.to_owned(),
        up: parsed.up,
        down: parsed.down,
        variables: parsed.variables,
    })
}
