//! Named parameters become `$1`, `$2`, ...: `@plate`, `sqlc.arg(plate)`, `sqlc.narg('plate')`; `IN (sqlc.slice(plates))` becomes
//! `= ANY ($1)`, and `sqlc.embed(cars)` becomes `cars.*`.
//!
//! Nothing else of the statement is touched, and every edit is kept so that positions lead back to the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{Token, TokenKind};
use crate::nearest::did_you_mean;
use crate::query::{Edit, EmbedSource, ParamSource, SourceMap};
use crate::source::SourceFile;

use super::{embed, slice};

/// A statement as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Rewritten {
    pub sql: String,
    pub params: Vec<ParamSource>,
    pub embeds: Vec<EmbedSource>,
    pub map: SourceMap,
}

/// A parameter or an embedded row in the file.
#[derive(Debug)]
struct Occurrence {
    range: Range<usize>,
    /// What else is replaced, if it is a list.
    list: Option<slice::List>,
    what: What,
}

#[derive(Debug)]
enum What {
    Numbered(u32),
    Named {
        key: String,
        name: String,
        narg: bool,
    },
    /// With the relation as it is sent.
    Embed(String),
}

const MACROS: [&str; 4] = ["arg", "narg", "slice", "embed"];

/// Rewrites one statement; none if it uses a macro that does not exist, which is reported.
pub(super) fn rewrite(
    file: &Arc<SourceFile>,
    tokens: &[Token],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Rewritten> {
    let occurrences = match occurrences(file, tokens) {
        Ok(occurrences) => occurrences,
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            return None;
        }
    };
    let numbers = number(&occurrences);
    let start = tokens.first()?.range.start;
    let end = tokens.last()?.range.end;
    let (mut sql, mut edits, mut embeds, mut copied) = (String::new(), Vec::new(), Vec::new(), start);
    for Occurrence { range, list, what } in &occurrences {
        let source = list.as_ref().map_or(range, |list| &list.range);
        let sent = match what {
            What::Numbered(_) => continue,
            What::Named { key, .. } => slice::sent(numbers[key], list.as_ref()),
            What::Embed(relation) => format!("{relation}.*"),
        };
        sql.push_str(&file.text[copied..source.start]);
        let from = sql.len();
        sql.push_str(&sent);
        edits.push(Edit { source: source.clone(), sent: from..sql.len() });
        if let What::Embed(_) = what {
            embeds.push(EmbedSource { range: range.clone(), sent: from });
        }
        copied = source.end;
    }
    sql.push_str(&file.text[copied..end]);
    let params = params(&occurrences, &numbers);
    Some(Rewritten { sql, params, embeds, map: SourceMap { start, edits } })
}

/// Names get the numbers that the statement does not use itself, in order of appearance.
fn number(occurrences: &[Occurrence]) -> BTreeMap<String, u32> {
    let taken: Vec<u32> = occurrences
        .iter()
        .filter_map(|occurrence| match occurrence.what {
            What::Numbered(number) => Some(number),
            What::Named { .. } | What::Embed(_) => None,
        })
        .collect();
    let mut free = (1..).filter(|number| !taken.contains(number));
    let mut numbers = BTreeMap::new();
    for occurrence in occurrences {
        if let What::Named { key, .. } = &occurrence.what {
            numbers
                .entry(key.clone())
                .or_insert_with(|| free.next().expect("there are more numbers than parameters"));
        }
    }
    numbers
}

fn params(occurrences: &[Occurrence], numbers: &BTreeMap<String, u32>) -> Vec<ParamSource> {
    let mut params: Vec<ParamSource> = Vec::new();
    for occurrence in occurrences {
        let (number, name, narg) = match &occurrence.what {
            What::Numbered(number) => (*number, None, false),
            What::Named { key, name, narg } => (numbers[key], Some(name), *narg),
            What::Embed(_) => continue,
        };
        // PostgreSQL allows 65,535 of them; a larger number is its to refuse.
        let Some(index) = (number as usize).checked_sub(1).filter(|index| *index < 65_535) else {
            continue;
        };
        if params.len() <= index {
            params.resize(index + 1, ParamSource::default());
        }
        let param = &mut params[index];
        if param.range.is_empty() {
            param.name = name.cloned();
            param.range = occurrence.range.clone();
        }
        param.narg |= narg;
    }
    params
}

