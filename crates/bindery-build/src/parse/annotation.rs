//! A query's comment: free text for rustdoc, and `@param`, `@column`, `@row`, `@rows` and `@allow` lines.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::lint;
use crate::names;
use crate::nearest::did_you_mean;
use crate::query::{Allowed, Override, SharedRow, Target};
use crate::settings::{self, RustType};
use crate::source::SourceFile;

/// What a query's comments say.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub doc: Vec<String>,
    pub overrides: Vec<Override>,
    /// `@rows: at most one`
    pub at_most_one_row: bool,
    /// `@allow: select-star`
    pub allowed: Vec<Allowed>,
    /// `@row CarSummary`
    pub row: Option<SharedRow>,
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
            match annotation_of(file, &line) {
                Some(Ok(Annotation::Override(rule))) => notes.overrides.push(rule),
                Some(Ok(Annotation::Row(row))) => notes.row = Some(row),
                Some(Ok(Annotation::AtMostOneRow)) => notes.at_most_one_row = true,
                Some(Ok(Annotation::Allow(rules))) => {
                    let (allowed, unknown): (Vec<_>, Vec<_>) = rules.into_iter().partition(Result::is_ok);
                    notes.allowed.extend(allowed.into_iter().flatten());
                    diagnostics.extend(unknown.into_iter().filter_map(Result::err).map(|unknown| *unknown));
                }
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

enum Annotation {
    Override(Override),
    AtMostOneRow,
    Row(SharedRow),
    /// With an error for each name that no rule has.
    Allow(Vec<Result<Allowed, Box<Diagnostic>>>),
}

/// `@param name: ...`, `@column name: ...`, `@row Name`, `@rows: ...` and `@allow: ...`; other text, sqlc's own `@param name text` too, is none.
fn annotation_of(file: &Arc<SourceFile>, line: &Line<'_>) -> Option<Result<Annotation, Box<Diagnostic>>> {
    let trimmed = line.text.trim_start();
    let range_of = |part: &str| {
        let start = line.start + (part.as_ptr() as usize - line.text.as_ptr() as usize);
        start..start + part.len()
    };
    let unknown = |rule: &str, help: &str| {
        let message = format!("`{rule}` is not something that can be said here");
        Box::new(Diagnostic::error(message).at(Span::new(file, range_of(rule)), "").help(help))
    };
    if let Some(rule) = trimmed.strip_prefix("@rows:").map(str::trim) {
        let words: Vec<&str> = rule.split_whitespace().collect();
        return Some(match words[..] {
            ["at", "most", "one"] => Ok(Annotation::AtMostOneRow),
            _ => Err(unknown(rule, "write `at most one`")),
        });
    }
    if let Some(rule) = trimmed.strip_prefix("@row ").or_else(|| trimmed.strip_prefix("@row:")).map(str::trim)
    {
        return Some(
            shared_row(rule, range_of(rule)).map(Annotation::Row).map_err(|help| unknown(rule, &help)),
        );
    }
    if let Some(names) = trimmed.strip_prefix("@allow:") {
        let rules = names.split(',').map(str::trim).map(|name| {
            let range = range_of(name);
            lint::rule_named(name).map(|rule| Allowed { rule, range: range.clone() }).map_err(|help| {
                let message = format!("there is no rule `{name}`");
                Box::new(Diagnostic::error(message).at(Span::new(file, range), "").help(help))
            })
        });
        return Some(Ok(Annotation::Allow(rules.collect())));
    }
    let (target, rest) = if let Some(rest) = trimmed.strip_prefix("@param ") {
        (Target::Param, rest)
    } else if let Some(rest) = trimmed.strip_prefix("@column ") {
        (Target::Column, rest)
    } else {
        return misspelt(trimmed).map(|(word, help)| {
            let message = format!("there is no annotation `{word}`");
            Err(Box::new(Diagnostic::error(message).at(Span::new(file, range_of(word)), "").help(help)))
        });
    };
    let (name, rule) = rest.split_once(':')?;
    let name = name.trim();
    let (mut nullable, mut null_elements) = (None, None);
    let mut rust: Option<RustType> = None;
    for part in parts(rule).map(str::trim) {
        if let Some(path) =
            part.strip_prefix("type").map(str::trim_start).and_then(|rest| rest.strip_prefix('='))
        {
            rust = match rust_type(path) {
                Ok(rust) => Some(rust),
                Err(message) => {
                    let diagnostic = Diagnostic::error(message).at(Span::new(file, range_of(part)), "");
                    let help =
                        "write a type of Rust: `type = crate::Payload`, or `type = crate::Plate via TryFrom`";
                    return Some(Err(Box::new(diagnostic.help(help))));
                }
            };
            continue;
        }
        match part.split_whitespace().collect::<Vec<_>>()[..] {
            ["nullable"] => nullable = Some(true),
            ["not", "null"] => nullable = Some(false),
            ["elements", "nullable"] => null_elements = Some(true),
            ["elements", "not", "null"] => null_elements = Some(false),
            _ => {
                let help = "write `nullable` or `not null`, `type = crate::Payload`, and of an array `elements nullable` \
                            or `elements not null`";
                return Some(Err(unknown(part, help)));
            }
        }
    }
    let range = range_of(name);
    let name = name.to_owned();
    Some(Ok(Annotation::Override(Override { target, name, nullable, null_elements, rust, range })))
}

/// `CarSummary`, `CarSummary into Car`; the error is what to write.
fn shared_row(rule: &str, range: Range<usize>) -> Result<SharedRow, String> {
    let (name, into) = match rule.split_whitespace().collect::<Vec<_>>()[..] {
        [name] => (name, None),
        [name, "into", target] => (name, Some(target)),
        ["at", ..] => return Err("did you mean `@rows`?".to_owned()),
        _ => return Err("write `@row CarSummary`, or `@row CarSummary into Car`".to_owned()),
    };
    for name in [name].into_iter().chain(into) {
        let proper = crate::types::rust_name(&names::camel(name));
        if name != proper {
            return Err(format!("write the name of a struct: `{proper}`"));
        }
    }
    Ok(SharedRow { name: name.to_owned(), into: into.map(str::to_owned), range })
}

/// `@parm plate: ...`, with the annotation that was meant; what has no colon or is near to none is text.
fn misspelt(line: &str) -> Option<(&str, String)> {
    const ANNOTATIONS: [&str; 3] = ["@param", "@column", "@rows"];
    let (before, _) = line.strip_prefix('@').and(line.split_once(':'))?;
    let word = before.split_whitespace().next()?;
    // `@param: ...` and `@rows at most: ...` are near to themselves.
    did_you_mean(word, ANNOTATIONS).filter(|_| !ANNOTATIONS.contains(&word)).map(|help| (word, help))
}

/// Parts between commas, but for those inside of brackets: `type = HashMap<String, i32>, not null`.
fn parts(rule: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    rule.split(move |c| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

/// `crate::Plate via TryFrom`
fn rust_type(text: &str) -> Result<RustType, String> {
    let (path, via) = match text.rsplit_once(" via ") {
        Some((path, word)) => (path, Some(settings::via(word.trim())?)),
        None => (text, None),
    };
    Ok(RustType { path: settings::rust_path(path.trim())?, via })
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
        let text = "/* All of\n * it. */-- @param plate: not null, elements nullable\n-- @column a: maybe\n-- @param x text\n-- @rows: at most one\n-- @allow: select-star, several-row\n-- @allow: several-rows\n";
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: text.into() });
        let second = text.find("--").unwrap();
        let third = text.find("-- @column").unwrap();
        let fourth = text.find("-- @param x").unwrap();
        let fifth = text.find("-- @rows").unwrap();
        let sixth = text.find("-- @allow").unwrap();
        let seventh = text.rfind("-- @allow").unwrap();
        let starts = [0, second, third, fourth, fifth, sixth, seventh, text.len()];
        let ranges = starts.windows(2).map(|pair| pair[0]..pair[1]);
        let mut diagnostics = Vec::new();
        let notes = read(&file, ranges, &mut diagnostics);
        assert_eq!(notes.doc, ["All of", "it.", "@param x text"]);
        let [rule] = &notes.overrides[..] else { panic!("one override") };
        assert_eq!(
            (rule.target, rule.nullable, rule.null_elements),
            (Target::Param, Some(false), Some(true))
        );
        assert!(notes.at_most_one_row);
        assert_eq!(&text[rule.range.clone()], "plate");
        assert_eq!(diagnostics[0].location().as_deref(), Some("q.sql:3:15"));
        assert_eq!(diagnostics[1].to_string(), "q.sql:6:25: there is no rule `several-row`");
        let allowed: Vec<&str> = notes.allowed.iter().map(|allowed| &text[allowed.range.clone()]).collect();
        assert_eq!(allowed, ["select-star", "several-rows"]);
    }
}
