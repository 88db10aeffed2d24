//! What goose sends to the server in another way than it is written, and what the server would do with it that nobody
//! wants. Only statements of files that are read strictly are looked at.

use super::lines::{Line, first_comment_word, statement};
use crate::migration::{Statement, TransactionMode};
use crate::quotes::{Kind, tokens};
use crate::split::{Command, Commands, commands};

/// How goose found a statement's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// At a `;` that ends a line.
    Semicolon,
    /// At StatementEnd.
    Block,
}

/// What is wrong, and where in the statement, in bytes.
pub(super) struct Finding {
    pub offset: usize,
    pub message: String,
    pub help: &'static str,
    pub damage: Damage,
}

/// What else of the file cannot be read, for that reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    None,
    /// The rest of the statement, which goose takes for others.
    Rest,
    /// The lines up to `\.`.
    Data,
}

const BLOCK: &str =
    "write `-- +goose StatementBegin` above the statement and `-- +goose StatementEnd` under it";

/// Whether goose cut a statement where the server sees no end, or takes for SQL what is none.
pub(super) fn reading(statement: &Statement, cut: Cut) -> Vec<Finding> {
    let sql = &statement.sql;
    let found = commands(sql);
    if let Some(finding) = lost_dollar(statement) {
        return vec![finding];
    }
    if let Some(copy) = found.commands.iter().find(|command| command.is_copy_from_stdin()) {
        return vec![finding(copy.offset(), COPY.0, COPY.1, Damage::Data)];
    }
    let psql = psql_commands(sql, &found);
    if !psql.is_empty() {
        return psql;
    }
    match (found.open, cut) {
        (Some(what), Cut::Semicolon) => {
            let message = format!("this statement is cut off inside {what}, at a semicolon that ends a line");
            vec![finding(0, message, BLOCK, Damage::Rest)]
        }
        (Some(what), Cut::Block) => {
            vec![finding(0, format!("this block ends inside {what}"), "close it", Damage::None)]
        }
        (None, Cut::Semicolon) if found.end.is_none() => end_in_comment(sql).into_iter().collect(),
        (None, _) => Vec::new(),
    }
}

fn end_in_comment(sql: &str) -> Option<Finding> {
    let comment =
        tokens(sql).filter(|token| token.kind == Kind::LineComment && token.text.contains(';')).last()?;
    let message = "goose takes the `;` in this comment for the end of the statement";
    let help = "write the comment on a line of its own, or without a `;` at its end";
    Some(finding(comment.offset, message, help, Damage::Rest))
}

/// goose sends what is unfinished above a block together with it, which does no harm to comments only.
pub(super) fn above_block(statement: &Statement) -> Option<Finding> {
    let mut tokens = tokens(&statement.sql);
    let first = tokens.find(|token| token.kind.is_significant() || !token.closed)?;
    let message = "goose would send this together with the block under it";
    let help = "end it with a `;` that only a space and `--` may follow on its line";
    Some(finding(first.offset, message, help, Damage::None))
}

