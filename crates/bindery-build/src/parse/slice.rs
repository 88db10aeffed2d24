//! Where `sqlc.slice(ids)` may stand, and what is sent for it: an array, whatever its length.

use std::ops::Range;

use crate::lex::{Token, TokenKind};

/// `[NOT] IN (sqlc.slice(ids))`, which no parameter can be the list of.
#[derive(Debug)]
pub(super) struct List {
    /// From `IN`, or `NOT`, to the closing bracket.
    pub range: Range<usize>,
    is_negated: bool,
}

/// Where a slice stands.
pub(super) struct Place<'t> {
    /// None inside of `ANY (...)`, where an array may stand.
    pub list: Option<List>,
    /// The tokens that come next.
    pub rest: &'t [Token],
}

/// Looks at what stands around a slice; none if it is no list.
pub(super) fn place<'t>(text: &str, before: &[Token], after: &'t [Token]) -> Option<Place<'t>> {
    let mut before = before.iter().rev().filter(|token| !token.is_blank());
    before.next().filter(|token| token.kind == TokenKind::Open)?;
    let is_word = |token: &Token, words: &[&str]| {
        let found = token.text(text);
        token.kind == TokenKind::Word { quoted: false }
            && words.iter().any(|word| found.eq_ignore_ascii_case(word))
    };
    let operator = before.next()?;
    if is_word(operator, &["ANY", "ALL", "SOME"]) {
        return Some(Place { list: None, rest: after });
    }
    if !is_word(operator, &["IN"]) {
        return None;
    }
    let close = after.iter().position(|token| !token.is_blank())?;
    if after[close].kind != TokenKind::Close {
        return None;
    }
    let not = before.next().filter(|token| is_word(token, &["NOT"]));
    let start = not.unwrap_or(operator).range.start;
    let list = List { range: start..after[close].range.end, is_negated: not.is_some() };
    Some(Place { list: Some(list), rest: &after[close + 1..] })
}

/// What is sent for the parameter `$number`.
pub(super) fn sent(number: u32, list: Option<&List>) -> String {
    match list {
        None => format!("${number}"),
        Some(List { is_negated: false, .. }) => format!("= ANY (${number})"),
        Some(List { is_negated: true, .. }) => format!("<> ALL (${number})"),
    }
}
