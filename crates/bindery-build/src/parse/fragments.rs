//! The optional parts of a statement: lines that end in `-- @if name` or `-- @order name`, and blocks up to `-- @end`.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{Token, TokenKind};
use crate::source::SourceFile;

use super::Statement;

/// Whole lines that are not always sent.
#[derive(Debug, PartialEq)]
pub(super) struct Fragment {
    pub kind: Kind,
    pub name: String,
    pub name_range: Range<usize>,
    pub lines: Range<usize>,
    /// The marks in it, which never are.
    pub marks: Vec<Range<usize>>,
    /// Where the last of them ends, which may be behind the statement.
    pub mark_end: usize,
}

/// What decides whether a fragment is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// An argument is given.
    If,
    /// One of several is chosen.
    Order,
}

/// A comment that is a mark.
#[derive(Debug)]
struct Mark {
    word: Word,
    /// Without the end of its line.
    range: Range<usize>,
}

#[derive(Debug)]
enum Word {
    Begin { kind: Kind, name: String, range: Range<usize> },
    End,
}

/// The parts of `statement` that are not always sent, in order. `block` are all tokens up to the next header. None if a
/// mark is wrong, which is reported.
pub(super) fn of(
    file: &Arc<SourceFile>,
    block: &[Token],
    statement: &Statement<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Fragment>> {
    if !comments(file, block).any(|(word, ..)| is_mark(word)) {
        return Some(Vec::new());
    }
    let (first, last) = (statement.significant.first()?, statement.significant.last()?);
    let own = first.range.start..last.range.end;
    // A mark may stand behind the semicolon.
    let rest = &file.text[statement.end..];
    let line_end = statement.end + rest.find('\n').unwrap_or(rest.len());
    let begin = block.partition_point(|token| token.range.start < own.start);
    let end = block.partition_point(|token| token.range.start < line_end);
    let before = diagnostics.len();
    report_outside(file, &block[..begin], diagnostics);
    let fragments = read(file, &block[begin..end], &own, diagnostics);
    report_outside(file, &block[end..], diagnostics);
    (diagnostics.len() == before).then_some(fragments)
}

fn report_outside(file: &Arc<SourceFile>, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) {
    for (word, _, range) in comments(file, tokens).filter(|(word, ..)| is_mark(word)) {
        let help = "it says something of a line of the statement, at the end of that line";
        diagnostics.push(error(file, &range, format!("`{word}` stands outside of the statement"), help));
    }
}

/// `tokens` are the statement's and those up to the end of the line that it ends on; `own` is where its first word
/// begins and its last one ends.
fn read(
    file: &Arc<SourceFile>,
    tokens: &[Token],
    own: &Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Fragment> {
    let mut reader = Reader { file, tokens, own, fragments: Vec::new(), open: None };
    for comment in comments(file, tokens) {
        let read = mark(file, comment).and_then(|mark| mark.map_or(Ok(()), |mark| reader.take(mark)));
        diagnostics.extend(read.err().map(|diagnostic| *diagnostic));
    }
    if let Some(open) = &reader.open {
        let message = format!("this `{}` block is never closed", open.kind.word());
        let help = "write `-- @end` on a line of its own behind it, or the mark at the end of a line that it is about";
        diagnostics.push(error(file, &open.name_range, message, help));
    }
    reader.fragments
}

/// The first word of each line comment that begins with `@`, what follows it, and where the comment stands.
fn comments<'t>(
    file: &'t SourceFile,
    tokens: &'t [Token],
) -> impl Iterator<Item = (&'t str, &'t str, Range<usize>)> {
    let comments = tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    comments.filter_map(|token| {
        let comment = file.text[token.range.clone()].trim_end();
        let text = comment.strip_prefix("--")?.trim_start().strip_prefix('@').map(|_| comment)?;
        let text = text[2..].trim_start();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        Some((word, rest.trim(), token.range.start..token.range.start + comment.len()))
    })
}

fn is_mark(word: &str) -> bool {
    ["@if", "@order", "@end"].contains(&word)
}

/// What to write in place of a word that others have for a mark.
fn meant(word: &str) -> Option<&'static str> {
    match word {
        "@else" | "@elif" | "@elsif" | "@elseif" => Some("each alternative is an `@if` of its own"),
        "@endif" | "@endorder" => Some("write `@end`"),
        "@orderby" | "@order_by" | "@ordering" => Some("write `@order`"),
        _ => None,
    }
}