/// A word that begins with `--` keeps goose from seeing the `;` behind it, even in quotes.
pub(super) fn hidden_end(lines: &[Line<'_>]) -> Option<Finding> {
    let last = &lines.last()?.sql;
    let word = first_comment_word(last)?;
    // It is worth a closer look where a `;` and the end of what it may stand in come behind it.
    let behind = &last[word..];
    if !behind.contains(';') || !["'", "\"", "$", "*/"].iter().any(|end| behind.contains(end)) {
        return None;
    }
    let sql = statement(lines).sql;
    let word = sql.len() + word - last.trim_end().len();
    let end = commands(&sql).end.filter(|end| *end > word)?;
    let around = tokens(&sql[..end]).find(|token| token.end() > word)?;
    if around.kind == Kind::LineComment {
        return None;
    }
    let message = "goose takes this word for a comment, and does not see the `;` that ends the statement";
    Some(finding(word, message, BLOCK, Damage::None))
}

pub(super) const COPY: (&str, &str) = ("COPY FROM stdin has no data to read here", "write INSERT statements");

/// Outside of quotes a backslash is none of SQL's characters, so it begins a command of psql's.
fn psql_commands(sql: &str, found: &Commands<'_>) -> Vec<Finding> {
    let all = found.commands.iter().flat_map(|command| &command.0);
    all.filter(|token| token.kind == Kind::Sign && token.text == "\\")
        .map(|token| {
            let word = sql[token.offset..].split_whitespace().next().unwrap_or_default();
            let message = format!("`{word}` is a command of psql's, which no server knows");
            finding(token.offset, message, "remove it", Damage::None)
        })
        .collect()
}

/// ENVSUB makes one dollar sign of `$$`, which outside of quotes then means nothing.
fn lost_dollar(statement: &Statement) -> Option<Finding> {
    statement.written.as_ref()?;
    let dollar = tokens(&statement.sql).find(|token| token.kind == Kind::Sign && token.text == "$")?;
    let message = "ENVSUB makes one `$` of `$$`, so that what follows is not quoted";
    let help = "write `-- +goose ENVSUB OFF` above a dollar-quoted body, and ON only where variables are";
    Some(finding(dollar.offset, message, help, Damage::Rest))
}

/// What commands would do to the transaction that their file runs in, or that their message is.
pub(super) fn transactions(sql: &str, mode: TransactionMode) -> Vec<Finding> {
    let found = commands(sql).commands;
    match mode {
        TransactionMode::PerFile => found.iter().filter_map(control).collect(),
        TransactionMode::None if found.len() > 1 => found.iter().filter_map(implicit).collect(),
        TransactionMode::None => Vec::new(),
    }
}

fn control(command: &Command<'_>) -> Option<Finding> {
    let is = |word| command.is(0, word);
    let begins = is("begin") || command.begins(&["start", "transaction"]);
    let to_savepoint = is("rollback") && command.has("to");
    let ends = is("commit") || is("end") || is("rollback") || is("abort");
    let prepared = command.is(1, "prepared");
    let prepares = command.begins(&["prepare", "transaction"]);
    let word = command.0.first()?.text.to_ascii_uppercase();
    let message = match () {
        () if begins => format!("this file runs in a transaction already, so that {word} begins none"),
        () if prepares || ends && !prepared && !to_savepoint => {
            format!(
                "this {word} would end the transaction that the file runs in, before the file is noted as applied"
            )
        }
        () => return None,
    };
    let help =
        "remove it, or write `-- +goose NO TRANSACTION` on top for a file with transactions of its own";
    Some(finding(command.offset(), message, help, Damage::None))
}

fn implicit(command: &Command<'_>) -> Option<Finding> {
    if !runs_alone(command) {
        return None;
    }
    let message =
        "this cannot run in a transaction, but goose sends it in one message with others, which is one";
    let help = "end each statement with `;` at the end of its line, or give it a StatementBegin of its own";
    Some(finding(command.offset(), message, help, Damage::None))
}

/// Commands that PostgreSQL refuses in a transaction block (its calls of `PreventInTransactionBlock`).
fn runs_alone(command: &Command<'_>) -> bool {
    const BEGINNINGS: [&[&str]; 10] = [
        &["vacuum"],
        &["create", "index", "concurrently"],
        &["create", "unique", "index", "concurrently"],
        &["drop", "index", "concurrently"],
        &["create", "database"],
        &["drop", "database"],
        &["create", "tablespace"],
        &["drop", "tablespace"],
        &["alter", "system"],
        &["reindex", "database"],
    ];
    let has_beginning = BEGINNINGS.iter().any(|words| command.begins(words));
    let concurrently = command.has("concurrently");
    has_beginning
        || command.is(0, "reindex") && (concurrently || command.has("system") || command.has("schema"))
        || command.begins(&["alter", "table"]) && command.has("detach") && concurrently
}

fn finding(offset: usize, message: impl Into<String>, help: &'static str, damage: Damage) -> Finding {
    Finding { offset, message: message.into(), help, damage }
}
