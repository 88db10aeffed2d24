//! Reads a migration file by goose's rules (goose 3.27, `internal/sqlparser/parser.go`), line by line.

use std::collections::HashMap;

use crate::error::Mistake;
use crate::migration::{LineStart, Migration, Section, Statement, TransactionMode};
use crate::quotes::left_open;
use crate::read::{File, Reader};

/// Parses a file's text; `path` is how messages show it, and its name gives the version.
///
/// A file in which no line is a goose annotation is one Up, sent as one message.
///
/// # Errors
/// Every mistake in the file, and what goose would read in another way than it is written.
pub fn parse(path: &str, text: &str) -> Result<Migration, Vec<Mistake>> {
    let mut parser = Parser { path, ..Parser::default() };
    if text.starts_with('\u{feff}') {
        parser.refuse(0, "the file begins with a byte order mark", "save it as UTF-8 without one");
    } else if text.lines().any(is_annotation) {
        parser.read(text);
    } else {
        parser.read_plain(text);
    }
    if !parser.errors.is_empty() {
        return Err(parser.errors);
    }
    let section = |statements| Section::new(path, parser.transaction, statements);
    Ok(Migration {
        version: version_of(path),
        path: path.to_owned(),
        up: section(parser.up),
        down: parser.down.map(section),
        variables: Vec::new(),
    })
}

/// Reads files, in the order of their numbers.
pub(crate) fn read(files: &[File], _: &Reader) -> Result<Vec<Migration>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut migrations = Vec::new();
    for file in files {
        let is_go = file.path.ends_with(".go");
        if is_go && version_of(&file.path).is_some() && !file.path.ends_with("_test.go") {
            let help = "write it in SQL, or list it under `skip` in bindery.toml";
            mistakes.push(Mistake::of_file(&file.path, "a migration in Go cannot be run").help(help));
        } else if !is_go {
            match parse(&file.path, &file.text) {
                Ok(migration) => migrations.push(migration),
                Err(errors) => mistakes.extend(errors),
            }
        }
    }
    if mistakes.is_empty() { order(migrations) } else { Err(mistakes) }
}

/// Puts migrations in the order of their numbers; if none has a number they stay in the order given.
fn order(mut migrations: Vec<Migration>) -> Result<Vec<Migration>, Vec<Mistake>> {
    let unnumbered = migrations.iter().filter(|migration| migration.version.is_none()).count();
    if unnumbered == migrations.len() {
        return Ok(migrations);
    }
    if let Some(migration) = migrations.iter().find(|migration| migration.version.is_none()) {
        let message = "the file has no number, but others have";
        return Err(vec![
            Mistake::of_file(&migration.path, message).help("begin its name with a number from 1 on and `_`"),
        ]);
    }
    let mut seen: HashMap<Option<i64>, &str> = HashMap::new();
    for migration in &migrations {
        if let Some(other) = seen.insert(migration.version, &migration.path) {
            let message = format!("{other} has the same number");
            return Err(vec![Mistake::of_file(&migration.path, message).help("change one of them")]);
        }
    }
    migrations.sort_by_key(|migration| migration.version);
    Ok(migrations)
}

/// The digits before the first `_` of the file's name, if they are a number from 1 on.
fn version_of(path: &str) -> Option<i64> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (digits, _) = name.split_once('_')?;
    let plain = digits.chars().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|version| plain && *version >= 1)
}

struct Parser<'p> {
    path: &'p str,
    place: Place,
    /// Inside StatementBegin and StatementEnd, which opened here.
    block: Option<usize>,
    /// After an empty block goose drops the line that follows.
    after_empty_block: bool,
    lines: Vec<Line>,
    transaction: TransactionMode,
    up: Vec<Statement>,
    down: Option<Vec<Statement>>,
    errors: Vec<Mistake>,
}

impl Default for Parser<'_> {
    fn default() -> Self {
        let (up, down, lines, errors) = Default::default();
        let (place, transaction) = (Place::Start, TransactionMode::PerFile);
        Self { path: "", place, block: None, after_empty_block: false, lines, transaction, up, down, errors }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Start,
    Up,
    Down,
}

