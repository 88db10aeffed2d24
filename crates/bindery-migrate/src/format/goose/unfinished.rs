//! Why goose says of a section's last statement that a semicolon is missing.

use crate::quotes::{Kind, Token, tokens};
use crate::split::commands;

/// What is wrong, and where in the text, in bytes.
pub(super) struct Unfinished {
    pub offset: usize,
    pub message: String,
    pub help: &'static str,
}

/// Explains why `sql`, which is not blank, is unfinished to goose.
pub(super) fn explain(sql: &str) -> Unfinished {
    let found = commands(sql);
    let block_comment = tokens(sql).find(|token| token.kind == Kind::BlockComment);
    if let Some(what) = found.open {
        let help = "close it, and end the statement with a `;` at a line's end";
        return Unfinished { offset: 0, message: format!("this statement ends inside {what}"), help };
    }
    if found.commands.is_empty() && found.end.is_none() {
        return comment(block_comment);
    }
    let Some(end) = found.end else {
        let message = "this statement has no semicolon at a line's end".to_owned();
        return Unfinished { offset: 0, message, help: "add one" };
    };
    let help = if tokens(&sql[end..]).any(|token| token.kind == Kind::BlockComment) {
        "write the comment above the statement, with `--`"
    } else if sql[end..].starts_with(";--") {
        "write a space before the `--`"
    } else {
        "write `-- +goose StatementBegin` above the statement and `-- +goose StatementEnd` under it"
    };
    let message = "goose does not see that this `;` ends the statement".to_owned();
    Unfinished { offset: end, message, help }
}

/// There is nothing but comments: goose knows no block comments, and keeps others once its buffer holds a line.
fn comment(block_comment: Option<Token<'_>>) -> Unfinished {
    let message = "goose takes this comment for a statement without a semicolon".to_owned();
    match block_comment {
        Some(token) => Unfinished { offset: token.offset, message, help: "begin its lines with `--`" },
        None => Unfinished { offset: 0, message, help: "remove the spaces from the blank line above it" },
    }
}
