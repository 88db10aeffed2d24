//! A query as the user wrote it: what the parse stage hands on.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::Span;
use crate::dynamic::Dynamic;
use crate::lint::Rule;
use crate::settings::RustType;
use crate::source::{Hasher, SourceFile};

/// One named query of a query file.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// As written in the header.
    pub name: String,
    pub command: Command,
    /// The comment's lines, without the annotations.
    pub doc: Vec<String>,
    /// Exactly the text that is sent to the server.
    pub sql: String,
    pub file: Arc<SourceFile>,
    /// Where the header's name stands in the file.
    pub name_range: Range<usize>,
    /// What the file says of parameters, `$1` first; the server may know of more.
    pub params: Vec<ParamSource>,
    /// The rows that are embedded in its rows, in order.
    pub embeds: Vec<EmbedSource>,
    /// `@param` and `@column` lines.
    pub overrides: Vec<Override>,
    /// `-- @rows: at most one`
    pub at_most_one_row: bool,
    /// `-- @allow: select-star`: rules of the lint that are not to be told. The answers do not depend on them.
    pub allowed: Vec<Allowed>,
    /// `-- @row CarSummary`: a name for the struct of its rows. The answers do not depend on it.
    pub row: Option<SharedRow>,
    /// The [`source_hash`] of all but these two.
    pub source: String,
    pub(crate) map: SourceMap,
    /// What is optional in it; `sql` is the statement with all of that.
    pub dynamic: Option<Arc<Dynamic>>,
}

/// What follows the name in the header, and with it what the generated function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Exactly one row.
    One,
    /// Zero rows or one.
    Opt,
    /// Any number of rows.
    Many,
    /// Nothing.
    Exec,
    /// The number of rows affected.
    ExecRows,
    /// Any number of rows, read one by one.
    Stream,
    /// An INSERT of one row that stands for a COPY of many.
    CopyFrom,
    /// Run once for each item: the number of rows affected in all.
    BatchExec,
    /// Exactly one row for each item.
    BatchOne,
    /// Zero rows or one for each item.
    BatchOpt,
    /// Any number of rows for each item.
    BatchMany,
}

/// What the query file says of one parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ParamSource {
    /// `plate` of `@plate`; none for a bare `$1`.
    pub name: Option<String>,
    /// Whether it was written as `sqlc.narg`.
    pub narg: bool,
    /// Where it first stands; empty for a number that is not used.
    pub range: Range<usize>,
}

/// `sqlc.embed(cars)`, for which `cars.*` is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EmbedSource {
    /// The macro in the file.
    pub range: Range<usize>,
    /// The byte of the text that is sent where `cars.*` stands.
    pub sent: usize,
}

/// `-- @param plate: not null`, `-- @column tags: not null, elements not null`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Override {
    pub target: Target,
    pub name: String,
    /// What is said of the value, if anything is.
    pub nullable: Option<bool>,
    /// What is said of an array's elements, if anything is.
    pub null_elements: Option<bool>,
    /// The Rust type that stands for it: `type = crate::Payload`.
    pub rust: Option<RustType>,
    /// Where the name stands.
    pub range: Range<usize>,
}

/// `-- @row CarSummary into Car`: a struct that queries share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SharedRow {
    pub name: String,
    /// A struct of the same fields that it can be turned into.
    pub into: Option<String>,
    /// Where the annotation stands.
    pub range: Range<usize>,
}

/// A rule of the lint that is switched off for one query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Allowed {
    pub rule: Rule,
    /// Where its name stands.
    pub range: Range<usize>,
}

/// What an annotation speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Param,
    Column,
}

/// From bytes of the text that is sent to bytes of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceMap {
    /// Where the statement starts in the file.
    pub start: usize,
    /// In order.
    pub edits: Vec<Edit>,
}

/// A piece of the file that was replaced by another text.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    pub source: Range<usize>,
    pub sent: Range<usize>,
}

impl Query {
    /// The place in the file of the `position`-th character (from 1) of the text that was sent.
    pub fn span_of(&self, position: u32) -> Span {
        let sent = character_offset(&self.sql, position);
        match self.map.edit_at(sent) {
            Some(edit) => Span::new(&self.file, edit.source.clone()),
            None => {
                let mut span = Span::point(&self.file, self.map.to_source(sent));
                // The operator in `id=@id` ends where the parameter begins.
                if let Some(edit) = self.map.edits.iter().find(|edit| edit.sent.start > sent) {
                    span.range.end = span.range.end.min(edit.source.start);
                }
                span
            }
        }
    }

    /// The place of the parameter `$number`, or of the query's name.
    pub fn span_of_param(&self, number: usize) -> Span {
        match self.params.get(number.wrapping_sub(1)) {
            Some(param) if !param.range.is_empty() => Span::new(&self.file, param.range.clone()),
            _ => self.name_span(),
        }
    }

    /// The Rust type that an annotation names for a parameter or a column.
    pub fn rust_type(&self, target: Target, name: &str) -> Option<&RustType> {
        let mut rules = self.overrides.iter().filter(|rule| rule.target == target && rule.name == name);
        rules.find_map(|rule| rule.rust.as_ref())
    }

    /// Whether it is the other one, be it of another time: by file and name.
    pub fn is(&self, other: &Self) -> bool {
        self.file.path == other.file.path && self.name == other.name
    }