fn occurrences(file: &Arc<SourceFile>, tokens: &[Token]) -> Result<Vec<Occurrence>, Box<Diagnostic>> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while let [token, following @ ..] = rest {
        let before = &tokens[..tokens.len() - rest.len()];
        rest = following;
        match &token.kind {
            TokenKind::Placeholder(number) => {
                let what = What::Numbered(*number);
                found.push(Occurrence { range: token.range.clone(), list: None, what });
            }
            TokenKind::At => {
                if let [name @ Token { kind: TokenKind::Word { quoted }, range }, after @ ..] = rest {
                    let what = named(name.text(&file.text), *quoted, false);
                    found.push(Occurrence { range: token.range.start..range.end, list: None, what });
                    rest = after;
                }
            }
            TokenKind::Word { quoted: false }
                if token.range.len() == 4 && token.text(&file.text).eq_ignore_ascii_case("sqlc") =>
            {
                if let Some(call) = macro_call(file, before, token, following)? {
                    found.push(call.occurrence);
                    rest = call.rest;
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Unquoted names are the same in any case, as identifiers are.
fn named(text: &str, quoted: bool, narg: bool) -> What {
    let key = if quoted { text.to_owned() } else { text.to_lowercase() };
    What::Named { key, name: text.to_owned(), narg }
}

struct MacroCall<'t> {
    occurrence: Occurrence,
    rest: &'t [Token],
}

/// Reads `.arg(name)` after `sqlc`; none if no call follows.
fn macro_call<'t>(
    file: &Arc<SourceFile>,
    before: &[Token],
    sqlc: &Token,
    following: &'t [Token],
) -> Result<Option<MacroCall<'t>>, Box<Diagnostic>> {
    let [Token { kind: TokenKind::Period, .. }, function, after @ ..] = following else {
        return Ok(None);
    };
    let TokenKind::Word { .. } = function.kind else { return Ok(None) };
    let function_name = function.text(&file.text);
    let after = skip_space(after);
    let [Token { kind: TokenKind::Open, .. }, inside @ ..] = after else { return Ok(None) };
    let close = inside.iter().position(|token| token.kind == TokenKind::Close);
    let error = |message: String, range: Range<usize>, help: &str| {
        Box::new(Diagnostic::error(message).at(Span::new(file, range), "").help(help))
    };
    let call = sqlc.range.start..function.range.end;
    let name = function_name.to_ascii_lowercase();
    if !MACROS.contains(&name.as_str()) {
        let message = format!("there is no macro `sqlc.{name}`");
        let near = did_you_mean(&name, MACROS).map(|help| help.replace(" `", " `sqlc."));
        let help = near.unwrap_or_else(|| {
            let all = MACROS.map(|name| format!("`sqlc.{name}`"));
            format!("the macros are {}", all.join(", "))
        });
        return Err(error(message, call, &help));
    }
    let Some(close) = close else {
        return Err(error("this macro call is not closed".into(), call, "add a `)`"));
    };
    let range = sqlc.range.start..inside[close].range.end;
    let (inside, rest) = (&inside[..close], &inside[close + 1..]);
    let one_name = || {
        let help = format!("write `sqlc.{name}(name)` or `sqlc.{name}('name')`");
        error(format!("`sqlc.{name}` takes one name"), range.clone(), &help)
    };
    if name == "embed" {
        let relation = embed::relation(&file.text, inside).ok_or_else(one_name)?;
        let occurrence = Occurrence { range, list: None, what: What::Embed(relation) };
        return Ok(Some(MacroCall { occurrence, rest }));
    }
    let (text, quoted) = argument(&file.text, inside).ok_or_else(one_name)?;
    let what = named(&text, quoted, name == "narg");
    if name != "slice" {
        return Ok(Some(MacroCall { occurrence: Occurrence { range, list: None, what }, rest }));
    }
    match slice::place(&file.text, before, rest) {
        Some(slice::Place { list, rest }) => {
            Ok(Some(MacroCall { occurrence: Occurrence { range, list, what }, rest }))
        }
        None => {
            let help = format!(
                "write `IN (sqlc.slice({text}))`, or `= ANY (sqlc.slice({text}))`; an array that is used in another way \
                 is `@{text}`"
            );
            Err(error("`sqlc.slice` has to be the whole list of an IN".into(), range, &help))
        }
    }
}

/// `name`, `'name'`, `"name"`, or `a.b`, which sqlc reads as `ab`.
fn argument(text: &str, tokens: &[Token]) -> Option<(String, bool)> {
    let parts: Vec<&Token> = tokens.iter().filter(|token| token.kind != TokenKind::Space).collect();
    let (first, rest) = parts.split_first()?;
    let quoted = match first.kind {
        TokenKind::Word { quoted } => quoted,
        TokenKind::String => true,
        _ => return None,
    };
    let name = first.text(text).to_owned();
    match rest {
        [] => Some((name, quoted)),
        [Token { kind: TokenKind::Period, .. }, part @ Token { kind: TokenKind::Word { .. }, .. }] => {
            Some((name + part.text(text), quoted))
        }
        _ => None,
    }
}

fn skip_space(tokens: &[Token]) -> &[Token] {
    let spaces = tokens.iter().take_while(|token| token.kind == TokenKind::Space).count();
    &tokens[spaces..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex;

    fn sent(sql: &str) -> (String, Vec<Option<String>>) {
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: sql.into() });
        let rewritten = rewrite(&file, &lex::tokens(sql).unwrap(), &mut Vec::new()).unwrap();
        (rewritten.sql, rewritten.params.into_iter().map(|param| param.name).collect())
    }

    fn refused(sql: &str) -> String {
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: sql.into() });
        let mut diagnostics = Vec::new();
        assert!(rewrite(&file, &lex::tokens(sql).unwrap(), &mut diagnostics).is_none());
        diagnostics[0].to_string()
    }

    #[test]
    fn names_are_numbered_in_order() {
        let (sql, names) = sent("a = @x AND b=@y::text AND c = @X AND d = sqlc.arg( 'z' )");
        assert_eq!(sql, "a = $1 AND b=$2::text AND c = $1 AND d = $3");
        assert_eq!(names, ["x", "y", "z"].map(|name| Some(name.to_owned())));
    }

    #[test]
    fn numbers_in_use_are_left_alone() {
        let (sql, names) = sent("SELECT @a, $2, sqlc.narg(b.c)");
        assert_eq!(sql, "SELECT $1, $2, $3");
        assert_eq!(names, [Some("a".to_owned()), None, Some("bc".to_owned())]);
    }

    #[test]
    fn strings_comments_and_operators_hold_no_parameters() {
        let sql = "SELECT '@a', \"@b\", $$ @c $$, tags <@ other, @ -5 -- @d\n/* sqlc.arg(e) */";
        assert_eq!(sent(sql), (sql.to_owned(), vec![]));
    }

    #[test]
    fn a_slice_is_an_array() {
        let (sql, names) =
            sent("a = $1 AND b IN (sqlc.slice(ids)) AND c not /* x */ in ( sqlc.slice('ids') )");
        assert_eq!(sql, "a = $1 AND b = ANY ($2) AND c <> ALL ($2)");
        assert_eq!(names, [None, Some("ids".to_owned())]);
        assert_eq!(sent("id = any(sqlc.slice(ids)::bigint[])").0, "id = any($1::bigint[])");
        let message = "q.sql:1:11: `sqlc.slice` has to be the whole list of an IN";
        for sql in
            ["a IN   (1, sqlc.slice(ids))", "a + b IN  (sqlc.slice(ids), 1)", "a = lower(sqlc.slice(ids))"]
        {
            let at = sql.find("sqlc").unwrap() + 1;
            assert_eq!(refused(sql), message.replace("11", &at.to_string()), "{sql}");
        }
    }

    #[test]
    fn an_embedded_row_is_all_columns_of_its_table() {
        let cases = [
            ("sqlc.embed(cars)", "cars.*"),
            ("sqlc.embed('Cars')", "\"Cars\".*"),
            ("sqlc.embed(\"my cars\")", "\"my cars\".*"),
            ("SQLC.Embed( fleet.cars )", "fleet.cars.*"),
        ];
        for (written, expected) in cases {
            let sql = format!("SELECT 'ä', {written}, $1");
            let file = Arc::new(SourceFile { path: "q.sql".into(), text: sql.clone() });
            let rewritten = rewrite(&file, &lex::tokens(&sql).unwrap(), &mut Vec::new()).unwrap();
            assert_eq!(rewritten.sql, format!("SELECT 'ä', {expected}, $1"));
            let [embed] = &rewritten.embeds[..] else { panic!("one") };
            assert_eq!(&rewritten.sql[embed.sent..][..expected.len()], expected);
            assert_eq!(&sql[embed.range.clone()], written);
            assert_eq!(rewritten.params.len(), 1);
        }
        assert_eq!(refused("SELECT sqlc.embed(a, b)"), "q.sql:1:8: `sqlc.embed` takes one name");
        assert_eq!(refused("SELECT sqlc.embed(a.*)"), "q.sql:1:8: `sqlc.embed` takes one name");
    }

    #[test]
    fn macros_that_do_not_exist_are_refused() {
        assert_eq!(refused("SELECT sqlc.argh(x)"), "q.sql:1:8: there is no macro `sqlc.argh`");
        assert_eq!(refused("SELECT sqlc.arg(x, y)"), "q.sql:1:8: `sqlc.arg` takes one name");
        assert_eq!(refused("SELECT sqlc.arg()"), "q.sql:1:8: `sqlc.arg` takes one name");
    }
}
