//! Named parameters become `$1`, `$2`, ...: `@plate`, `sqlc.arg(plate)`, `sqlc.narg('plate')`.
//!
//! Nothing else of the statement is touched, and every edit is kept so that positions lead back to the file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{Token, TokenKind};
use crate::nearest::did_you_mean;
use crate::query::{Edit, ParamSource, SourceMap};
use crate::source::SourceFile;

/// A statement as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Rewritten {
    pub sql: String,
    pub params: Vec<ParamSource>,
    pub map: SourceMap,
}

/// A parameter in the file.
#[derive(Debug)]
struct Occurrence {
    range: Range<usize>,
    what: What,
}

#[derive(Debug)]
enum What {
    Numbered(u32),
    Named { key: String, name: String, narg: bool },
}

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
    let (mut sql, mut edits, mut copied) = (String::new(), Vec::new(), start);
    for occurrence in &occurrences {
        let What::Named { key, .. } = &occurrence.what else { continue };
        sql.push_str(&file.text[copied..occurrence.range.start]);
        let from = sql.len();
        sql.push_str(&format!("${}", numbers[key]));
        edits.push(Edit { source: occurrence.range.clone(), sent: from..sql.len() });
        copied = occurrence.range.end;
    }
    sql.push_str(&file.text[copied..end]);
    let params = params(&occurrences, &numbers);
    Some(Rewritten { sql, params, map: SourceMap { start, edits } })
}

/// Names get the numbers that the statement does not use itself, in order of appearance.
fn number(occurrences: &[Occurrence]) -> BTreeMap<String, u32> {
    let taken: Vec<u32> = occurrences
        .iter()
        .filter_map(|occurrence| match occurrence.what {
            What::Numbered(number) => Some(number),
            What::Named { .. } => None,
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
        rest = following;
        match &token.kind {
            TokenKind::Placeholder(number) => {
                found.push(Occurrence { range: token.range.clone(), what: What::Numbered(*number) })
            }
            TokenKind::At => {
                if let [name @ Token { kind: TokenKind::Word { quoted }, range }, after @ ..] = rest {
                    let what = named(name.text(&file.text), *quoted, false);
                    found.push(Occurrence { range: token.range.start..range.end, what });
                    rest = after;
                }
            }
            TokenKind::Word { quoted: false }
                if token.range.len() == 4 && token.text(&file.text).eq_ignore_ascii_case("sqlc") =>
            {
                if let Some(call) = macro_call(file, token, following)? {
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
    let narg = match function_name.to_ascii_lowercase().as_str() {
        "arg" => false,
        "narg" => true,
        name @ ("embed" | "slice") => {
            let message = format!("`sqlc.{name}` is not supported yet");
            let help = if name == "slice" { "write `= ANY(@ids)`" } else { "list the columns" };
            return Err(error(message, call, help));
        }
        name => {
            let message = format!("there is no macro `sqlc.{name}`");
            let near = did_you_mean(name, ["arg", "narg"]).map(|help| help.replace(" `", " `sqlc."));
            let help = near.as_deref().unwrap_or("the macros are `sqlc.arg` and `sqlc.narg`");
            return Err(error(message, call, help));
        }
    };
    let Some(close) = close else {
        return Err(error("this macro call is not closed".into(), call, "add a `)`"));
    };
    let range = sqlc.range.start..inside[close].range.end;
    let what = match argument(&file.text, &inside[..close]) {
        Some((text, quoted)) => named(&text, quoted, narg),
        None => {
            let message = format!("`sqlc.{function_name}` takes one name");
            return Err(error(message, range, "write `sqlc.arg(name)` or `sqlc.arg('name')`"));
        }
    };
    let occurrence = Occurrence { range, what };
    Ok(Some(MacroCall { occurrence, rest: &inside[close + 1..] }))
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
    fn macros_that_do_not_exist_are_refused() {
        assert_eq!(refused("SELECT sqlc.argh(x)"), "q.sql:1:8: there is no macro `sqlc.argh`");
        assert_eq!(refused("SELECT sqlc.arg(x, y)"), "q.sql:1:8: `sqlc.arg` takes one name");
        assert_eq!(refused("SELECT sqlc.arg()"), "q.sql:1:8: `sqlc.arg` takes one name");
    }
}
