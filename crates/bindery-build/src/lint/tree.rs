//! What the tree of a query tells: the rules over it are pure functions.
//!
//! Only what the user wrote in the query counts. What comes from a view, a default or a policy has no place in the text
//! (`:location -1`), and what a rule of the database puts beside the query is a query of its own.

use std::cell::{Cell, OnceCell};

use crate::analyze::node::{Node, Value};
use crate::analyze::{self, Given};
use crate::catalog::Catalog;
use crate::lex::{self, Token};

use super::{Finding, Rule, cast, null, star, whole_table};

/// A query's text and tree, and what is known besides.
pub(super) struct Place<'p> {
    pub sql: &'p str,
    pub catalog: &'p Catalog,
    /// How many queries were looked at for a `*`.
    pub looks: Cell<u32>,
    tokens: OnceCell<Vec<Token>>,
}

/// Everything that is found in a query, in the order of its text; `given` has what the user says of each parameter.
pub(crate) fn in_tree(sql: &str, tree: &Value<'_>, catalog: &Catalog, given: &[Given]) -> Vec<Finding> {
    let queries = match tree {
        Value::List(queries) => queries.as_slice(),
        single => std::slice::from_ref(single),
    };
    let queries = queries.iter().filter_map(Value::as_node);
    let Some(query) = queries.filter(|query| is_original(query)).find(|query| query.name == "QUERY") else {
        return Vec::new();
    };
    let place = Place { sql, catalog, looks: Cell::new(0), tokens: OnceCell::new() };
    let mut findings = whole_table::find(&place, query);
    // Trees are long and build scripts are not optimised: where the text lacks the word, nothing can be found.
    if sql.contains('*') {
        star::find(&place, query, &mut findings);
    }
    let sql = sql.to_ascii_lowercase();
    if sql.contains("null") {
        null::find_comparisons(&place, query, &mut findings);
    }
    let may_have_not_in = sql.contains("select") && (sql.contains("not") || sql.contains("all"));
    if may_have_not_in && analyze::has_not_in(query) {
        let found = analyze::nullable_not_ins(query, catalog, given);
        findings.extend(found.into_iter().map(|found| {
            let at = place.character(found.location);
            Finding { at, rule: Rule::NotInNullable, subject: found.column }
        }));
    }
    cast::find(&place, query, &mut findings);
    findings.sort();
    findings.dedup();
    findings
}

/// `QSRC_ORIGINAL` of PostgreSQL's `parsenodes.h`, as against what a rule has added.
fn is_original(query: &Node<'_>) -> bool {
    query.number("querySource") == Some(0)
}

/// Where a node stands, in bytes, if the user wrote it.
pub(super) fn location(node: &Node<'_>) -> Option<usize> {
    usize::try_from(node.number("location")?).ok()
}

/// Whether the user wrote any of it.
pub(super) fn is_written(node: &Node<'_>) -> bool {
    let mut is_written = false;
    node.walk(&mut |node| is_written |= location(node).is_some());
    is_written
}

/// The name that the query knows an entry of the range table by.
pub(super) fn entry_name(entry: &Node<'_>) -> String {
    entry.node("eref").and_then(|alias| alias.text("aliasname")).unwrap_or_default()
}

impl Place<'_> {
    /// Without white space and comments.
    pub fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| {
            let tokens = lex::tokens(self.sql).unwrap_or_default().into_iter();
            tokens.filter(|token| !token.is_blank()).collect()
        })
    }

    /// A position in bytes as [`Query::span_of`](crate::query::Query::span_of) takes it.
    pub fn character(&self, byte: usize) -> Option<u32> {
        let before = self.sql.get(..byte)?.chars().count();
        u32::try_from(before + 1).ok()
    }

    pub fn text(&self, token: &Token) -> &str {
        &self.sql[token.range.clone()]
    }

    /// Whether the token is this keyword.
    pub fn is(&self, index: usize, keyword: &str) -> bool {
        self.tokens().get(index).is_some_and(|token| self.text(token).eq_ignore_ascii_case(keyword))
    }
}
