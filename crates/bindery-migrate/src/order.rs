//! The order of migrations: by number, whatever the width it is written with.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{OrderError, ReadError};
use crate::migration::Migration;
use crate::parse::parse;

/// Reads every `.sql` file directly in a folder, in order.
///
/// # Errors
/// The folder or a file cannot be read, a file is malformed, or the files have no order; all of it at once.
pub fn read_dir(folder: impl AsRef<Path>) -> Result<Vec<Migration>, ReadError> {
    let folder = folder.as_ref();
    let mut problems = Vec::new();
    let mut migrations = Vec::new();
    for path in sql_files(folder)? {
        let shown = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        match parse(&shown, &text) {
            Ok(migration) => migrations.push(migration),
            Err(errors) => problems.extend(errors.into_iter().map(|error| {
                let line = text[..error.offset].matches('\n').count() + 1;
                format!("{shown}:{line}: {}", error.message)
            })),
        }
    }
    if !problems.is_empty() {
        return Err(ReadError { problems, source: None });
    }
    order(migrations).map_err(|error| ReadError { problems: vec![error.message], source: None })
}

/// Puts migrations in the order of their numbers; if none has a number they stay in the order given.
///
/// # Errors
/// Two have the same number, or only some have one.
pub fn order(mut migrations: Vec<Migration>) -> Result<Vec<Migration>, OrderError> {
    let unnumbered = migrations.iter().filter(|migration| migration.version.is_none()).count();
    if unnumbered == migrations.len() {
        return Ok(migrations);
    }
    if let Some(migration) = migrations.iter().find(|migration| migration.version.is_none()) {
        let message = format!(
            "{} has no number, but others have: begin its name with a number from 1 on and `_`",
            migration.path
        );
        return Err(OrderError { message });
    }
    let mut seen: HashMap<Option<i64>, &str> = HashMap::new();
    for migration in &migrations {
        if let Some(other) = seen.insert(migration.version, &migration.path) {
            let message = format!("{other} and {} have the same number: change one of them", migration.path);
            return Err(OrderError { message });
        }
    }
    migrations.sort_by_key(|migration| migration.version);
    Ok(migrations)
}

/// The digits before the first `_` of the file's name, if they are a number from 1 on.
pub(crate) fn version_of(path: &str) -> Option<i64> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (digits, _) = name.split_once('_')?;
    let plain = digits.chars().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|version| plain && *version >= 1)
}

fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: std::io::Error) -> ReadError {
    ReadError { problems: vec![format!("cannot read {}: {error}", path.display())], source: Some(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Result<Vec<String>, String> {
        let migrations = paths.iter().map(|path| parse(path, "").unwrap()).collect();
        match order(migrations) {
            Ok(ordered) => Ok(ordered.into_iter().map(|migration| migration.path).collect()),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(
            paths(&["10_a.sql", "9_b.sql", "0002_c.sql"]).unwrap(),
            ["0002_c.sql", "9_b.sql", "10_a.sql"]
        );
    }

    #[test]
    fn files_without_numbers_stay_as_they_are() {
        assert_eq!(paths(&["b.sql", "a.sql"]).unwrap(), ["b.sql", "a.sql"]);
    }

    #[test]
    fn a_doubtful_order_is_refused() {
        assert!(paths(&["1_a.sql", "01_b.sql"]).unwrap_err().contains("same number"));
        assert!(paths(&["1_a.sql", "b.sql"]).unwrap_err().contains("no number"));
        assert!(paths(&["1_a.sql", "0_b.sql"]).unwrap_err().contains("0_b.sql has no number"));
    }
}
