//! A query's comment: free text for rustdoc, and `@param` and `@column` lines.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::query::{Override, Target};
use crate::source::SourceFile;

/// What a query's comments say.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub doc: Vec<String>,
    pub overrides: Vec<Override>,
}

/// Reads the comments that stand at `ranges`.
pub(super) fn read(
    file: &Arc<SourceFile>,
    ranges: impl Iterator<Item = Range<usize>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Notes {
    let mut notes = Notes::default();
    for range in ranges {
        for line in lines(&file.text, range) {
            match override_of(file, &line) {
                Some(Ok(rule)) => notes.overrides.push(rule),
                Some(Err(diagnostic)) => diagnostics.push(*diagnostic),
                None => notes.doc.push(line.text.trim().to_owned()),
            }
        }
    }
    trim_blank(&mut notes.doc);
    notes
}

/// A comment's line without its marks.
struct Line<'t> {
    text: &'t str,
    /// Where `text` stands in the file.
    start: usize,
}

fn lines(text: &str, comment: Range<usize>) -> Vec<Line<'_>> {
    let block = text[comment.clone()].starts_with("/*");
    let mut start = comment.start;
    let mut lines = Vec::new();
    for whole in text[comment].split_inclusive('\n') {
        let line = whole.trim_end().trim_end_matches(if block { "*/" } else { "\n" });
        let inner = line.trim_start();
        let marks = if block { &["/*", "*", ""][..] } else { &["--"][..] };
        let inner = marks.iter().find_map(|mark| inner.strip_prefix(mark)).unwrap_or(inner);
        if !(block && inner.trim().is_empty()) {
            lines.push(Line { text: inner, start: start + (line.len() - inner.len()) });
        }
        start += whole.len();
    }
    lines
}

/// `@param name: ...` and `@column name: ...`; other text, sqlc's own `@param name text` too, is none.
fn override_of(file: &Arc<SourceFile>, line: &Line<'_>) -> Option<Result<Override, Box<Diagnostic>>> {
    let trimmed = line.text.trim_start();
    let (target, rest) = if let Some(rest) = trimmed.strip_prefix("@param ") {
        (Target::Param, rest)
    } else {
        (Target::Column, trimmed.strip_prefix("@column ")?)
    };
    let (name, rule) = rest.split_once(':')?;
    let range_of = |part: &str| {
        let start = line.start + (part.as_ptr() as usize - line.text.as_ptr() as usize);
        start..start + part.len()
    };
    let name = name.trim();
    let nullable = match rule.split_whitespace().collect::<Vec<_>>()[..] {
        ["nullable"] => true,
        ["not", "null"] => false,
        _ => {
            let rule = rule.trim();
            return Some(Err(Box::new(
                Diagnostic::error(format!("`{rule}` is not something that can be said here"))
                    .at(Span::new(file, range_of(rule)), "")
                    .help("write `nullable` or `not null`"),
            )));
        }
    };
    Some(Ok(Override { target, name: name.to_owned(), nullable, range: range_of(name) }))
}

fn trim_blank(doc: &mut Vec<String>) {
    while doc.last().is_some_and(String::is_empty) {
        doc.pop();
    }
    let blank = doc.iter().take_while(|line| line.is_empty()).count();
    doc.drain(..blank);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_overrides_are_told_apart() {
        let text = "/* All of\n * it. */-- @param plate: not null\n-- @column a: maybe\n-- @param x text\n";
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: text.into() });
        let second = text.find("--").unwrap();
        let third = text.find("-- @column").unwrap();
        let fourth = text.find("-- @param x").unwrap();
        let ranges = [0..second, second..third, third..fourth, fourth..text.len()];
        let mut diagnostics = Vec::new();
        let notes = read(&file, ranges.into_iter(), &mut diagnostics);
        assert_eq!(notes.doc, ["All of", "it.", "@param x text"]);
        let [rule] = &notes.overrides[..] else { panic!("one override") };
        assert_eq!((rule.target, rule.nullable), (Target::Param, false));
        assert_eq!(&text[rule.range.clone()], "plate");
        assert_eq!(diagnostics[0].location().as_deref(), Some("q.sql:3:15"));
    }
}
