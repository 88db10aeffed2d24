//! What can be wrong with migrations, and what can go wrong when they run.

use std::error::Error;
use std::fmt;
use std::io;

use postgres::error::{DbError, ErrorPosition};

use crate::migration::{Section, Statement};
use crate::read::File;

/// A mistake in a migration file, or in its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as it was given.
    pub path: String,
    /// Where, in bytes of the file's text; none if the file as a whole is meant.
    pub offset: Option<usize>,
    /// What is wrong, in lower case.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Mistake {
    pub(crate) fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), offset: None, message: message.into(), help: None }
    }

    pub(crate) fn at(path: &str, offset: usize, message: impl Into<String>) -> Self {
        Self { offset: Some(offset), ..Self::of_file(path, message) }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl Error for Mistake {}

/// A folder of migrations that cannot be used: every mistake of every file.
#[derive(Debug)]
pub struct ReadError {
    pub(crate) problems: Vec<String>,
    pub(crate) source: Option<io::Error>,
}

impl ReadError {
    pub(crate) fn new(files: &[File], mistakes: Vec<Mistake>) -> Self {
        let problems = mistakes.iter().map(|mistake| {
            let file = files.iter().find(|file| file.path == mistake.path);
            let mut problem = match file.zip(mistake.offset) {
                Some((file, offset)) => {
                    let before = &file.text[..offset];
                    let line = before.matches('\n').count() + 1;
                    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                    format!("{}:{line}:{column}: {}", mistake.path, mistake.message)
                }
                None => mistake.to_string(),
            };
            if let Some(help) = &mistake.help {
                problem.push_str(&format!("; {help}"));
            }
            problem
        });
        Self { problems: problems.collect(), source: None }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// A statement that the server refused.
#[derive(Debug)]
pub struct ApplyError {
    path: String,
    /// Which of the file's statements, from 1; none when the transaction itself failed.
    statement: Option<usize>,
    offset: Option<usize>,
    in_transaction: bool,
    source: postgres::Error,
}

impl ApplyError {
    pub(crate) fn in_statement(section: &Section, index: usize, source: postgres::Error) -> Self {
        let statement = section.statements.get(index);
        let offset = statement.map(|statement| offset(statement, &source));
        Self { statement: Some(index + 1), offset, ..Self::in_file(section, source) }
    }

    pub(crate) fn in_file(section: &Section, source: postgres::Error) -> Self {
        let in_transaction = section.transaction == crate::TransactionMode::PerFile;
        Self { path: section.path.clone(), statement: None, offset: None, in_transaction, source }
    }

    /// The file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Which of the file's statements, from 1; none when the transaction itself failed.
    pub fn statement(&self) -> Option<usize> {
        self.statement
    }

    /// Where in the file, in bytes: the server's position, else where the statement starts.
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// The server's own error, if it was the server's.
    pub fn db_error(&self) -> Option<&DbError> {
        self.source.as_db_error()
    }
}

fn offset(statement: &Statement, error: &postgres::Error) -> usize {
    match error.as_db_error().and_then(DbError::position) {
        Some(ErrorPosition::Original(position)) => statement.offset_in_file(*position),
        _ => statement.offset_in_file(1),
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(statement) = self.statement {
            write!(f, ", statement {statement}")?;
        }
        match self.db_error() {
            Some(error) => write!(f, ": {}", error.message())?,
            None => write!(f, ": {}", self.source)?,
        }
        match (self.in_transaction, self.statement) {
            (true, _) => f.write_str(" (nothing of this file was done)"),
            (false, Some(statement)) if statement > 1 => {
                write!(f, " (NO TRANSACTION: the {} before it were done and stay)", statement - 1)
            }
            (false, _) => Ok(()),
        }
    }
}

impl Error for ApplyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// Why a database was not brought up to date.
#[derive(Debug)]
#[non_exhaustive]
pub enum UpError {
    /// A migration failed; those before it were applied.
    Apply(ApplyError),
    /// The version table or the lock cannot be used.
    Bookkeeping(postgres::Error),
    /// Migrations that are older than the database's version were never applied to it; nothing was done.
    OutOfOrder {
        /// The files.
        missing: Vec<String>,
        /// The newest version that was applied.
        current: i64,
    },
    /// A file has no number, so that nothing could be noted of it.
    Unnumbered(String),
}

impl fmt::Display for UpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apply(error) => error.fmt(f),
            Self::Bookkeeping(_) => f.write_str("the table goose_db_version cannot be used"),
            Self::OutOfOrder { missing, current } => write!(
                f,
                "the database is at version {current}, but was never given {}: give them later numbers",
                missing.join(", ")
            ),
            Self::Unnumbered(path) => {
                write!(f, "{path} has no version: begin its name with a number and `_`")
            }
        }
    }
}

impl Error for UpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Apply(error) => error.source(),
            Self::Bookkeeping(error) => Some(error),
            Self::OutOfOrder { .. } | Self::Unnumbered(_) => None,
        }
    }
}