fn mark(
    file: &Arc<SourceFile>,
    (word, rest, range): (&str, &str, Range<usize>),
) -> Result<Option<Mark>, Box<Diagnostic>> {
    let kind = match word {
        "@if" => Kind::If,
        "@order" => Kind::Order,
        "@end" => return Ok(Some(Mark { word: Word::End, range })),
        _ => {
            return match meant(word) {
                Some(help) => Err(Box::new(error(file, &range, format!("there is no mark `{word}`"), help))),
                None => Ok(None),
            };
        }
    };
    let is_name =
        |name: &str| !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(crate::lex::is_word);
    if rest.is_empty() || !is_name(rest) {
        let help = match kind {
            Kind::If => "write the parameter that its line is about, as in `-- @if status`",
            Kind::Order => "write what the ordering is called, as in `-- @order newest`",
        };
        return Err(Box::new(error(file, &range, format!("`{word}` takes one name"), help)));
    }
    let name_range = range.end - rest.len()..range.end;
    let word = Word::Begin { kind, name: rest.to_owned(), range: name_range };
    Ok(Some(Mark { word, range }))
}

struct Reader<'r> {
    file: &'r Arc<SourceFile>,
    tokens: &'r [Token],
    own: &'r Range<usize>,
    fragments: Vec<Fragment>,
    /// A block up to here.
    open: Option<Fragment>,
}

impl Reader<'_> {
    fn take(&mut self, mark: Mark) -> Result<(), Box<Diagnostic>> {
        let line = self.line(&mark)?;
        let has_code = self.has_code(&(line.start..mark.range.start));
        match (mark.word, self.open.take()) {
            (Word::Begin { kind, name, range }, None) => {
                let marks = vec![if has_code { self.with_space(&mark.range) } else { line.clone() }];
                let mark_end = mark.range.end;
                let fragment = Fragment { kind, name, name_range: range, lines: line, marks, mark_end };
                match has_code {
                    true => self.fragments.push(fragment),
                    false => self.open = Some(fragment),
                }
                Ok(())
            }
            (Word::Begin { kind, range, .. }, Some(open)) => {
                let message = format!("`{}` stands inside of a block of `{}`", kind.word(), open.kind.word());
                let help = "blocks do not nest: close the one above with `-- @end`, or give this line a block of its own";
                self.open = Some(open);
                Err(Box::new(error(self.file, &range, message, help)))
            }
            (Word::End, None) => {
                let help = "a block begins with `-- @if name` or `-- @order name` on a line of its own";
                Err(Box::new(error(self.file, &mark.range, "`@end` closes no block", help)))
            }
            (Word::End, Some(mut open)) => {
                if has_code {
                    let help = "write `-- @end` on a line of its own";
                    let message = "`@end` stands at the end of a line of the block";
                    return Err(Box::new(error(self.file, &mark.range, message, help)));
                }
                if !self.has_code(&(open.lines.end..line.start)) {
                    let message = format!("nothing stands in this block of `{}`", open.kind.word());
                    let help = "write what is optional between the marks, or remove them";
                    return Err(Box::new(error(self.file, &open.name_range, message, help)));
                }
                open.lines.end = line.end;
                open.mark_end = mark.range.end;
                open.marks.push(line);
                self.fragments.push(open);
                Ok(())
            }
        }
    }

    /// The line of a mark, as far as it is the statement's. It has to begin between tokens.
    fn line(&self, mark: &Mark) -> Result<Range<usize>, Box<Diagnostic>> {
        let text = &self.file.text;
        let start = text[..mark.range.start].rfind('\n').map_or(0, |newline| newline + 1);
        let end =
            text[mark.range.end..].find('\n').map_or(text.len(), |newline| mark.range.end + newline + 1);
        let within = |token: &&Token| token.range.start < start && start < token.range.end;
        if let Some(token) = self.tokens.iter().find(within).filter(|token| token.kind != TokenKind::Space) {
            let message = "this line begins inside of a string or a comment";
            let help =
                "end that on a line above, or put a block from `-- @if name` to `-- @end` around all of it";
            let first = token.range.start..token.range.start + 1;
            return Err(Box::new(error(self.file, &mark.range, message, help).note(format!(
                "it opens at {}",
                Diagnostic::error("").at(Span::new(self.file, first), "").location().unwrap_or_default()
            ))));
        }
        let within_own = |at: usize| at.clamp(self.own.start, self.own.end);
        Ok(within_own(start)..within_own(end))
    }

    fn has_code(&self, range: &Range<usize>) -> bool {
        let code = self.tokens.iter().filter(|token| super::is_significant(token));
        code.into_iter().any(|token| token.range.start < range.end && token.range.end > range.start)
    }

    /// With the space in front of it.
    fn with_space(&self, mark: &Range<usize>) -> Range<usize> {
        let before = self.file.text[..mark.start].trim_end().len();
        before.min(self.own.end)..mark.end.min(self.own.end)
    }
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::If => "@if",
            Self::Order => "@order",
        }
    }
}

pub(super) fn error(
    file: &Arc<SourceFile>,
    range: &Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(message).at(Span::new(file, range.clone()), "").help(help)
}
