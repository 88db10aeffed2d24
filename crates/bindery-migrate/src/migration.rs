//! A migration as data.

use std::fmt;

use sha2::{Digest, Sha256};

/// One migration: a way to a newer schema, and a way back if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The number that the file's name begins with; none if it has none.
    pub version: Option<i64>,
    /// The file as messages show it, such as `migrations/00001_cars.sql`.
    pub path: String,
    /// What leads to the new schema.
    pub up: Section,
    /// What leads back; none where nothing is written about that.
    pub down: Option<Section>,
    /// The environment variables that the text was completed with (goose's ENVSUB), sorted.
    pub variables: Vec<String>,
}

/// One direction of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The file in which it is written, which with some formats is one of its own.
    pub path: String,
    /// Whether the statements run in one transaction.
    pub transaction: TransactionMode,
    /// What is sent, in order; none where there is nothing to do.
    pub statements: Vec<Statement>,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the newer schema.
    Up,
    /// Back.
    Down,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// Whether a section's statements run in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionMode {
    /// All of the section or nothing. The default.
    PerFile,
    /// Each statement by itself: `-- +goose NO TRANSACTION`.
    None,
}

/// What is sent to the server in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The text that is sent.
    pub sql: String,
    /// Where its lines come from, in order.
    pub(crate) lines: Vec<LineStart>,
    /// The text in the file, where environment variables have changed it.
    pub(crate) written: Option<String>,
}

/// Where a line of a statement starts, there and in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineStart {
    pub sql: usize,
    pub file: usize,
}

impl Migration {
    /// One direction, if anything is written about it.
    pub fn section(&self, direction: Direction) -> Option<&Section> {
        match direction {
            Direction::Up => Some(&self.up),
            Direction::Down => self.down.as_ref(),
        }
    }

    /// SHA-256 of what leads to the new schema, in hexadecimal digits: of `-- no transaction` if it runs in none, and its
    /// statements as they are written, a newline after each. Comments between statements, the way back, line endings and
    /// the values of environment variables do not change it.
    pub fn checksum(&self) -> String {
        let mut hasher = Sha256::new();
        if self.up.transaction == TransactionMode::None {
            hasher.update("-- no transaction\n");
        }
        for statement in &self.up.statements {
            // Only formats that send a file as it stands leave the line ending of Windows in it.
            hasher.update(statement.written().replace("\r\n", "\n"));
            hasher.update("\n");
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Section {
    /// Sections of a file, before its statements are known.
    pub(crate) fn new(path: &str, transaction: TransactionMode, statements: Vec<Statement>) -> Self {
        Self { path: path.to_owned(), transaction, statements }
    }
}

impl Statement {
    /// A part of a file that is sent as it stands there, from the byte `offset` on.
    pub(crate) fn verbatim(sql: String, offset: usize) -> Self {
        Self { sql, lines: vec![LineStart { sql: 0, file: offset }], written: None }
    }

    /// The text as it stands in the file, before environment variables were put into it.
    pub fn written(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.sql)
    }

    /// The byte offset in the file of the `position`-th character of [`sql`](Self::sql), counted from 1 as PostgreSQL
    /// reports positions. A position past the end is the end.
    pub fn offset_in_file(&self, position: u32) -> usize {
        let nth = (position as usize).saturating_sub(1);
        let byte = self.sql.char_indices().nth(nth).map_or(self.sql.len(), |(byte, _)| byte);
        self.byte_in_file(byte)
    }

    /// The byte offset in the file of a byte of [`sql`](Self::sql); of a variable's value, some place in the variable.
    pub(crate) fn byte_in_file(&self, byte: usize) -> usize {
        let next = self.lines.partition_point(|line| line.sql <= byte);
        let Some(line) = next.checked_sub(1).and_then(|line| self.lines.get(line)) else { return byte };
        let offset = line.file + (byte - line.sql);
        // A value may be longer than the variable that stands for it.
        self.lines.get(next).map_or(offset, |next| offset.min(next.file))
    }
}
