//! jackc/tern 2: `001_cars.sql` with `---- create above / drop below ----`.
//!
//! All of it is in `migrate/migrate.go`: names (`\A(\d+)_.+\.sql\z`), numbers without a gap from 1 on, the two parts, each
//! sent as one message in a transaction. With `---- tern: disable-tx ----` in a part its statements are sent one by one,
//! without (`migrate/internal/sqlsplit`). After each part `reset all` undoes what it has set. Files are Go templates, which
//! nothing but tern can fill in.

use std::collections::BTreeMap;

use crate::error::Mistake;
use crate::migration::{LineStart, Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader};

use super::{Format, has_sql, is_outside, left_open, left_out, name, same_number};

const SEPARATOR: &str = "---- create above / drop below ----";
const DISABLE_TX: &str = "---- tern: disable-tx ----";
const RESET: &str = "reset all";

/// Reads files, in the order of their numbers.
pub(super) fn read(files: &[File], _: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let mut numbered: BTreeMap<i64, &File> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for file in files {
        match number(file) {
            Ok(number) => {
                mistakes.extend(numbered.insert(number, file).map(|other| same_number(file, other)))
            }
            Err(mistake) => mistakes.push(mistake),
        }
    }
    let mut migrations = Vec::new();
    for (index, (number, file)) in (1_i64..).zip(&numbered) {
        if index != *number && mistakes.is_empty() {
            let message = format!("tern wants numbers without a gap, but no file has the number {index}");
            mistakes.push(Mistake::of_file(&file.path, message).help("number the files from 1 on"));
        }
        match migration(*number, file) {
            Ok(migration) => migrations.push(migration),
            Err(errors) => mistakes.extend(errors),
        }
    }
    if mistakes.is_empty() { Ok(migrations) } else { Err(mistakes) }
}

fn number(file: &File) -> Result<i64, Mistake> {
    let (digits, rest) = name::digits(name::of(&file.path));
    let rest = rest.strip_prefix('_').and_then(|rest| rest.strip_suffix(".sql"));
    match rest.filter(|rest| !rest.is_empty() && !digits.is_empty()) {
        Some(_) => name::number(file, digits),
        None => Err(left_out(file, Format::Tern, "001_cars.sql")),
    }
}

fn migration(version: i64, file: &File) -> Result<Migration, Vec<Mistake>> {
    let text = file.text.as_str();
    let up = text.find(SEPARATOR).map_or(text, |end| &text[..end]);
    let down = text.get(up.len() + SEPARATOR.len()..).unwrap_or_default();
    let mut mistakes = refused(file);
    if !has_sql(up) {
        let mistake =
            Mistake::of_file(&file.path, "tern wants SQL above the line that parts create and drop");
        mistakes.push(mistake.help("add it, or `SELECT 1` if there is nothing to do"));
    }
    for part in [up, down] {
        mistakes.extend(cut_off(file, part));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(Migration {
        version: Some(version),
        path: file.path.clone(),
        up: section(file, up),
        // What is blank is no way back for tern.
        down: (!down.trim().is_empty()).then(|| section(file, down)),
        variables: Vec::new(),
    })
}

/// A part of the file's text, trimmed as tern does.
fn section(file: &File, part: &str) -> Section {
    let part = part.trim();
    let (transaction, mut sent) = match part.lines().any(|line| line == DISABLE_TX) {
        true => (TransactionMode::None, statements(part)),
        false => (TransactionMode::PerFile, vec![part]),
    };
    sent.retain(|sql| has_sql(sql));
    let offset_of = |sql: &str| sql.as_ptr() as usize - file.text.as_ptr() as usize;
    let mut statements: Vec<Statement> =
        sent.into_iter().map(|sql| Statement::verbatim(sql.to_owned(), offset_of(sql))).collect();
    statements.push(reset(offset_of(part) + part.len()));
    Section::new(&file.path, transaction, statements)
}

/// What no file has: all of it stands at the end of its part.
fn reset(end: usize) -> Statement {
    let lines = (0..RESET.len()).map(|sql| LineStart { sql, file: end }).collect();
    Statement { sql: RESET.to_owned(), lines, written: None }
}

/// Cuts after each semicolon that stands outside of quotes and comments.
fn statements(part: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    for (end, _) in part.match_indices(';') {
        if is_outside(&part[start..end]) {
            statements.push(part[start..=end].trim());
            start = end + 1;
        }
    }
    statements.push(part[start..].trim());
    statements
}

/// What tern would take for something else than it looks like, and what it alone can fill in.
fn refused(file: &File) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut offset = 0;
    for line in file.text.split_inclusive('\n') {
        if is_annotation(line) && !line.contains(SEPARATOR) && line.trim_end_matches('\n') != DISABLE_TX {
            let message = "tern takes this line for a comment, not for an annotation";
            let help = format!(
                "write `{SEPARATOR}` or `{DISABLE_TX}`, the latter on a line of its own that ends without a carriage return"
            );
            mistakes.push(Mistake::at(&file.path, offset, message).help(help));
        }
        if let Some(brace) = line.find("{{") {
            let message = "tern takes `{{` for the beginning of a template, and only tern can fill it in";
            let help = "write what it stands for into the file; an array is written `ARRAY[..]`, or with a space between \
                        the braces";
            mistakes.push(Mistake::at(&file.path, offset + brace, message).help(help));
        }
        offset += line.len();
    }
    mistakes
}

/// A comment that tells tern what to do, or almost does.
pub(super) fn is_annotation(line: &str) -> bool {
    if line.contains(SEPARATOR) {
        return true;
    }
    // Most lines are none, and a build looks at every one.
    if !line.trim_start().starts_with("--") {
        return false;
    }
    let line = line.to_ascii_lowercase();
    line.contains("create above") && line.contains("drop below")
        || line.contains("tern:") && line.contains("disable-tx")
}

/// The line that parts create and drop counts wherever it stands.
fn cut_off(file: &File, part: &str) -> Option<Mistake> {
    let what = left_open(part)?;
    let message = format!("the SQL above or below `{SEPARATOR}` ends inside {what}");
    Some(Mistake::of_file(&file.path, message).help("close it before"))
}
