//! A file's text -> statements, line by line, by goose's rules (goose 3.27, `internal/sqlparser/parser.go`).
//!
//! goose reads a file once for each direction; this reads it once for both, and refuses it if either reading fails.

use std::collections::BTreeSet;

use super::annotation::{self, Annotation, is_annotation, is_comment};
use super::check::{self, Cut, Damage, Finding};
use super::lines::{Line, ends_with_semicolon, is_broken, statement};
use super::unfinished;
use crate::envsub;
use crate::error::Mistake;
use crate::migration::{LineStart, Section, Statement, TransactionMode};
use crate::read::{Reader, Strictness};
use crate::split::end_of_first;

/// goose reads a file through a buffer of this size.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// What a file holds.
pub(super) struct Parsed {
    pub up: Section,
    pub down: Option<Section>,
    pub variables: Vec<String>,
}

/// Parses a text with annotations.
///
/// # Errors
/// Every mistake in it, in order.
pub(super) fn parse(path: &str, text: &str, reader: &Reader) -> Result<Parsed, Vec<Mistake>> {
    let mut parser = Parser {
        path,
        text,
        reader,
        place: Place::Start,
        block: None,
        swallows: false,
        envsub: false,
        blank_from_up: false,
        skip_until: 0,
        lines: Vec::new(),
        transaction: TransactionMode::PerFile,
        up: Vec::new(),
        down: None,
        variables: BTreeSet::new(),
        mistakes: Vec::new(),
    };
    parser.read();
    parser.check_transactions();
    parser.mistakes.sort_by_key(|mistake| mistake.offset);
    if !parser.mistakes.is_empty() {
        return Err(parser.mistakes);
    }
    let section = |statements| Section::new(path, parser.transaction, statements);
    let variables = parser.variables.into_iter().collect();
    Ok(Parsed { up: section(parser.up), down: parser.down.map(section), variables })
}

struct Parser<'f> {
    path: &'f str,
    text: &'f str,
    reader: &'f Reader,
    place: Place,
    /// Inside StatementBegin and StatementEnd, which opened here.
    block: Option<usize>,
    /// After an empty block goose drops the line that follows, and sends an empty statement for it.
    swallows: bool,
    envsub: bool,
    /// Blank lines are left over from the Up: goose's reading of the Up then looks at the Down's first line.
    blank_from_up: bool,
    /// Lines that begin before this offset were told of already.
    skip_until: usize,
    lines: Vec<Line<'f>>,
    transaction: TransactionMode,
    up: Vec<Statement>,
    down: Option<Vec<Statement>>,
    variables: BTreeSet<String>,
    mistakes: Vec<Mistake>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    Up,
    Down,
}

