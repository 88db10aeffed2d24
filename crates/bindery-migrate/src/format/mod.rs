//! The formats of migration files, a module each: how a tool names its files, orders them, cuts them into statements, and
//! which of those run in a transaction.
//!
//! ```text
//! name         the parts of a file's name
//! detect       which tool the files are of
//! goose, golang_migrate, dbmate, sql_migrate, tern, plain
//!              files -> migrations in order, by the rules of the tool
//! pg_dump      what is psql's in a schema that pg_dump wrote
//! ```

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::error::Mistake;
use crate::migration::Migration;
use crate::read::{File, Reader, Strictness};
use crate::split::commands;

mod dbmate;
mod detect;
mod golang_migrate;
mod pg_dump;
mod plain;
mod sql_migrate;
mod tern;

pub(crate) mod goose;
pub(crate) mod name;

/// A tool whose migration files are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// goose 3.27: `00001_cars.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// golang-migrate 4.19: `1_cars.up.sql` and `1_cars.down.sql`.
    GolangMigrate,
    /// dbmate 2: `20240101120000_cars.sql` with `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// rubenv/sql-migrate 1: `1_cars.sql` with `-- +migrate Up` and `-- +migrate Down`.
    SqlMigrate,
    /// jackc/tern 2: `001_cars.sql` with `---- create above / drop below ----`.
    Tern,
    /// Files of SQL alone: one, or several in the order given. pg_dump writes such.
    Plain,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Goose, Self::GolangMigrate, Self::Dbmate, Self::SqlMigrate, Self::Tern, Self::Plain];

    /// Its name in `bindery.toml`: `goose`, `golang-migrate`, `dbmate`, `sql-migrate`, `tern` or `plain`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Goose => "goose",
            Self::GolangMigrate => "golang-migrate",
            Self::Dbmate => "dbmate",
            Self::SqlMigrate => "sql-migrate",
            Self::Tern => "tern",
            Self::Plain => "plain",
        }
    }

    /// The tool that `files` are of, by their names and annotations: [`Plain`](Self::Plain) where nothing says so, and
    /// [`Goose`](Self::Goose) where there are none.
    ///
    /// # Errors
    /// The files are of more than one tool.
    pub fn detect(files: &[File]) -> Result<Self, Vec<Mistake>> {
        detect::detect(files)
    }

    /// Reads all files of a set, by the rules of this format.
    pub(crate) fn read(self, files: &[File], reader: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
        if reader.strictness == Strictness::Strict {
            detect::refuse_other_tools(self, files)?;
        }
        if let Some(file) = files.first().filter(|_| reader.multi_statement && self != Self::GolangMigrate) {
            let message = format!("`multi_statement` is for golang-migrate, but the files are of {self}");
            return Err(vec![Mistake::of_file(&file.path, message).help("leave it out")]);
        }
        if self == Self::Goose {
            return goose::read(files, reader);
        }
        // These tools look at no other files.
        let files: Vec<File> = files.iter().filter(|file| name::is_looked_at(&file.path)).cloned().collect();
        let mistakes: Vec<Mistake> = files.iter().flat_map(refused).collect();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        match self {
            Self::GolangMigrate => golang_migrate::read(&files, reader),
            Self::Dbmate => dbmate::read(&files, reader),
            Self::SqlMigrate => sql_migrate::read(&files, reader),
            Self::Tern => tern::read(&files, reader),
            Self::Goose | Self::Plain => plain::read(&files, reader),
        }
    }
}

/// What no server takes, and whose error would not lead to its place.
fn refused(file: &File) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if file.text.starts_with('\u{feff}') {
        let mistake = Mistake::at(&file.path, 0, "the file begins with a byte order mark");
        mistakes.push(mistake.help("save it as UTF-8 without one"));
    }
    if let Some(offset) = pg_dump::copy_from_stdin(&file.text) {
        let mistake = Mistake::at(&file.path, offset, "COPY FROM stdin has no data to read here");
        mistakes.push(mistake.help(
            "write INSERT statements; `pg_dump --schema-only` leaves the data out, `pg_dump --inserts` writes it so",
        ));
    }
    mistakes
}

/// Whether there is anything but blank lines and `--` comments.
fn has_sql(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with("--"))
}

/// What a text leaves open at its end, if anything: a quote or a comment.
fn left_open(text: &str) -> Option<&'static str> {
    commands(text).open
}

/// Whether what follows `before` stands outside of quotes and comments: there, and not in a line's comment, a quote opens
/// a string.
fn is_outside(before: &str) -> bool {
    left_open(before).is_none() && left_open(&format!("{before} '")).is_some()
}

/// Two files that stand for the same.
fn same_number(file: &File, other: &File) -> Mistake {
    let message = format!("{} has the same number", other.path);
    Mistake::of_file(&file.path, message).help("change one of them")
}

/// A file whose name makes its tool pass it over without a word.
fn left_out(file: &File, tool: Format, name: &str) -> Mistake {
    let message = format!("{tool} leaves this file out, because of its name");
    let help = format!("name it like `{name}`, or list it under `skip` in bindery.toml");
    Mistake::of_file(&file.path, message).help(help)
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// A name that is none of a [`Format`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Format::ALL.map(|format| format!("`{format}`")).join(", ");
        write!(f, "`{}` is no format of migrations: write one of {names}", self.0)
    }
}

impl Error for UnknownFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        let error = "Dbmate".parse::<Format>().unwrap_err().to_string();
        assert!(error.contains("`Dbmate` is no format") && error.contains("`golang-migrate`"), "{error}");
    }
}
