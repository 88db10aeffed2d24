//! The names and texts of new migration files (goose 3.27, `create.go`).

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use heck::ToSnakeCase;

use crate::format::Format;
use crate::number;

/// How files are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// One after the other: `00007_cars.sql`.
    Sequential,
    /// By the second in which they are made, in UTC: `20260102150405_cars.sql`.
    Timestamp,
}

/// A migration file that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its name, without a folder.
    pub name: String,
    /// What is to be in it.
    pub text: String,
}

/// Why there is no name for a new file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateError {
    /// There is neither letter nor digit in the name that was given.
    Nameless(String),
    /// This file has the number already that the new one would have.
    NumberTaken(String),
}

const GOLANG_MIGRATE: &str = "";
const DBMATE: &str = "-- migrate:up\n\n-- migrate:down\n\n";
const SQL_MIGRATE: &str = "-- +migrate Up\n\n-- +migrate Down\n\n";
/// tern refuses a file that does nothing.
const TERN: &str = "SELECT 1;\n\n---- create above / drop below ----\n\n";

/// The comment is left out when the file is read.
const GOOSE: &str = "\
-- +goose Up
-- A statement ends with the line that ends with `;`. One with such lines inside, as functions have them, stands between
-- the annotations StatementBegin and StatementEnd.


-- +goose Down

";

/// The files of a new migration, to be put beside those at `paths`; `name` is turned into snake case.
///
/// The default numbering is that of the newest file, and sequential if there is none. Goose's own is by timestamps.
///
/// # Errors
/// The name is empty, or the number is taken.
pub fn new_files(
    format: Format,
    paths: &[impl AsRef<str>],
    name: &str,
    numbering: Option<Numbering>,
    now: SystemTime,
) -> Result<Vec<NewFile>, CreateError> {
    let title = name.to_snake_case();
    if title.is_empty() {
        return Err(CreateError::Nameless(name.to_owned()));
    }
    let number = match numbering.unwrap_or_else(|| numbering_of(paths)) {
        Numbering::Sequential => number::sequential(next(paths), width(format)),
        Numbering::Timestamp => number::timestamp(now).to_string(),
    };
    let taken = paths.iter().map(AsRef::as_ref).find(|path| number::of_path(path) == number.parse().ok());
    if let Some(path) = taken {
        return Err(CreateError::NumberTaken(path.to_owned()));
    }
    let file =
        |end: &str, text: &str| NewFile { name: format!("{number}_{title}{end}"), text: text.to_owned() };
    match format {
        Format::Goose => Ok(vec![file(".sql", GOOSE)]),
        Format::GolangMigrate => Ok(vec![file(".up.sql", GOLANG_MIGRATE), file(".down.sql", GOLANG_MIGRATE)]),
        Format::Dbmate => Ok(vec![file(".sql", DBMATE)]),
        Format::SqlMigrate => Ok(vec![file(".sql", SQL_MIGRATE)]),
        Format::Tern => Ok(vec![file(".sql", TERN)]),
        Format::Plain => Ok(vec![file(".sql", "")]),
    }
}

/// How many digits the tool itself gives a sequential number.
fn width(format: Format) -> usize {
    match format {
        Format::Goose | Format::Plain | Format::Dbmate | Format::SqlMigrate => 5,
        Format::GolangMigrate => 6,
        Format::Tern => 3,
    }
}

/// That of the newest file.
fn numbering_of(paths: &[impl AsRef<str>]) -> Numbering {
    let newest = paths.iter().filter_map(|path| number::of_path(path.as_ref())).max();
    match newest.is_some_and(number::is_timestamp) {
        true => Numbering::Timestamp,
        false => Numbering::Sequential,
    }
}

/// The number behind the last one that is no timestamp.
pub(crate) fn next(paths: &[impl AsRef<str>]) -> i64 {
    let versions = paths.iter().filter_map(|path| number::of_path(path.as_ref()));
    versions.filter(|version| !number::is_timestamp(*version)).max().unwrap_or(0).saturating_add(1)
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nameless(name) => write!(f, "`{name}` has no letter or digit to name a file by"),
            Self::NumberTaken(path) => {
                write!(f, "`{path}` has the number already that the new file would have")
            }
        }
    }
}

impl Error for CreateError {}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn named(paths: &[&str], name: &str, numbering: Option<Numbering>) -> Result<String, String> {
        let now = UNIX_EPOCH + Duration::from_secs(1_767_366_245);
        let files =
            new_files(Format::Goose, paths, name, numbering, now).map_err(|error| error.to_string())?;
        Ok(files[0].name.clone())
    }

    #[test]
    fn files_are_numbered_as_the_newest_one_is() {
        assert_eq!(named(&[], "add cars", None).unwrap(), "00001_add_cars.sql");
        assert_eq!(named(&["db/9_a.sql", "db/10_b.sql"], "AddCars", None).unwrap(), "00011_add_cars.sql");
        let stamped = ["1_a.sql", "20250102150405_b.sql"];
        assert_eq!(named(&stamped, "c", None).unwrap(), "20260102150405_c.sql");
        assert_eq!(named(&stamped, "c", Some(Numbering::Sequential)).unwrap(), "00002_c.sql");
        assert_eq!(named(&["1_a.sql"], "c", Some(Numbering::Timestamp)).unwrap(), "20260102150405_c.sql");
    }

    #[test]
    fn a_name_without_letters_and_a_number_that_is_taken_are_refused() {
        assert!(named(&[], " -/", None).unwrap_err().contains("no letter or digit"));
        assert!(named(&["20260102150405_a.sql"], "b", None).unwrap_err().contains("20260102150405_a.sql"));
        assert_eq!(named(&[], "../../etc/x", None).unwrap(), "00001_etc_x.sql");
    }

    #[test]
    fn new_files_of_every_tool_are_read_as_an_empty_migration_of_it() {
        for format in Format::ALL {
            let files = new_files(format, &[""], "cars", None, SystemTime::now()).unwrap();
            let files = files.into_iter().map(|NewFile { name: path, text }| crate::File { path, text });
            let read = crate::Reader::new().format(format).read(&files.collect::<Vec<_>>()).unwrap();
            assert!(read.len() == 1 && read[0].version == Some(1), "{format}: {read:?}");
            let statements = read[0].up.statements.iter().map(|statement| statement.sql.trim());
            let expected = if format == Format::Tern { "SELECT 1;reset all" } else { "" };
            assert_eq!(statements.collect::<String>(), expected, "{format}");
        }
    }

    #[test]
    fn a_new_file_is_read_as_an_empty_migration() {
        let files = new_files(Format::Goose, &[""], "cars", None, SystemTime::now()).unwrap();
        let migration = crate::parse(&files[0].name, &files[0].text).unwrap();
        assert_eq!(migration.up.statements, []);
        assert!(migration.down.unwrap().statements.is_empty());
        let filled = files[0].text.replace("\n\n\n", "\nCREATE TABLE cars ();\n\n");
        assert_eq!(crate::parse("1_a.sql", &filled).unwrap().up.statements[0].sql, "CREATE TABLE cars ();");
    }
}