impl<'f> Parser<'f> {
    fn read(&mut self) {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let mut offset = self.text.len() - text.len();
        if offset > 0 {
            self.refuse(0, "the file begins with a byte order mark", "save it as UTF-8 without one");
        }
        for whole in text.split_inclusive('\n') {
            let line = whole.strip_suffix('\n').unwrap_or(whole);
            if line.len() >= LONGEST_LINE {
                self.refuse(offset, "this line is longer than the 4 MiB that goose reads", "break it");
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            if is_annotation(line) {
                self.annotation(offset, line);
            } else if offset >= self.skip_until {
                self.plain_line(offset, line);
            }
            offset += whole.len();
        }
        self.end_of_file();
    }

    fn annotation(&mut self, offset: usize, line: &str) {
        match annotation::parse(line) {
            Ok(Annotation::Up) => self.begin_up(offset),
            Ok(Annotation::Down) => self.begin_down(offset),
            Ok(Annotation::StatementBegin) => self.begin_block(offset),
            Ok(Annotation::StatementEnd) => self.end_block(offset),
            Ok(Annotation::NoTransaction) => self.transaction = TransactionMode::None,
            Ok(Annotation::Envsub(on)) => self.envsub = on,
            Err(refusal) => {
                self.refuse(offset, refusal.message, refusal.help);
                // What it would say without the space helps to read the rest.
                let meant = line.trim_start();
                if meant.len() < line.len() && annotation::parse(meant).is_ok() {
                    self.annotation(offset, meant);
                }
            }
        }
    }

    fn begin_up(&mut self, offset: usize) {
        if self.place != Place::Start {
            let help = "a file has one Up and at most one Down, in that order";
            return self.refuse(offset, "there is an Up already", help);
        }
        self.place = Place::Up;
        self.block = None;
        self.swallows = false;
        self.skip_until = 0;
    }

    fn begin_down(&mut self, offset: usize) {
        if self.place != Place::Up || self.block.is_some() {
            let help = "it follows the Up, outside of StatementBegin";
            self.refuse(offset, "a Down is not expected here", help);
            if self.place != Place::Start {
                return;
            }
        }
        self.finish_section();
        self.place = Place::Down;
        self.block = None;
        self.swallows = false;
        self.skip_until = 0;
        self.down.get_or_insert_default();
    }

    fn begin_block(&mut self, offset: usize) {
        if self.place == Place::Start || self.block.is_some() {
            let help = "write it after Up or Down, and not twice";
            self.refuse(offset, "a StatementBegin is not expected here", help);
        } else if self.is_strict() && !is_broken(&self.lines) {
            self.refuse_lines(check::above_block(&statement(&self.lines)));
        }
        self.block = Some(offset);
        self.swallows = false;
    }

    fn end_block(&mut self, offset: usize) {
        if self.block.take().is_none() {
            return self.refuse(offset, "there is no StatementBegin to end", "add it above the statement");
        }
        self.blank_from_up = false;
        if self.lines.is_empty() {
            self.swallows = true;
        } else {
            self.finish_statement(Cut::Block);
        }
    }

    fn plain_line(&mut self, offset: usize, line: &'f str) {
        if self.place == Place::Start {
            return self.line_before_up(offset, line);
        }
        let is_leftover = std::mem::take(&mut self.blank_from_up);
        if self.lines.is_empty() && (is_comment(line) || line.is_empty()) {
            if is_leftover {
                self.fill_in(offset, line);
            }
            return;
        }
        if std::mem::take(&mut self.swallows) {
            if line.trim().is_empty() || !self.is_strict() {
                return self.push(Statement::verbatim(String::new(), offset));
            }
            let message = "goose would drop this line, after an empty StatementBegin";
            self.refuse(offset, message, "remove the empty block");
        }
        let line = self.fill_in(offset, line);
        let ends = self.block.is_none() && ends_with_semicolon(&line.sql);
        self.lines.push(line);
        if ends {
            self.finish_statement(Cut::Semicolon);
        } else if self.is_strict() && self.block.is_none() {
            self.refuse_lines(check::hidden_end(&self.lines));
        }
    }

    fn line_before_up(&mut self, offset: usize, line: &str) {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || is_comment(line) {
            return;
        }
        let offset = offset + (line.len() - trimmed.len());
        let (message, help) = if trimmed.starts_with("/*") {
            ("goose knows no block comment before the Up", "begin its lines with `--`")
        } else {
            ("there is SQL before the Up", "write `-- +goose Up` above it")
        };
        // An annotation that was refused may have been meant for the Up.
        if self.mistakes.is_empty() {
            self.refuse(offset, message, help);
        }
        // What follows is before the Up too.
        self.skip_until = self.text.len();
    }

    fn fill_in(&mut self, offset: usize, written: &'f str) -> Line<'f> {
        let starts = vec![LineStart { sql: 0, file: offset }];
        let mut line = Line { offset, written, sql: written.to_owned(), starts, is_broken: false };
        if !self.envsub {
            return line;
        }
        let (reader, variables) = (self.reader, &mut self.variables);
        let mut value_of = |name: &str| {
            variables.insert(name.to_owned());
            reader.value_of(name)
        };
        match envsub::expand(written, reader.strictness, &mut value_of) {
            Ok(expanded) => {
                line.sql = expanded.text;
                let in_file = |start: LineStart| LineStart { file: offset + start.file, ..start };
                line.starts = expanded.starts.into_iter().map(in_file).collect();
            }
            Err(failure) => {
                self.refuse(offset + failure.at, failure.message, &failure.help);
                line.is_broken = true;
            }
        }
        line
    }

    fn end_of_file(&mut self) {
        if let Some(begin) = self.block {
            self.refuse(begin, "this StatementBegin has no StatementEnd", "add it under the statement");
        } else if self.place == Place::Start {
            if self.mistakes.is_empty() {
                let mistake = Mistake::of_file(self.path, "the file has no `-- +goose Up`");
                self.mistakes.push(mistake.help("write it above the first statement"));
            }
        } else {
            self.finish_section();
        }
    }

    /// What stands in the buffer has to be finished by now; goose lets blank lines pass.
    fn finish_section(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.blank_from_up = !lines.is_empty();
        let statement = statement(&lines);
        if !statement.sql.is_empty() && !is_broken(&lines) {
            let unfinished = unfinished::explain(&statement.sql);
            self.refuse(statement.byte_in_file(unfinished.offset), unfinished.message, unfinished.help);
        }
    }

    fn finish_statement(&mut self, cut: Cut) {
        let lines = std::mem::take(&mut self.lines);
        if is_broken(&lines) {
            return;
        }
        let statement = statement(&lines);
        if self.is_strict() {
            let findings = check::reading(&statement, cut);
            if let Some(Finding { damage, .. }) = findings.last() {
                let start = lines.first().map_or(0, |line| line.offset);
                self.skip_until = self.end_of_damage(*damage, cut, start);
                return self.refuse_all(&statement, findings);
            }
        }
        self.push(statement);
    }

    fn push(&mut self, statement: Statement) {
        match self.place {
            Place::Down => self.down.get_or_insert_default().push(statement),
            Place::Up | Place::Start => self.up.push(statement),
        }
    }

    /// Up to where the text is not worth reading, after a statement that began at `start`.
    fn end_of_damage(&self, damage: Damage, cut: Cut, start: usize) -> usize {
        match damage {
            Damage::Rest if cut == Cut::Semicolon => start + end_of_first(&self.text[start..]),
            Damage::Data if cut == Cut::Semicolon => {
                let end = self.text[start..].find("\n\\.").map(|end| start + end + 2);
                end.unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn check_transactions(&mut self) {
        if !self.is_strict() {
            return;
        }
        let (up, down) = (std::mem::take(&mut self.up), self.down.take());
        for statement in up.iter().chain(down.iter().flatten()) {
            self.refuse_all(statement, check::transactions(&statement.sql, self.transaction));
        }
        (self.up, self.down) = (up, down);
    }

    fn is_strict(&self) -> bool {
        self.reader.strictness == Strictness::Strict
    }

    /// What is wrong with the lines read so far, which are let go then.
    fn refuse_lines(&mut self, finding: Option<Finding>) {
        if finding.is_some() {
            let lines = std::mem::take(&mut self.lines);
            self.refuse_all(&statement(&lines), finding);
        }
    }

    fn refuse_all(&mut self, statement: &Statement, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.refuse(statement.byte_in_file(finding.offset), finding.message, finding.help);
        }
    }

    fn refuse(&mut self, offset: usize, message: impl Into<String>, help: &str) {
        self.mistakes.push(Mistake::at(self.path, offset, message).help(help));
    }
}