    /// Where its header is in the file, from 1.
    pub fn line(&self) -> usize {
        line_of(&self.file.text, self.name_range.start)
    }

    /// The line of the file, from 1, of a byte of the text that is sent.
    pub fn line_at(&self, sent: usize) -> usize {
        let source =
            self.map.edit_at(sent).map_or_else(|| self.map.to_source(sent), |edit| edit.source.start);
        line_of(&self.file.text, source)
    }

    /// Which character of the text that is sent, from 1, stands at this byte of the file; none if it is not sent.
    pub fn position_of(&self, source: usize) -> Option<u32> {
        let sent = self.map.to_sent(source).filter(|sent| *sent <= self.sql.len())?;
        u32::try_from(self.sql[..sent].chars().count() + 1).ok()
    }

    pub fn name_span(&self) -> Span {
        Span::new(&self.file, self.name_range.clone())
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    text[..byte].matches('\n').count() + 1
}

/// A hash of all that changes a query's description; its comment does not.
pub(crate) fn source_hash(
    command: Command,
    sql: &str,
    params: &[ParamSource],
    embeds: &[EmbedSource],
    overrides: &[Override],
    at_most_one_row: bool,
) -> String {
    let mut hasher = Hasher::default();
    hasher.write(command.word());
    hasher.write(sql);
    for param in params {
        hasher.write(param.name.as_deref().unwrap_or("?"));
        hasher.write(if param.narg { "narg" } else { "arg" });
    }
    for embed in embeds {
        hasher.write(&format!("embed {}", embed.sent));
    }
    for rule in overrides {
        hasher.write(&format!("{:?} {:?} {:?}", rule.target, rule.nullable, rule.null_elements));
        hasher.write(&rule.name);
        if let Some(rust) = &rule.rust {
            hasher.write(&format!("{rust:?}"));
        }
    }
    if at_most_one_row {
        hasher.write("at most one row");
    }
    hasher.finish()
}

impl Command {
    pub const ALL: [Self; 11] = [
        Self::One,
        Self::Opt,
        Self::Many,
        Self::Exec,
        Self::ExecRows,
        Self::Stream,
        Self::CopyFrom,
        Self::BatchExec,
        Self::BatchOne,
        Self::BatchOpt,
        Self::BatchMany,
    ];

    /// The word of the header, without its colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Opt => "opt",
            Self::Many => "many",
            Self::Exec => "exec",
            Self::ExecRows => "execrows",
            Self::Stream => "stream",
            Self::CopyFrom => "copyfrom",
            Self::BatchExec => "batchexec",
            Self::BatchOne => "batchone",
            Self::BatchOpt => "batchopt",
            Self::BatchMany => "batchmany",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        if word == "execresult" {
            // sqlc's for the command tag, of which the number of rows is all that the driver keeps.
            return Some(Self::ExecRows);
        }
        Self::ALL.into_iter().find(|command| command.word() == word)
    }

    /// Whether more than one row is an error.
    pub fn wants_one_row(self) -> bool {
        matches!(self, Self::One | Self::Opt | Self::BatchOne | Self::BatchOpt)
    }

    /// Whether the generated function returns rows.
    pub fn returns_rows(self) -> bool {
        match self {
            Self::One | Self::Opt | Self::Many | Self::Stream => true,
            Self::BatchOne | Self::BatchOpt | Self::BatchMany => true,
            Self::Exec | Self::ExecRows | Self::CopyFrom | Self::BatchExec => false,
        }
    }

    /// Whether the generated function takes many items, for each of which the statement is run.
    pub fn takes_items(self) -> bool {
        match self {
            Self::CopyFrom | Self::BatchExec | Self::BatchOne | Self::BatchOpt | Self::BatchMany => true,
            Self::One | Self::Opt | Self::Many | Self::Exec | Self::ExecRows | Self::Stream => false,
        }
    }

    /// `:one, :opt, ...`, for messages.
    pub fn list() -> String {
        Self::ALL.map(|command| format!(":{}", command.word())).join(", ")
    }
}

impl SourceMap {
    fn edit_at(&self, sent: usize) -> Option<&Edit> {
        self.edits.iter().find(|edit| edit.sent.contains(&sent))
    }

    fn to_source(&self, sent: usize) -> usize {
        match self.edits.iter().rfind(|edit| edit.sent.end <= sent) {
            Some(edit) => edit.source.end + (sent - edit.sent.end),
            None => self.start + sent,
        }
    }

    fn to_sent(&self, source: usize) -> Option<usize> {
        match self.edits.iter().rfind(|edit| edit.source.start <= source) {
            // A parameter is there, what was taken out is not.
            Some(edit) if edit.source.contains(&source) => (!edit.sent.is_empty()).then_some(edit.sent.start),
            Some(edit) => Some(edit.sent.end + (source - edit.source.end)),
            None => source.checked_sub(self.start),
        }
    }
}

/// The byte of the `position`-th character; PostgreSQL counts them from 1.
pub(crate) fn character_offset(text: &str, position: u32) -> usize {
    let nth = (position as usize).saturating_sub(1);
    text.char_indices().nth(nth).map_or(text.len(), |(byte, _)| byte)
}
