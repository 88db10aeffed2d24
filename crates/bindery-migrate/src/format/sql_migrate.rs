//! rubenv/sql-migrate 1: `1_cars.sql` with `-- +migrate Up` and `-- +migrate Down`, which may alternate.
//!
//! Which files count and how they are ordered is in `migrate.go` (`Less`): by the number before the rest of the name, and by
//! the name where numbers are the same; names without a number come last. Files are cut as in `sqlparse/sqlparse.go`, line
//! by line, and the last semicolon of a statement is not sent. What that program silently leaves out or runs in another
//! direction than it is written is refused. Its `LineSeparator` is set in Go, where no file tells of it.

use crate::error::Mistake;
use crate::migration::{Direction, LineStart, Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader};

use super::{Format, left_open, left_out, name};

/// Reads files, in the order of their numbers and names.
pub(super) fn read(files: &[File], _: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut ordered = Vec::new();
    for file in files {
        match number(file) {
            Ok(number) => ordered.push((number.is_none(), number, name::of(&file.path), file)),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    ordered.sort_by_key(|(is_last, number, name, _)| (*is_last, *number, *name));
    for two in ordered.windows(2).filter(|two| two[0].2 == two[1].2) {
        let message = format!("{} has the same name, by which sql-migrate knows it", two[0].3.path);
        mistakes.push(Mistake::of_file(&two[1].3.path, message).help("rename one of them"));
    }
    let is_shared = |number| ordered.iter().filter(|(_, other, ..)| *other == number).count() > 1;
    let mut migrations = Vec::new();
    for (_, number, _, file) in &ordered {
        // Files may have the same number, which then tells none from another.
        let version = number.filter(|_| !is_shared(*number));
        match migration(version, file) {
            Ok(migration) => migrations.push(migration),
            Err(errors) => mistakes.extend(errors),
        }
    }
    if mistakes.is_empty() { Ok(migrations) } else { Err(mistakes) }
}

/// Of a name like `^(\d+).*$`.
fn number(file: &File) -> Result<Option<i64>, Mistake> {
    if !file.path.ends_with(".sql") {
        return Err(left_out(file, Format::SqlMigrate, "1_cars.sql"));
    }
    match name::digits(name::of(&file.path)) {
        ("", _) => Ok(None),
        (digits, _) => name::number(file, digits).map(Some),
    }
}

fn migration(version: Option<i64>, file: &File) -> Result<Migration, Vec<Mistake>> {
    let mut parser = Parser::new(file);
    parser.read();
    if !parser.mistakes.is_empty() {
        return Err(parser.mistakes);
    }
    let section = |part: Part| Section::new(&file.path, part.transaction, part.statements);
    Ok(Migration {
        version,
        path: file.path.clone(),
        up: section(parser.up.unwrap_or_default()),
        down: parser.down.map(section),
        variables: Vec::new(),
    })
}

/// What was read of a direction.
struct Part {
    transaction: TransactionMode,
    statements: Vec<Statement>,
}

impl Default for Part {
    fn default() -> Self {
        Self { transaction: TransactionMode::PerFile, statements: Vec::new() }
    }
}

struct Parser<'f> {
    file: &'f File,
    /// None above the first annotation.
    direction: Option<Direction>,
    /// Inside StatementBegin and StatementEnd, which opened here.
    block: Option<usize>,
    /// The statement that is being read, and where its lines start.
    sql: String,
    lines: Vec<LineStart>,
    up: Option<Part>,
    down: Option<Part>,
    mistakes: Vec<Mistake>,
}

impl<'f> Parser<'f> {
    fn new(file: &'f File) -> Self {
        let (sql, lines, mistakes) = Default::default();
        Self { file, direction: None, block: None, sql, lines, up: None, down: None, mistakes }
    }

    fn read(&mut self) {
        let mut offset = 0;
        for whole in self.file.text.split_inclusive('\n') {
            let line = whole.strip_suffix('\n').unwrap_or(whole);
            let line = line.strip_suffix('\r').unwrap_or(line);
            if is_annotation(line) {
                self.annotation(offset, line);
            } else {
                self.line(offset, line);
            }
            offset += whole.len();
        }
        self.end_of_file();
    }

    fn annotation(&mut self, offset: usize, line: &str) {
        let Some(words) = line.strip_prefix("-- +migrate ") else {
            let help = "write `-- +migrate ` and one of Up, Down, StatementBegin, StatementEnd at the line's beginning";
            return self.refuse(
                offset,
                "sql-migrate takes this line for a comment, not for an annotation",
                help,
            );
        };
        let mut words = words.split_whitespace();
        match words.next().unwrap_or_default() {
            "Up" => self.begin(Direction::Up, offset, words),
            "Down" => self.begin(Direction::Down, offset, words),
            "StatementBegin" => self.begin_block(offset),
            "StatementEnd" => self.end_block(offset),
            word => {
                let message = format!("sql-migrate passes over `{word}`, which is none of its annotations");
                self.refuse(offset, &message, "write Up, Down, StatementBegin or StatementEnd, in this case");
            }
        }
    }

    fn begin<'w>(&mut self, direction: Direction, offset: usize, options: impl Iterator<Item = &'w str>) {
        if let Some(begin) = self.block.take() {
            self.refuse(begin, NO_END, "add `-- +migrate StatementEnd` under the statement");
        }
        self.refuse_unfinished();
        self.direction = Some(direction);
        self.part().get_or_insert_default();
        for option in options {
            if option == "notransaction" {
                self.part().get_or_insert_default().transaction = TransactionMode::None;
            } else {
                let message = format!("sql-migrate passes over `{option}`, which is none of its options");
                self.refuse(offset, &message, "write `notransaction`, or nothing for one transaction");
            }
        }
    }

    fn part(&mut self) -> &mut Option<Part> {
        match self.direction {
            Some(Direction::Down) => &mut self.down,
            Some(Direction::Up) | None => &mut self.up,
        }
    }

    fn begin_block(&mut self, offset: usize) {
        if self.direction.is_none() || self.block.is_some() {
            let help = "write it after Up or Down, and not twice";
            return self.refuse(offset, "a StatementBegin is not expected here", help);
        }
        self.refuse_unfinished();
        self.block = Some(offset);
    }

    fn end_block(&mut self, offset: usize) {
        if self.block.take().is_none() {
            return self.refuse(offset, "there is no StatementBegin to end", "add it above the statement");
        }
        self.finish_statement();
    }

    fn line(&mut self, offset: usize, line: &str) {
        // Of comments only those without a space after the dashes are kept.
        if line.starts_with("-- ") {
            if left_open(&self.sql).is_some_and(|what| what != "a comment" && what != "a dollar-quoted body")
            {
                let help = "write the text so that no line of it begins with `-- `";
                self.refuse(
                    offset,
                    "sql-migrate takes this line of a text for a comment, and leaves it out",
                    help,
                );
            }
            return;
        }
        if self.direction.is_none() {
            if !line.trim().is_empty() && !line.starts_with("--") {
                let help = "write `-- +migrate Up` above it";
                self.refuse(offset, "sql-migrate leaves out what stands before the first Up or Down", help);
            }
            return;
        }
        if self.sql.is_empty() && line.trim().is_empty() {
            return;
        }
        self.lines.push(LineStart { sql: self.sql.len(), file: offset });
        self.sql.push_str(line);
        self.sql.push('\n');
        if self.block.is_none() && ends_with_semicolon(line) {
            self.refuse_cut_off();
            self.finish_statement();
        }
    }

    fn refuse_cut_off(&mut self) {
        if let Some((what, first)) = left_open(&self.sql).zip(self.lines.first().map(|line| line.file)) {
            let message = format!("this statement is cut off inside {what}, at a semicolon that ends a line");
            let help = "write `-- +migrate StatementBegin` above the statement and `-- +migrate StatementEnd` under it";
            self.refuse(first, &message, help);
        }
    }

    fn finish_statement(&mut self) {
        let (sql, lines) = (std::mem::take(&mut self.sql), std::mem::take(&mut self.lines));
        if lines.is_empty() {
            return;
        }
        let sent =
            ["\n", " ", ";"].iter().fold(sql.as_str(), |sql, end| sql.strip_suffix(end).unwrap_or(sql));
        let statement = Statement { sql: sent.to_owned(), lines, written: None };
        self.part().get_or_insert_default().statements.push(statement);
    }

    fn refuse_unfinished(&mut self) {
        let first = self.lines.first().map(|line| line.file);
        self.sql.clear();
        self.lines.clear();
        if let Some(offset) = first {
            let help = "add one, or StatementBegin and StatementEnd around the statement";
            self.refuse(offset, "this statement has no semicolon at a line's end", help);
        }
    }

    fn end_of_file(&mut self) {
        if let Some(begin) = self.block {
            self.refuse(begin, NO_END, "add `-- +migrate StatementEnd` under the statement");
        } else {
            self.refuse_unfinished();
        }
        if self.direction.is_none() && self.mistakes.is_empty() {
            let mistake = Mistake::of_file(&self.file.path, "the file has no Up and no Down");
            self.mistakes.push(mistake.help("write `-- +migrate Up` above the SQL"));
        }
    }

    fn refuse(&mut self, offset: usize, message: &str, help: &str) {
        self.mistakes.push(Mistake::at(&self.file.path, offset, message).help(help));
    }
}

const NO_END: &str = "this StatementBegin has no StatementEnd";

/// A comment that tells sql-migrate what to do, or almost does.
pub(super) fn is_annotation(line: &str) -> bool {
    let comment = line.trim_start().strip_prefix("--").map(str::trim_start);
    comment
        .and_then(|comment| comment.strip_prefix("+migrate"))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Whether the last word before a comment ends in `;`. Words are what spaces part: no quotes are known here.
fn ends_with_semicolon(line: &str) -> bool {
    let words = line.split_whitespace().take_while(|word| !word.starts_with("--"));
    words.last().is_some_and(|word| word.ends_with(';'))
}
