//! A migration as data.

/// One migration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The number that the file's name begins with; none if it has none.
    pub version: Option<i64>,
    /// The file as messages show it, such as `migrations/00001_cars.sql`.
    pub path: String,
    /// Whether its statements run in one transaction.
    pub transaction: TransactionMode,
    /// What leads to the new schema.
    pub up: Vec<Statement>,
    /// What leads back.
    pub down: Vec<Statement>,
}

/// Whether a file's statements run in one transaction, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionMode {
    /// All of a direction or nothing. The default.
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
}

/// Where a line of a statement starts, there and in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineStart {
    pub sql: usize,
    pub file: usize,
}

impl Statement {
    /// The byte offset in the file of the `position`-th character of [`sql`](Self::sql), counted from 1 as PostgreSQL
    /// reports positions. A position past the end is the end.
    pub fn offset_in_file(&self, position: u32) -> usize {
        let nth = (position as usize).saturating_sub(1);
        let byte = self.sql.char_indices().nth(nth).map_or(self.sql.len(), |(byte, _)| byte);
        let line = self.lines.iter().rfind(|line| line.sql <= byte);
        line.map_or(byte, |line| line.file + (byte - line.sql))
    }
}
