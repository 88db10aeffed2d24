//! Doc comments.

use super::text::{self, Text};

/// SQL as a fenced block, whatever backticks it holds.
pub(super) fn write_sql_block(sql: &str, text: &mut Text) {
    let fence = fence(sql);
    if !(sql.contains('\n') || sql.contains('\r')) {
        return text.write(format_args!("/// {fence}sql\n/// {sql}\n/// {fence}\n"));
    }
    text.doc("", format_args!("{fence}sql"));
    for line in sql.lines() {
        text.doc("", format_args!("{line}"));
    }
    text.doc("", format_args!("{fence}"));
}

/// More backticks than stand in a row in `sql`, three at least.
fn fence(sql: &str) -> String {
    if !sql.contains('`') {
        return "```".to_owned();
    }
    let longest = sql.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

/// A doc comment of these lines, in front of what prettyplease will print.
pub(super) fn comment(lines: &[String]) -> String {
    lines.iter().map(|line| text::doc("", format_args!("{line}"))).collect()
}
