//! dbmate 2: `20240101120000_cars.sql` with `-- migrate:up` and `-- migrate:down`.
//!
//! Names, versions and the order, which is that of the names as texts, are those of `pkg/dbmate/db.go`; the annotations and
//! their options those of `pkg/dbmate/migration.go`. A part is sent as one message, in a transaction of its own unless it
//! says `transaction:false`. A file may have several pairs of parts, which run one after another.

use crate::error::Mistake;
use crate::migration::{Direction, Migration, Section, Statement, TransactionMode};
use crate::read::{File, Reader};

use super::{Format, has_sql, left_open, left_out, name, same_number};

/// Reads files, in the order of their names.
pub(super) fn read(files: &[File], _: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let mut migrations: Vec<Migration> = Vec::new();
    let mut mistakes = Vec::new();
    let mut files: Vec<&File> = files.iter().collect();
    files.sort_by_key(|file| name::of(&file.path));
    for (index, file) in files.iter().enumerate() {
        match version(file).and_then(|version| Ok((version, double(version, file, &files[..index])?))) {
            Ok((version, ())) => match migration(version, file) {
                Ok(migration) => migrations.push(migration),
                Err(errors) => mistakes.extend(errors),
            },
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(migrations) } else { Err(mistakes) }
}

/// Of a name like `^(\d+).*\.sql$`.
fn version(file: &File) -> Result<i64, Mistake> {
    let (digits, rest) = name::digits(name::of(&file.path));
    match digits.is_empty() || !rest.ends_with(".sql") {
        true => Err(left_out(file, Format::Dbmate, "20240101120000_cars.sql")),
        false => name::number(file, digits),
    }
}

fn double(number: i64, file: &File, before: &[&File]) -> Result<(), Mistake> {
    match before.iter().find(|other| version(other) == Ok(number)) {
        Some(other) => Err(same_number(file, other)),
        None => Ok(()),
    }
}

fn migration(version: i64, file: &File) -> Result<Migration, Vec<Mistake>> {
    let parts = parts(file)?;
    let section = |direction| {
        let parts: Vec<&Part> = parts.iter().filter(|part| part.direction == direction).collect();
        let statements = parts.iter().filter(|part| has_sql(part.text));
        let statements = statements.map(|part| Statement::verbatim(part.text.to_owned(), part.offset));
        // Each of several has a transaction of its own, as a message by itself has.
        let transaction = match parts.as_slice() {
            [only] => only.transaction,
            _ => TransactionMode::None,
        };
        Section::new(&file.path, transaction, statements.collect())
    };
    Ok(Migration {
        version: Some(version),
        path: file.path.clone(),
        up: section(Direction::Up),
        down: Some(section(Direction::Down)),
        variables: Vec::new(),
    })
}

/// From an annotation to the next, as it is sent: with the annotation.
struct Part<'f> {
    direction: Direction,
    transaction: TransactionMode,
    offset: usize,
    text: &'f str,
}

/// The parts of a file: pairs of an Up and a Down.
fn parts(file: &File) -> Result<Vec<Part<'_>>, Vec<Mistake>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut mistakes = Vec::new();
    let mut offset = 0;
    for line in file.text.split_inclusive('\n') {
        match annotation(line) {
            Some(Annotation { direction, options, is_exact: true }) => {
                let transaction = transaction(file, offset, options).unwrap_or_else(|mistake| {
                    mistakes.push(mistake);
                    TransactionMode::PerFile
                });
                parts.push(Part { direction, transaction, offset, text: "" });
            }
            Some(_) => mistakes.push(inexact(file, offset)),
            None if parts.is_empty() && mistakes.is_empty() && has_sql(line) => {
                let mistake = Mistake::at(&file.path, offset, "there is SQL before the Up");
                mistakes.push(mistake.help("write `-- migrate:up` above it"));
            }
            None => {}
        }
        offset += line.len();
    }
    let mut end = file.text.len();
    for part in parts.iter_mut().rev() {
        part.text = &file.text[part.offset..end];
        end = part.offset;
    }
    if mistakes.is_empty() {
        mistakes.extend(pairing(file, &parts));
        mistakes.extend(parts.iter().filter_map(|part| cut_off(file, part)));
    }
    if mistakes.is_empty() { Ok(parts) } else { Err(mistakes) }
}

