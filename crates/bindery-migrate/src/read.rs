//! Files -> migrations, in the order in which they are applied.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Mistake, ReadError};
use crate::format::{Format, name};
use crate::migration::Migration;

/// A migration file's name and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As messages show it, such as `migrations/00001_cars.sql`. Its last part gives the version.
    pub path: String,
    /// What is in it; empty for a file that is no SQL.
    pub text: String,
}

/// Reads migration files, with settings.
#[derive(Clone)]
pub struct Reader {
    pub(crate) format: Option<Format>,
    pub(crate) strictness: Strictness,
    pub(crate) multi_statement: bool,
    skipped: Vec<String>,
    environment: Environment,
}

/// Whether files that goose takes, but silently runs in another way than they are written, are mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// They are. What is accepted is run as goose runs it. The default.
    Strict,
    /// They are read exactly as goose reads them, and as nobody else's unless a format is named.
    LikeGoose,
}

/// Where the values of environment variables come from.
pub(crate) type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

impl Default for Reader {
    fn default() -> Self {
        Self {
            format: None,
            strictness: Strictness::Strict,
            multi_statement: false,
            skipped: Vec::new(),
            environment: Arc::new(|name| env::var(name).ok()),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, strictness, multi_statement, skipped, environment: _ } = self;
        f.debug_struct("Reader")
            .field("format", format)
            .field("strictness", strictness)
            .field("multi_statement", multi_statement)
            .field("skipped", skipped)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tool whose files they are. The default is to see it from the files.
    pub fn format(&mut self, format: Format) -> &mut Self {
        self.format = Some(format);
        self
    }

    /// What to do about files that goose would mangle. The default is [`Strictness::Strict`].
    pub fn strictness(&mut self, strictness: Strictness) -> &mut Self {
        self.strictness = strictness;
        self
    }

    /// Whether golang-migrate is run with `x-multi-statement=true`, and so cuts its files at semicolons. The default is that
    /// it is not.
    pub fn multi_statement(&mut self, is_on: bool) -> &mut Self {
        self.multi_statement = is_on;
        self
    }

    /// Files to leave out, by their names without folders: migrations written in Go, for example. The default is none.
    pub fn skip<N: Into<String>>(&mut self, names: impl IntoIterator<Item = N>) -> &mut Self {
        self.skipped.extend(names.into_iter().map(Into::into));
        self
    }

    /// Where the values of environment variables come from (goose's ENVSUB). The default is the process's environment.
    pub fn environment(
        &mut self,
        value_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> &mut Self {
        self.environment = Arc::new(value_of);
        self
    }

    /// Reads every migration directly in a folder, in order.
    ///
    /// # Errors
    /// The folder or a file cannot be read, a file is malformed, or the files have no order; all of it at once.
    pub fn read_dir(&self, folder: impl AsRef<Path>) -> Result<Vec<Migration>, ReadError> {
        let mut files = Vec::new();
        for path in list(folder.as_ref())? {
            let is_sql = path.extension().is_some_and(|extension| extension == "sql");
            let text = if is_sql { fs::read_to_string(&path) } else { Ok(String::new()) };
            let text = text.map_err(|error| unreadable(&path, error))?;
            files.push(File { path: path.display().to_string(), text });
        }
        self.read(&files).map_err(|mistakes| ReadError::new(&files, mistakes))
    }

    /// Reads `files`, and puts them in order.
    ///
    /// # Errors
    /// Every mistake in every file, or what keeps them from having an order.
    pub fn read(&self, files: &[File]) -> Result<Vec<Migration>, Vec<Mistake>> {
        let format = self.format_of(files)?;
        format.read(&self.without_skipped(files)?, self)
    }

    /// The format by whose rules `files` are read.
    ///
    /// # Errors
    /// As [`Format::detect`], where none is named.
    pub fn format_of(&self, files: &[File]) -> Result<Format, Vec<Mistake>> {
        match (self.format, self.strictness) {
            (Some(format), _) => Ok(format),
            (None, Strictness::LikeGoose) => Ok(Format::Goose),
            (None, Strictness::Strict) => Format::detect(&self.without_skipped(files)?),
        }
    }

    /// A name that no file has would hide that the file it meant is there.
    fn without_skipped(&self, files: &[File]) -> Result<Vec<File>, Vec<Mistake>> {
        let is_there = |skipped: &&String| files.iter().any(|file| name::of(&file.path) == skipped.as_str());
        let unknown: Vec<Mistake> = self
            .skipped
            .iter()
            .filter(|skipped| !is_there(skipped))
            .map(|skipped| {
                Mistake::of_file(skipped, NOT_THERE).help("write the name of one, without its folder")
            })
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let is_skipped = |file: &&File| self.skipped.iter().any(|skipped| name::of(&file.path) == skipped);
        Ok(files.iter().filter(|file| !is_skipped(file)).cloned().collect())
    }

    /// The value of an environment variable, if it is set.
    pub(crate) fn value_of(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }
}

const NOT_THERE: &str = "the file is to be skipped, but there is none of this name";

/// Reads one file's text with the defaults; `path` is how messages show it, and its name gives the version.
///
/// # Errors
/// Every mistake in it. It is one half of a pair, of which this one only leads back.
pub fn parse(path: &str, text: &str) -> Result<Migration, Vec<Mistake>> {
    let file = File { path: path.to_owned(), text: text.to_owned() };
    let read = Reader::new().read(std::slice::from_ref(&file))?;
    read.into_iter().next().ok_or_else(|| vec![Mistake::of_file(path, "the file is no migration")])
}

/// Reads every migration directly in a folder, in order, with the defaults.
///
/// # Errors
/// As [`Reader::read_dir`].
pub fn read_dir(folder: impl AsRef<Path>) -> Result<Vec<Migration>, ReadError> {
    Reader::new().read_dir(folder)
}

/// The files that are SQL, and those of goose's that are Go: they are named where they cannot be run.
fn list(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql" || extension == "go"));
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
        let files: Vec<File> = paths
            .iter()
            .map(|path| File { path: (*path).to_owned(), text: "-- +goose Up\n".to_owned() })
            .collect();
        match Reader::new().format(Format::Goose).read(&files) {
            Ok(ordered) => Ok(ordered.into_iter().map(|migration| migration.path).collect()),
            Err(mistakes) => Err(mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()),
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
    fn every_doubtful_name_is_refused() {
        assert!(paths(&["1_a.sql", "01_b.sql"]).unwrap_err().contains("1_a.sql has the same number"));
        assert!(
            paths(&["1_a.sql", "0_b.sql"]).unwrap_err().contains("0_b.sql: the file has no number: versions")
        );
        let all = paths(&[
            "1_a.sql",
            "b.sql",
            "2_c.go",
            "2_d_test.go",
            "3.sql",
            "9999999999999999999_x.sql",
            "001_e.sql",
        ]);
        assert_eq!(all.unwrap_err().lines().count(), 5);
        assert!(
            paths(&["schema.sql", "embed.go"]).unwrap_err().contains("embed.go: this Go file has no number")
        );
    }
}
