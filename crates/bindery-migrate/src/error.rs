//! What can be wrong with migrations, and what can go wrong when they run.

use std::error::Error;
use std::fmt;
use std::io;

use tokio_postgres::error::{DbError, ErrorPosition};

use crate::client::BoxError;
use crate::migration::{Section, Statement, TransactionMode};
use crate::read::File;
use crate::report::Done;

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

/// A migration that failed.
#[derive(Debug)]
pub struct ApplyError {
    path: String,
    /// Which of the section's statements, from 1; none when it was none of them.
    statement: Option<usize>,
    offset: Option<usize>,
    transaction: TransactionMode,
    /// All its statements were done, and what failed was to note that.
    is_of_note: bool,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Server(tokio_postgres::Error),
    /// Of a migration in Rust.
    Registered(BoxError),
}

impl ApplyError {
    pub(crate) fn in_statement(section: &Section, index: usize, source: tokio_postgres::Error) -> Self {
        let statement = section.statements.get(index);
        let offset = statement.map(|statement| offset(statement, &source));
        Self { statement: Some(index + 1), offset, ..Self::in_file(section, source) }
    }

    pub(crate) fn in_note(section: &Section, source: tokio_postgres::Error) -> Self {
        Self { is_of_note: true, ..Self::in_file(section, source) }
    }

    pub(crate) fn in_file(section: &Section, source: tokio_postgres::Error) -> Self {
        Self::new(&section.path, section.transaction, Cause::Server(source))
    }

    pub(crate) fn registered(name: &str, transaction: TransactionMode, source: BoxError) -> Self {
        Self::new(name, transaction, Cause::Registered(source))
    }

    pub(crate) fn around(name: &str, transaction: TransactionMode, source: tokio_postgres::Error) -> Self {
        Self::new(name, transaction, Cause::Server(source))
    }

    fn new(path: &str, transaction: TransactionMode, cause: Cause) -> Self {
        let path = path.to_owned();
        Self { path, statement: None, offset: None, transaction, is_of_note: false, cause }
    }

    /// The file, or the name that a migration in Rust was registered with.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Which of the section's statements, from 1; none when it was none of them.
    pub fn statement(&self) -> Option<usize> {
        self.statement
    }

    /// Where in the file, in bytes: the server's position, else where the statement starts.
    pub fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// The server's own error, if it was the server's.
    pub fn db_error(&self) -> Option<&DbError> {
        self.server_error().and_then(tokio_postgres::Error::as_db_error)
    }

    fn server_error(&self) -> Option<&tokio_postgres::Error> {
        match &self.cause {
            Cause::Server(error) => Some(error),
            Cause::Registered(_) => None,
        }
    }

    /// What is left of it in the database, in words.
    pub fn remains(&self) -> String {
        match (self.transaction, self.statement) {
            (TransactionMode::PerFile, _) => "nothing of it was done".to_owned(),
            (TransactionMode::None, Some(1)) => "NO TRANSACTION: nothing was done before it".to_owned(),
            (TransactionMode::None, Some(statement)) => format!(
                "NO TRANSACTION: the {} before it were done and stay; undo them, or take them out of the file, before it \
                 is run again",
                statement - 1
            ),
            (TransactionMode::None, None) if self.is_of_note => {
                "NO TRANSACTION: all of it was done and stays, but is not noted".to_owned()
            }
            (TransactionMode::None, None) => "no transaction: what it has done stays".to_owned(),
        }
    }
}

fn offset(statement: &Statement, error: &tokio_postgres::Error) -> usize {
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
        match (&self.cause, self.db_error()) {
            (_, Some(error)) => write!(f, ": {}", error.message())?,
            (Cause::Server(error), None) => write!(f, ": {error}")?,
            (Cause::Registered(error), None) => write!(f, ": {error}")?,
        }
        write!(f, " ({})", self.remains())
    }
}

impl Error for ApplyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Server(error) => Some(error),
            Cause::Registered(error) => Some(error.as_ref()),
        }
    }
}

/// Why a run ended before its end, with what it had done by then.
#[derive(Debug)]
pub struct RunError {
    kind: Box<RunErrorKind>,
    done: Vec<Done>,
    not_done: Vec<String>,
}