/// A comment that tells dbmate what to do, or almost does.
struct Annotation<'l> {
    direction: Direction,
    options: &'l str,
    is_exact: bool,
}

/// `^--\s*migrate:up(\s*$|\s+\S+)`; what differs from that in its case or by space before it is a comment for dbmate.
fn annotation(line: &str) -> Option<Annotation<'_>> {
    let comment = line.trim_start().strip_prefix("--")?.trim_start();
    let is = |word: &str| comment.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let (word, direction) = match () {
        () if is("migrate:up") => ("migrate:up", Direction::Up),
        () if is("migrate:down") => ("migrate:down", Direction::Down),
        () => return None,
    };
    let options = &comment[word.len()..];
    if !options.is_empty() && !options.starts_with(char::is_whitespace) {
        return None;
    }
    // Go's `\s` knows fewer spaces than Rust.
    let is_space = |c: char| c.is_ascii_whitespace();
    let exact = line.strip_prefix("--").map(|comment| comment.trim_start_matches(is_space));
    let after = exact.and_then(|comment| comment.strip_prefix(word));
    let is_exact = after.is_some_and(|after| after.is_empty() || after.starts_with(is_space));
    Some(Annotation { direction, options: options.trim(), is_exact })
}

pub(super) fn is_annotation(line: &str) -> bool {
    annotation(line).is_some()
}

/// dbmate knows one option, and passes over everything else.
fn transaction(file: &File, offset: usize, options: &str) -> Result<TransactionMode, Mistake> {
    let mut transaction = TransactionMode::PerFile;
    for option in options.split_whitespace() {
        transaction = match option {
            "transaction:false" => TransactionMode::None,
            "transaction:true" => TransactionMode::PerFile,
            _ => {
                let mistake = Mistake::at(&file.path, offset, format!("dbmate knows no option `{option}`"));
                return Err(mistake.help("write `transaction:false`, or nothing for one transaction"));
            }
        };
    }
    Ok(transaction)
}

fn inexact(file: &File, offset: usize) -> Mistake {
    let mistake =
        Mistake::at(&file.path, offset, "dbmate takes this line for a comment, not for an annotation");
    mistake.help("write `-- migrate:up` or `-- migrate:down` at the line's beginning, in lower case")
}

/// dbmate wants a Down after each Up, even one with nothing in it.
fn pairing(file: &File, parts: &[Part]) -> Option<Mistake> {
    let (up, down) = (
        "add `-- migrate:up` above the SQL",
        "add `-- migrate:down`, with nothing under it if there is no way back",
    );
    if parts.is_empty() {
        return Some(Mistake::of_file(&file.path, "the file has no Up").help(up));
    }
    for (index, part) in parts.iter().enumerate() {
        let expected = if index % 2 == 0 { Direction::Up } else { Direction::Down };
        if part.direction != expected {
            let (message, help) = match expected {
                Direction::Up => ("this Down has no Up before it", up),
                Direction::Down => ("the Up before this one has no Down", down),
            };
            return Some(Mistake::at(&file.path, part.offset, message).help(help));
        }
    }
    let last = parts.last().filter(|part| part.direction == Direction::Up)?;
    Some(Mistake::at(&file.path, last.offset, "this Up has no Down").help(down))
}

/// An annotation counts wherever its line stands, in the middle of a function's body too.
fn cut_off(file: &File, part: &Part) -> Option<Mistake> {
    let what = left_open(part.text)?;
    let message = format!("this part is cut off inside {what}, or {what} is not closed in it");
    Some(Mistake::at(&file.path, part.offset, message).help("close it before the next annotation"))
}
