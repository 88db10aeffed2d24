//! Cuts a query file into named queries: headers, comments, statements, parameters.
//!
//! In goes one [`SourceFile`], out come its [`Query`]s and a diagnostic for everything that is none. No server is
//! asked and nothing is guessed: whether a statement is SQL is PostgreSQL's to say.

mod annotation;
mod dynamic;
mod embed;
mod fragments;
mod header;
mod params;
mod slice;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::copy;
use crate::cores;
use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{self, Token, TokenKind};
use crate::query::{Command, Query, source_hash};
use crate::source::{SourceFile, Sources};

use header::Header;

/// What statements without a header are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// A mistake: the header was forgotten.
    Mistake,
    /// The schema: the file is listed as a migration too.
    Schema,
}

/// A query file, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub queries: Vec<Query>,
    /// Where the named queries stand, from header to semicolon; the rest of a shared file is schema.
    pub blocks: Vec<Range<usize>>,
}

/// Parses every query file, in order.
pub(crate) fn parse_all(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) -> Vec<Parsed> {
    let parsed = cores::map(&sources.queries, |file| {
        let unnamed = if sources.is_migration(file) { Unnamed::Schema } else { Unnamed::Mistake };
        let mut diagnostics = Vec::new();
        (parse(file, unnamed, &mut diagnostics), diagnostics)
    });
    let mut all = Vec::with_capacity(parsed.len());
    for (parsed, found) in parsed {
        all.push(parsed);
        diagnostics.extend(found);
    }
    all
}

/// Parses one file; what cannot be read is a diagnostic, and the other queries of the file are still found.
pub(crate) fn parse(file: &Arc<SourceFile>, unnamed: Unnamed, diagnostics: &mut Vec<Diagnostic>) -> Parsed {
    let tokens = match lex::tokens(&file.text) {
        Ok(tokens) => tokens,
        Err(open) => {
            let span = Span::new(file, open.offset..open.offset + 1);
            diagnostics.push(
                Diagnostic::error("this quote or comment is never closed")
                    .at(span, "opens here")
                    .note(open.message),
            );
            return Parsed::default();
        }
    };
    let mut parsed = Parsed::default();
    let (orphans, blocks) = blocks(file, &tokens, diagnostics);
    if unnamed == Unnamed::Mistake {
        report_orphans(file, orphans, diagnostics);
    }
    for block in &blocks {
        parsed.blocks.push(block.range());
        parsed.queries.extend(block.query(file, unnamed, diagnostics));
    }
    report_duplicates(&parsed.queries, diagnostics);
    parsed
}

/// A header and everything up to the next.
struct Block<'t> {
    header: Header,
    tokens: &'t [Token],
}

/// Splits the tokens at the headers; what stands before the first comes back by itself.
fn blocks<'t>(
    file: &Arc<SourceFile>,
    tokens: &'t [Token],
    diagnostics: &mut Vec<Diagnostic>,
) -> (&'t [Token], Vec<Block<'t>>) {
    let mut headers = Vec::new();
    let mut open = false;
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            TokenKind::Space => {}
            TokenKind::Comment => match header::read(file, &tokens[..=index], open) {
                Ok(Some(header)) => {
                    headers.push((index, header));
                    open = false;
                }
                Ok(None) => {}
                Err(diagnostic) => {
                    diagnostics.push(*diagnostic);
                    headers.push((index, Header::broken(token)));
                    open = false;
                }
            },
            TokenKind::Semicolon => open = false,
            _ => open = true,
        }
    }
    let first = headers.first().map_or(tokens.len(), |(index, _)| *index);
    let ends: Vec<usize> = headers.iter().skip(1).map(|(index, _)| *index).chain([tokens.len()]).collect();
    let with_ends = headers.into_iter().zip(ends);
    let blocks = with_ends.map(|((index, header), end)| Block { header, tokens: &tokens[index + 1..end] });
    (&tokens[..first], blocks.collect())
}