/// A line of the statement that is being read.
struct Line {
    offset: usize,
    text: String,
}

impl Parser<'_> {
    fn read(&mut self, text: &str) {
        let mut offset = 0;
        for whole in text.split_inclusive('\n') {
            let line = whole.strip_suffix('\n').unwrap_or(whole);
            let line = line.strip_suffix('\r').unwrap_or(line);
            if is_annotation(line) {
                self.annotation(offset, line);
            } else {
                self.plain_line(offset, line);
            }
            offset += whole.len();
        }
        self.end_of_file();
    }

    fn annotation(&mut self, offset: usize, line: &str) {
        if line.starts_with([' ', '\t']) {
            return self.refuse(offset, "an annotation begins its line", "remove the space before `--`");
        }
        let words = line.replace("--", "").replacen("+goose", "", 1).trim().to_ascii_lowercase();
        match words.as_str() {
            "up" => self.begin_up(offset),
            "down" => self.begin_down(offset),
            "statementbegin" => self.begin_block(offset),
            "statementend" => self.end_block(offset),
            "no transaction" => self.transaction = TransactionMode::None,
            "envsub on" | "envsub off" => {
                self.refuse(offset, "ENVSUB is not supported yet", "write the values into the file");
            }
            _ => self.refuse(
                offset,
                &format!("`{}` is no annotation that goose knows", line.trim()),
                "write Up, Down, StatementBegin, StatementEnd or NO TRANSACTION; in prose, leave out `+goose`",
            ),
        }
    }

    fn begin_up(&mut self, offset: usize) {
        if self.place != Place::Start {
            return self.refuse(
                offset,
                "there is an Up already",
                "a file has one Up and at most one Down, in that order",
            );
        }
        self.place = Place::Up;
    }

    fn begin_down(&mut self, offset: usize) {
        if self.place != Place::Up || self.block.is_some() {
            return self.refuse(
                offset,
                "a Down is not expected here",
                "it follows the Up, outside of StatementBegin",
            );
        }
        self.finish_section();
        self.place = Place::Down;
        self.down = Some(Vec::new());
    }

    fn begin_block(&mut self, offset: usize) {
        if self.place == Place::Start || self.block.is_some() {
            return self.refuse(
                offset,
                "a StatementBegin is not expected here",
                "write it after Up or Down, and not twice",
            );
        }
        self.finish_section();
        self.block = Some(offset);
    }

    fn end_block(&mut self, offset: usize) {
        if self.block.take().is_none() {
            return self.refuse(offset, "there is no StatementBegin to end", "add it above the statement");
        }
        self.after_empty_block = self.lines.is_empty();
        self.finish_statement();
    }

    fn plain_line(&mut self, offset: usize, line: &str) {
        let is_comment = line.trim_start().starts_with("--");
        if self.place == Place::Start {
            if !is_comment && !line.trim().is_empty() {
                self.refuse(offset, "there is SQL before the Up", "write `-- +goose Up` above it");
            }
            return;
        }
        if self.lines.is_empty() && (is_comment || line.is_empty()) {
            return;
        }
        if self.after_empty_block && !line.trim().is_empty() {
            self.after_empty_block = false;
            self.refuse(
                offset,
                "goose would drop this line, after an empty StatementBegin",
                "remove the empty block",
            );
        }
        self.lines.push(Line { offset, text: line.to_owned() });
        if self.block.is_none() && ends_with_semicolon(line) {
            self.finish_statement();
        }
    }

    fn end_of_file(&mut self) {
        if let Some(begin) = self.block {
            self.refuse(begin, "this StatementBegin has no StatementEnd", "add it under the statement");
        } else {
            self.finish_section();
        }
    }

    /// What stands in the buffer has to be finished by now.
    fn finish_section(&mut self) {
        let unfinished = self.lines.iter().find(|line| !line.text.trim().is_empty()).map(|line| line.offset);
        self.lines.clear();
        if let Some(offset) = unfinished {
            self.refuse(offset, "this statement has no semicolon at a line's end", "add one");
        }
    }

    fn finish_statement(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let Some(first) = lines.first().map(|line| line.offset) else { return };
        let statement = statement(&lines);
        if let Some(what) = left_open(&statement.sql) {
            let message = format!("this statement is cut off inside {what}, at a semicolon that ends a line");
            let help =
                "write `-- +goose StatementBegin` above the statement and `-- +goose StatementEnd` under it";
            return self.refuse(first, &message, help);
        }
        if copies_from_stdin(&statement.sql) {
            return self.refuse(first, "COPY FROM stdin has no data to read here", "write INSERT statements");
        }
        match self.place {
            Place::Down => self.down.get_or_insert_default().push(statement),
            Place::Up | Place::Start => self.up.push(statement),
        }
    }

    /// The whole text as one statement; lines that are psql's own, as pg_dump writes them, are blanked out.
    fn read_plain(&mut self, text: &str) {
        let mut offset = 0;
        let mut sql = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            if copies_from_stdin(line) {
                self.refuse(offset, "COPY FROM stdin has no data to read here", "write INSERT statements");
            }
            if line.starts_with('\\') {
                // Byte for byte, so that positions stay what they were.
                sql.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            } else {
                sql.push_str(line);
            }
            offset += line.len();
        }
        if !sql.trim().is_empty() {
            self.up.push(Statement::verbatim(sql, 0));
        }
    }

    fn refuse(&mut self, offset: usize, message: &str, help: &str) {
        self.errors.push(Mistake::at(self.path, offset, message).help(help));
    }
}

