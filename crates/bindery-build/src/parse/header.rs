//! The line that names a query: `-- name: FindCar :opt`.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{Token, TokenKind};
use crate::nearest::did_you_mean;
use crate::query::Command;
use crate::source::SourceFile;

/// A query's header.
#[derive(Debug)]
pub(super) struct Header {
    pub name: String,
    pub name_range: Range<usize>,
    /// Whether it was written as `:execlastid`, where that stands in the file.
    pub last_id: Option<Range<usize>>,
    /// None where the header is wrong, which is reported already: its SQL is passed over.
    pub command: Option<Command>,
    /// The whole comment.
    pub range: Range<usize>,
    /// The comments that stand right above it.
    pub above: Vec<Range<usize>>,
}

impl Header {
    /// Stands for a header that could not be read, so that its SQL is not taken for the query above.
    pub fn broken(comment: &Token) -> Self {
        let range = comment.range.clone();
        let name_range = range.start..range.start;
        Self { name: String::new(), name_range, last_id: None, command: None, range, above: Vec::new() }
    }
}

const FORM: &str = "write `-- name: <Name> :<command>`";

/// Reads the last of `tokens`, a comment, as a header, if it is one.
///
/// sqlc takes only a comment at a line's start that begins `name:`; between statements Bindery is as lenient as it
/// can be without doubt, since a header that is not seen would drop a query in silence.
///
/// # Errors
/// A comment that was surely meant as a header but has another form.
pub(super) fn read(
    file: &Arc<SourceFile>,
    tokens: &[Token],
    inside_statement: bool,
) -> Result<Option<Header>, Box<Diagnostic>> {
    let (comment, before) = tokens.split_last().expect("called with a comment");
    let text = &file.text[comment.range.clone()];
    let (body, body_start) = body(text, comment.range.start);
    let trimmed = body.trim_start();
    let Some(rest) = trimmed.strip_prefix("name") else { return Ok(None) };
    let Some(rest) = rest.trim_start_matches([' ', '\t']).strip_prefix(':') else {
        return Ok(None);
    };
    if inside_statement && !at_line_start(&file.text, comment.range.start) {
        return Ok(None);
    }
    let line = rest.lines().next().unwrap_or_default();
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let start = body_start + (body.len() - rest.len());
    let range_of = |word: &str| {
        let offset = start + (word.as_ptr() as usize - rest.as_ptr() as usize);
        offset..offset + word.len()
    };
    let form_error = |range: Range<usize>, label: &str| {
        Box::new(
            Diagnostic::error("this header is not complete").at(Span::new(file, range), label).help(FORM),
        )
    };
    let whole = comment.range.start..comment.range.start + text.trim_end().len();
    let (name, word) = match words[..] {
        [name, word] if word.starts_with(':') => (name, word),
        _ if inside_statement => return Ok(None),
        [name] => return Err(form_error(range_of(name), "no command after the name")),
        [_, _, extra, ..] => return Err(form_error(range_of(extra), "not expected here")),
        _ => return Err(form_error(whole, "name and command are missing")),
    };
    if !is_name(name) {
        return Err(Box::new(
            Diagnostic::error(format!("`{name}` cannot be a query's name"))
                .at(Span::new(file, range_of(name)), "becomes a Rust function's name")
                .help("use letters, digits and `_`, and start with a letter"),
        ));
    }
    Ok(Some(Header {
        name: name.to_owned(),
        name_range: range_of(name),
        last_id: (word.trim_start_matches(':') == LAST_ID).then(|| range_of(word)),
        command: Some(command(file, word, range_of(word))?),
        range: comment.range.clone(),
        above: comments_above(&file.text, before, comment.range.start),
    }))
}

/// sqlc's command for MySQL. Of a statement with RETURNING it is `:one`.
const LAST_ID: &str = "execlastid";

fn command(file: &Arc<SourceFile>, word: &str, range: Range<usize>) -> Result<Command, Box<Diagnostic>> {
    let bare = word.trim_start_matches(':');
    if bare == LAST_ID {
        // What it is depends on the statement.
        return Ok(Command::Exec);
    }
    if let Some(command) = Command::from_word(bare) {
        return Ok(command);
    }
    let near = did_you_mean(bare, Command::ALL.map(Command::word)).map(|help| help.replace(" `", " `:"));
    let help = near.unwrap_or_else(|| format!("the commands are {}", Command::list()));
    let unknown = Diagnostic::error(format!("unknown command `{word}`"));
    Err(Box::new(unknown.at(Span::new(file, range), "no such command").help(help)))
}

/// Whether a statement begins with `# name: ...`, as a header for MySQL may
/// (sqlc, `internal/engine/postgresql/parse.go`: `CommentSyntax` has no `Hash`).
pub(super) fn is_hash_header(statement: &str) -> bool {
    let name = statement
        .strip_prefix('#')
        .and_then(|rest| rest.trim_start_matches([' ', '\t']).strip_prefix("name"));
    name.is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(':'))
}

/// The comment's text without its marks, and where it starts.
fn body(comment: &str, start: usize) -> (&str, usize) {
    let inner = &comment[2..];
    (inner.strip_suffix("*/").filter(|_| comment.starts_with("/*")).unwrap_or(inner), start + 2)
}

fn is_name(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && word.chars().any(|c| c.is_ascii_alphanumeric())
}

fn at_line_start(text: &str, offset: usize) -> bool {
    text[..offset].is_empty() || text[..offset].ends_with('\n')
}

/// The comments that end right above `below`, each on lines of its own, first one first.
fn comments_above(text: &str, tokens: &[Token], below: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut next = below;
    for token in tokens.iter().rev() {
        match token.kind {
            TokenKind::Space => {}
            TokenKind::Comment if touches(text, &token.range, next) => {
                found.push(token.range.clone());
                next = token.range.start;
            }
            _ => break,
        }
    }
    found.reverse();
    found
}

/// Whether a comment begins its line and no blank line parts it from `next`.
fn touches(text: &str, comment: &Range<usize>, next: usize) -> bool {
    let line_start = text[..comment.start].rfind('\n').map_or(0, |newline| newline + 1);
    let alone = text[line_start..comment.start].trim().is_empty();
    let end = comment.start + text[comment.clone()].trim_end().len();
    alone && text[end..next].matches('\n').count() <= 1
}