impl Block<'_> {
    /// From the header to the end of its statement, semicolon included.
    fn range(&self) -> Range<usize> {
        let end = statements(self.tokens).next().map_or(self.header.range.end, |statement| statement.end);
        self.header.range.start..end
    }

    /// The block's query; none if it is not one, which is reported.
    fn query(
        &self,
        file: &Arc<SourceFile>,
        unnamed: Unnamed,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Query> {
        let mut command = self.header.command?;
        let mut statements = statements(self.tokens);
        let Some(first) = statements.next() else {
            diagnostics.push(
                Diagnostic::error(format!("query `{}` has no SQL", self.header.name))
                    .at(Span::new(file, self.header.name_range.clone()), "named here")
                    .help("write one statement under the header, or remove the header"),
            );
            return None;
        };
        if let (Some(second), Unnamed::Mistake) = (statements.next(), unnamed) {
            let at = second.significant[0].range.clone();
            if header::is_hash_header(&file.text[at.start..]) {
                diagnostics.push(hash_header(file, at));
                return None;
            }
            diagnostics.push(
                Diagnostic::error(format!("query `{}` has two statements", self.header.name))
                    .at(Span::new(file, at), "the second starts here")
                    .help("give it a header of its own: `-- name: <Name> :<command>`"),
            );
            return None;
        }
        if let Some(range) = &self.header.last_id {
            match first.has_word(&file.text, "RETURNING") {
                true => command = Command::One,
                false => diagnostics.push(
                    Diagnostic::warning(format!(
                        "PostgreSQL has no last id, so `{}` returns none",
                        self.header.name
                    ))
                    .at(Span::new(file, range.clone()), "as `:exec`")
                    .help("use `:one`, and `RETURNING id` in the statement"),
                ),
            }
        }
        let comments = first.leading.iter().filter(|token| token.kind == TokenKind::Comment);
        let ranges = self.header.above.iter().cloned().chain(comments.map(|t| t.range.clone()));
        let notes = annotation::read(file, ranges, diagnostics);
        let mut rewritten = params::rewrite(file, first.significant, diagnostics)?;
        let fragments = fragments::of(file, self.tokens, &first, diagnostics)?;
        let choices = match &fragments[..] {
            [] => None,
            [first, ..] if command.takes_items() => {
                diagnostics.push(dynamic::refuse_items(file, command, first));
                return None;
            }
            some => Some(dynamic::choices(file, first.significant, some, &rewritten, diagnostics)?),
        };
        let mut hashed = None;
        if let Some(choices) = &choices {
            hashed = Some(choices.hashed());
            rewritten = choices.whole();
        }
        let params::Rewritten { sql, params, embeds, map } = rewritten;
        let hashed = hashed.as_ref().unwrap_or(&sql);
        let source = source_hash(command, hashed, &params, &embeds, &notes.overrides, notes.at_most_one_row);
        let mut query = Query {
            name: self.header.name.clone(),
            command,
            doc: notes.doc,
            sql,
            file: Arc::clone(file),
            name_range: self.header.name_range.clone(),
            params,
            embeds,
            overrides: notes.overrides,
            at_most_one_row: notes.at_most_one_row,
            allowed: notes.allowed,
            row: notes.row,
            source,
            map,
            dynamic: None,
        };
        query.dynamic = choices.map(|choices| Arc::new(choices.into_dynamic(&query)));
        copy::report(&query, diagnostics);
        Some(query)
    }
}

/// One statement's tokens.
struct Statement<'t> {
    /// White space and comments before it.
    leading: &'t [Token],
    /// From its first word to its last, comments inside included.
    significant: &'t [Token],
    /// Byte offset of its end, semicolon included.
    end: usize,
}

impl Statement<'_> {
    fn has_word(&self, text: &str, word: &str) -> bool {
        let is_word = |token: &&Token| matches!(token.kind, TokenKind::Word { quoted: false });
        self.significant.iter().filter(is_word).any(|token| token.text(text).eq_ignore_ascii_case(word))
    }
}

/// The statements of `tokens`; a bare semicolon is none.
fn statements(tokens: &[Token]) -> impl Iterator<Item = Statement<'_>> {
    tokens.split_inclusive(|token| token.kind == TokenKind::Semicolon).filter_map(|piece| {
        let first = piece.iter().position(is_significant)?;
        let last = piece.iter().rposition(is_significant)?;
        let end = piece.last()?.range.end;
        Some(Statement { leading: &piece[..first], significant: &piece[first..=last], end })
    })
}

fn is_significant(token: &Token) -> bool {
    !matches!(token.kind, TokenKind::Space | TokenKind::Comment | TokenKind::Semicolon)
}

fn report_orphans(file: &Arc<SourceFile>, tokens: &[Token], diagnostics: &mut Vec<Diagnostic>) {
    for statement in statements(tokens) {
        let at = statement.significant[0].range.clone();
        if header::is_hash_header(&file.text[at.start..]) {
            diagnostics.push(hash_header(file, at));
            continue;
        }
        diagnostics.push(
            Diagnostic::error("this statement has no header")
                .at(Span::new(file, at), "starts here")
                .help("write `-- name: <Name> :<command>` above it"),
        );
    }
}