/// A comment that names goose, wherever in it.
fn is_annotation(line: &str) -> bool {
    line.trim_start().starts_with("--") && line.contains("+goose")
}

/// Whether the last word before a comment ends in `;`. Words are what spaces part: goose knows no quotes here.
fn ends_with_semicolon(line: &str) -> bool {
    let words = line.split_whitespace().take_while(|word| !word.starts_with("--"));
    words.last().is_some_and(|word| word.ends_with(';'))
}

fn copies_from_stdin(sql: &str) -> bool {
    let start = sql.get(..5).unwrap_or_default();
    start.eq_ignore_ascii_case("copy ") && sql.to_ascii_lowercase().contains("from stdin")
}

/// Joins lines, and trims the whole as goose does.
fn statement(lines: &[Line]) -> Statement {
    let mut sql = String::new();
    let mut starts = Vec::new();
    for line in lines.iter().skip_while(|line| line.text.trim().is_empty()) {
        let text = if sql.is_empty() { line.text.trim_start() } else { &line.text };
        starts.push(LineStart { sql: sql.len(), file: line.offset + (line.text.len() - text.len()) });
        sql.push_str(text);
        sql.push('\n');
    }
    Statement { sql: sql.trim_end().to_owned(), lines: starts, written: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ups(text: &str) -> Vec<String> {
        parse("1_a.sql", text).unwrap().up.statements.into_iter().map(|statement| statement.sql).collect()
    }

    fn refused(text: &str) -> (usize, String) {
        let error = parse("1_a.sql", text).unwrap_err().swap_remove(0);
        assert!(error.offset.unwrap() <= text.len() && error.help.is_some());
        (error.offset.unwrap(), error.message)
    }

    #[test]
    fn statements_end_at_a_semicolon_that_ends_a_line() {
        let text = "-- +goose Up\n-- a\n\nSELECT 1; -- one\nSELECT 2; SELECT 3;\nSELECT\n-- in\n4;\n-- +goose down\nSELECT 5;";
        let migration = parse("dir/00012_x.sql", text).unwrap();
        assert_eq!(migration.version, Some(12));
        let ups: Vec<&str> = migration.up.statements.iter().map(|statement| statement.sql.as_str()).collect();
        assert_eq!(ups, ["SELECT 1; -- one", "SELECT 2; SELECT 3;", "SELECT\n-- in\n4;"]);
        assert_eq!(migration.down.unwrap().statements[0].sql, "SELECT 5;");
    }

    #[test]
    fn a_block_is_one_statement() {
        let text = "-- +goose Up\n-- +goose StatementBegin\n\nCREATE FUNCTION f() AS $$\n  SELECT 1;\n$$;\n-- +goose StatementEnd\nSELECT 2;\n";
        assert_eq!(ups(text), ["CREATE FUNCTION f() AS $$\n  SELECT 1;\n$$;", "SELECT 2;"]);
    }

    #[test]
    fn no_transaction_may_stand_anywhere() {
        let migration = parse("1_a.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n").unwrap();
        assert_eq!(migration.up.transaction, TransactionMode::None);
    }

    #[test]
    fn a_file_without_annotations_is_one_up() {
        let text = "\\restrict x\nCREATE TABLE a ();\nCREATE TABLE b ();\n";
        assert_eq!(ups(text), ["           \nCREATE TABLE a ();\nCREATE TABLE b ();\n"]);
    }

    #[test]
    fn positions_lead_back_to_the_file() {
        let text = "-- +goose Up\r\n\r\n-- ü\r\n  CREATE TABLE ä (\r\n    id bigit\r\n);\r\n";
        let migration = parse("1_a.sql", text).unwrap();
        let statement = &migration.up.statements[0];
        let position = statement.sql.chars().take_while(|c| *c != 'b').count();
        let byte = statement.sql.find("bigit").unwrap();
        let position = position.max(statement.sql[..byte].chars().count()) + 1;
        let offset = statement.offset_in_file(u32::try_from(position).unwrap());
        assert_eq!(&text[offset..offset + 5], "bigit");
        assert_eq!(&text[statement.offset_in_file(1)..][..6], "CREATE");
    }

    #[test]
    fn what_goose_would_mangle_is_refused() {
        let cut = "-- +goose Up\nCREATE FUNCTION f() AS $$\nSELECT 1;\n$$;\n";
        assert!(refused(cut).1.contains("dollar-quoted body"));
        let swallowed = "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\nSELECT 1;\n";
        assert!(refused(swallowed).1.contains("drop this line"));
        assert!(refused("\u{feff}-- +goose Up\n").1.contains("byte order mark"));
        assert!(refused("-- +goose Up\n-- see +goose docs\n").1.contains("no annotation"));
        assert!(refused("-- +goose Up\nCOPY a FROM stdin;\n").1.contains("COPY"));
    }

    #[test]
    fn files_that_goose_refuses_are_refused() {
        let files = [
            ("SELECT 1;\n-- +goose Up\n", "before the Up"),
            ("-- +goose Up\n-- +goose Up\n", "Up already"),
            ("-- +goose Down\n", "Down is not expected"),
            ("-- +goose Up\nSELECT 1\n-- +goose Down\n", "no semicolon"),
            ("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n", "no StatementEnd"),
            ("-- +goose Up\n-- +goose StatementEnd\n", "no StatementBegin"),
            (" -- +goose Up\n", "begins its line"),
            ("-- +goose\n", "no annotation"),
        ];
        for (text, part) in files {
            assert!(refused(text).1.contains(part), "{text}");
        }
    }

    fn paths(paths: &[&str]) -> Result<Vec<String>, String> {
        let files: Vec<File> = paths
            .iter()
            .map(|path| File { path: (*path).to_owned(), text: "-- +goose Up\n".to_owned() })
            .collect();
        match Reader::new().read(&files) {
            Ok(ordered) => Ok(ordered.into_iter().map(|migration| migration.path).collect()),
            Err(mistakes) => Err(mistakes[0].to_string()),
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(
            paths(&["10_a.sql", "9_b.sql", "0002_c.sql"]).unwrap(),
            ["0002_c.sql", "9_b.sql", "10_a.sql"]
        );
    }

    #[test]
    fn files_without_numbers_stay_as_they_are() {
        assert_eq!(paths(&["b.sql", "a.sql"]).unwrap(), ["b.sql", "a.sql"]);
    }

    #[test]
    fn a_doubtful_order_is_refused() {
        assert!(paths(&["1_a.sql", "01_b.sql"]).unwrap_err().contains("same number"));
        assert!(paths(&["1_a.sql", "b.sql"]).unwrap_err().contains("no number"));
        assert!(paths(&["1_a.sql", "0_b.sql"]).unwrap_err().contains("0_b.sql: the file has no number"));
    }
}
