//! The lines of a statement -> the statement, with the way back to the file.

use crate::migration::{LineStart, Statement};

/// A line of the statement that is being read.
pub(super) struct Line<'f> {
    pub offset: usize,
    pub written: &'f str,
    /// Its variables filled in.
    pub sql: String,
    /// Where the parts of `sql` come from.
    pub starts: Vec<LineStart>,
    /// A variable could not be filled in, which was told.
    pub is_broken: bool,
}

/// Whether a variable of theirs could not be filled in.
pub(super) fn is_broken(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| line.is_broken)
}

/// Whether the last word before a comment ends in `;`. Words are what spaces part: goose knows no quotes here.
pub(super) fn ends_with_semicolon(line: &str) -> bool {
    let words = line.split_whitespace().take_while(|word| !word.starts_with("--"));
    words.last().is_some_and(|word| word.ends_with(';'))
}

/// Where the first word is that goose takes for a comment.
pub(super) fn first_comment_word(line: &str) -> Option<usize> {
    let mut places = line.match_indices("--").map(|(at, _)| at);
    places.find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace))
}

/// Joins lines, and trims the whole as goose does.
pub(super) fn statement(lines: &[Line<'_>]) -> Statement {
    let mut sql = String::new();
    let mut written = String::new();
    let mut starts = Vec::new();
    for line in lines {
        starts.extend(line.starts.iter().map(|start| LineStart { sql: sql.len() + start.sql, ..*start }));
        // Where a line has no parts, and so that nothing is past its end.
        let end = LineStart { sql: sql.len() + line.sql.len(), file: line.offset + line.written.len() };
        starts.push(end);
        sql.push_str(&line.sql);
        sql.push('\n');
        written.push_str(line.written);
        written.push('\n');
    }
    let trimmed = sql.trim();
    let blank = sql.len() - sql.trim_start().len();
    let lines = starts_behind(starts, blank);
    let written = Some(written.trim()).filter(|written| *written != trimmed).map(str::to_owned);
    Statement { sql: trimmed.to_owned(), lines, written }
}

/// The starts of a text whose first bytes were taken away.
fn starts_behind(starts: Vec<LineStart>, taken: usize) -> Vec<LineStart> {
    let first = starts.partition_point(|start| start.sql <= taken).saturating_sub(1);
    let shifted = |start: LineStart| match start.sql.checked_sub(taken) {
        Some(sql) => LineStart { sql, ..start },
        None => LineStart { sql: 0, file: start.file + (taken - start.sql) },
    };
    starts.into_iter().skip(first).map(shifted).collect()
}
