//! Files of SQL alone, as sqlc reads those of its setting `schema` (`internal/sql/sqlpath`, `internal/migrations`): in the
//! order given, each sent as one message, so that PostgreSQL runs it as one transaction unless it says otherwise.
//!
//! Files that all begin with a number are put in the order of the numbers, where sqlc would have 10 before 2.

use std::collections::HashMap;

use crate::error::Mistake;
use crate::migration::{Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader};

use super::{name, pg_dump, same_number};

/// Reads each file as one Up.
pub(super) fn read(files: &[File], _: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let mut migrations = Vec::new();
    let mut mistakes = Vec::new();
    // sqlc leaves the ways back of golang-migrate out wherever it finds them.
    let files: Vec<&File> = files.iter().filter(|file| !file.path.ends_with(".down.sql")).collect();
    for file in &files {
        match pg_dump::without_commands(file) {
            Ok(sql) => migrations.push(migration(file, sql)),
            Err(errors) => mistakes.extend(errors),
        }
    }
    let numbers: Option<Vec<i64>> = files.iter().map(|file| number(&file.path)).collect();
    if let Some(numbers) = &numbers {
        mistakes.extend(doubles(&files, numbers));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    if numbers.is_some() {
        migrations.sort_by_key(|migration| number(&migration.path));
    }
    Ok(migrations)
}

fn migration(file: &File, sql: String) -> Migration {
    let statements = (!sql.trim().is_empty()).then(|| Statement::verbatim(sql, 0));
    Migration {
        // What nothing was applied of is at version 0.
        version: number(&file.path).filter(|number| *number > 0),
        path: file.path.clone(),
        up: Section::new(&file.path, TransactionMode::None, statements.into_iter().collect()),
        down: None,
        variables: Vec::new(),
    }
}

/// The digits that the name begins with, if they are no part of a word.
fn number(path: &str) -> Option<i64> {
    let (digits, rest) = name::digits(name::of(path));
    digits.parse().ok().filter(|_| !rest.starts_with(char::is_alphanumeric))
}

fn doubles(files: &[&File], numbers: &[i64]) -> Vec<Mistake> {
    let mut seen: HashMap<i64, &File> = HashMap::new();
    let numbered = files.iter().zip(numbers);
    numbered.filter_map(|(file, number)| Some(same_number(file, seen.insert(*number, file)?))).collect()
}