/// Why a run ended before its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// A migration failed; those before it stay applied and noted.
    Failed(ApplyError),
    /// The connection, the lock or the version table cannot be used.
    Server(tokio_postgres::Error),
    /// Somebody else migrates the database, and did not end in time; who, if the server tells.
    Locked(Option<String>),
    /// Files that are older than the database's version were never applied to it; nothing was done.
    OutOfOrder {
        /// The files.
        missing: Vec<String>,
        /// The newest version that was applied.
        current: i64,
    },
    /// A file has no number, so that nothing could be noted of it.
    Unnumbered(String),
    /// Two have the same number.
    Duplicate(String, String),
    /// These were to be undone, and nothing is written about how; nothing was done.
    NoDown(Vec<String>),
    /// These versions were to be undone, and have no file; nothing was done.
    NoFile(Vec<i64>),
    /// Another tool keeps the database, by this table; nothing was done.
    OtherTool {
        /// The tool.
        tool: String,
        /// Its table.
        table: String,
    },
    /// All migrations are applied already.
    NothingPending,
    /// There is no migration to undo.
    NothingApplied,
    /// The command needs versions, and the run notes none.
    NeedsVersions,
}

impl RunError {
    pub(crate) fn new(kind: RunErrorKind) -> Self {
        Self::after(kind, Vec::new(), Vec::new())
    }

    pub(crate) fn after(kind: RunErrorKind, done: Vec<Done>, not_done: Vec<String>) -> Self {
        Self { kind: Box::new(kind), done, not_done }
    }

    /// What is wrong.
    pub fn kind(&self) -> &RunErrorKind {
        &self.kind
    }

    /// What the connection or its server had to say, if it was one of them.
    pub fn server_error(&self) -> Option<&tokio_postgres::Error> {
        match &*self.kind {
            RunErrorKind::Failed(error) => error.server_error(),
            RunErrorKind::Server(error) => Some(error),
            _ => None,
        }
    }

    /// What was done before, and stays.
    pub fn done(&self) -> &[Done] {
        &self.done
    }

    /// The files that would have come after.
    pub fn not_done(&self) -> &[String] {
        &self.not_done
    }
}

impl From<tokio_postgres::Error> for RunError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::new(RunErrorKind::Server(error))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        if let [first, .., last] = &self.done[..] {
            write!(f, "; done before: {} to {}", first.path, last.path)?;
        } else if let [only] = &self.done[..] {
            write!(f, "; done before: {}", only.path)?;
        }
        match &self.not_done[..] {
            [] => Ok(()),
            not_done => write!(f, "; not done: {}", not_done.join(", ")),
        }
    }
}

impl fmt::Display for RunErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Server(error) => match error.as_db_error() {
                Some(told) => write!(f, "the migrations cannot be kept track of: {}", told.message()),
                None => write!(f, "the migrations cannot be kept track of: {error}"),
            },
            Self::Locked(holder) => {
                f.write_str("somebody else migrates this database and has not ended in time")?;
                holder.as_ref().map_or(Ok(()), |holder| write!(f, ": {holder}"))
            }
            Self::OutOfOrder { missing, current } => write!(
                f,
                "the database is at version {current}, but was never given {}: give them later numbers, or allow \
                 migrations that are out of order",
                missing.join(", ")
            ),
            Self::Unnumbered(path) => {
                write!(f, "{path} has no version: begin its name with a number and `_`")
            }
            Self::Duplicate(first, second) => {
                write!(f, "{first} and {second} have the same number: change one of them")
            }
            Self::NoDown(paths) => write!(
                f,
                "nothing is written about how to undo {}: write a Down, an empty one if there is nothing to undo",
                paths.join(", ")
            ),
            Self::NoFile(versions) => {
                let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "there is no file to undo {} with: get back the one that was applied",
                    versions.join(", ")
                )
            }
            Self::OtherTool { tool, table } => write!(
                f,
                "{tool} has kept this database until now (table {table}): note what is applied with the command \
                 `baseline VERSION` first"
            ),
            Self::NothingPending => f.write_str("all migrations are applied already"),
            Self::NothingApplied => f.write_str("no migration is applied that could be undone"),
            Self::NeedsVersions => {
                f.write_str("without versions nobody knows which migration is the next or is applied")
            }
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.kind {
            RunErrorKind::Failed(error) => error.source(),
            RunErrorKind::Server(error) => Some(error),
            _ => None,
        }
    }
}