fn hash_header(file: &Arc<SourceFile>, at: Range<usize>) -> Diagnostic {
    Diagnostic::error("in PostgreSQL `#` begins no comment")
        .at(Span::new(file, at.start..at.start + 1), "")
        .help("write `-- name: <Name> :<command>`; `#` is for MySQL")
}

/// Functions are named by the query, so two of one name in a file would collide, in whatever case they are written.
fn report_duplicates(queries: &[Query], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &Query> = BTreeMap::new();
    for query in queries {
        let name = crate::names::snake(&query.name);
        match seen.get(&name) {
            Some(first) => diagnostics.push(
                Diagnostic::error(format!("there are two queries named `{}`", query.name))
                    .at(query.name_span(), "the second")
                    .note(format!("the first, `{}`, is at {}", first.name, first.location()))
                    .help("rename one of them: each becomes a function of the file's module"),
            ),
            None => {
                seen.insert(name, query);
            }
        }
    }
}

impl Query {
    fn location(&self) -> String {
        let place = Diagnostic::error("").at(self.name_span(), "");
        place.location().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> (Parsed, Vec<String>) {
        parse_as(text, Unnamed::Mistake)
    }

    fn parse_as(text: &str, unnamed: Unnamed) -> (Parsed, Vec<String>) {
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: text.into() });
        let mut diagnostics = Vec::new();
        let parsed = parse(&file, unnamed, &mut diagnostics);
        (parsed, diagnostics.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_query_is_its_statement_without_comments_around_it() {
        let text = "-- name: A :one\n-- Doc.\nSELECT 1 -- in\n, 2;\n\n-- name: B :exec\nDELETE FROM b";
        let (parsed, errors) = parse_text(text);
        assert_eq!(errors, [""; 0]);
        let [a, b] = &parsed.queries[..] else { panic!("two queries") };
        assert_eq!((a.sql.as_str(), a.command), ("SELECT 1 -- in\n, 2", Command::One));
        assert_eq!(a.doc, ["Doc."]);
        assert_eq!((b.sql.as_str(), b.command), ("DELETE FROM b", Command::Exec));
    }

    #[test]
    fn comments_right_above_a_header_are_its_doc() {
        let text =
            "-- Licence.\n\n-- About A.\n--\n-- name: A :one\nSELECT 1; -- tail\n-- name: B :one\nSELECT 2;";
        let (parsed, errors) = parse_text(text);
        assert_eq!(errors, [""; 0]);
        assert_eq!(parsed.queries[0].doc, ["About A."]);
        assert_eq!(parsed.queries[1].doc, [""; 0]);
    }

    #[test]
    fn a_header_like_comment_inside_a_statement_is_a_comment() {
        let (parsed, errors) = parse_text("-- name: A :one\nSELECT 1,\n  -- name: of the car\n  2;");
        assert_eq!(errors, [""; 0]);
        assert_eq!(parsed.queries.len(), 1);
    }

    #[test]
    fn block_comments_may_be_headers() {
        let (parsed, errors) = parse_text("/* name: A :many */\nSELECT 1;");
        assert_eq!(errors, [""; 0]);
        assert_eq!(parsed.queries[0].command, Command::Many);
    }

    #[test]
    fn every_mistake_is_found_in_one_go() {
        let text = "SELECT 0;\n-- name: A :one\n-- name: B :one\nSELECT 1; SELECT 2;\n-- name: C :all\nSELECT 3;\n-- name: D :one\nSELECT 4;\n-- name: d :one\nSELECT 5;";
        let (_, errors) = parse_text(text);
        assert_eq!(
            errors,
            [
                "q.sql:5:12: unknown command `:all`",
                "q.sql:1:1: this statement has no header",
                "q.sql:2:10: query `A` has no SQL",
                "q.sql:4:11: query `B` has two statements",
                "q.sql:9:10: there are two queries named `d`",
            ]
        );
    }

    #[test]
    fn a_shared_file_keeps_its_schema() {
        let text = "CREATE TABLE t (id int);\n-- name: A :one\nSELECT 1;\nCREATE INDEX i ON t (id);";
        let (parsed, errors) = parse_as(text, Unnamed::Schema);
        assert_eq!(errors, [""; 0]);
        assert_eq!(&text[parsed.blocks[0].clone()], "-- name: A :one\nSELECT 1;");
    }
}
