//! Every statement that a query with optional parts may be.
//!
//! In go the fragments and the statement with all of them, out comes a text for each choice, whose parameters are
//! numbered without gaps and whose edits lead back to the file.

mod check;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::dynamic::{Dynamic, DynamicParam, Filter, Sent, Variant};
use crate::lex::Token;
use crate::query::{Edit, EmbedSource, ParamSource, Query, SourceMap, Target};
use crate::source::SourceFile;

use super::fragments::{Fragment, Kind, error};
use super::params::Rewritten;

pub(super) use check::refuse_items;

/// What the marks of a statement say.
pub(super) struct Choices {
    text: Range<usize>,
    filters: Vec<Filter>,
    orders: Vec<Filter>,
    params: Vec<DynamicParam>,
    /// Each of another text, with the first choice that picks it.
    texts: Vec<(Rewritten, Vec<usize>, usize)>,
    statements: Vec<usize>,
}

/// A statement with all that is optional in it.
struct Template<'t> {
    file: &'t Arc<SourceFile>,
    rewritten: &'t Rewritten,
    /// Where it ends in the file.
    end: usize,
    fragments: &'t [Fragment],
    filters: Vec<Filter>,
    orders: Vec<Filter>,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Outside,
    Filter(usize),
    Order(usize),
}

/// Writes down all statements; none if something is wrong, which is reported.
pub(super) fn choices(
    file: &Arc<SourceFile>,
    significant: &[Token],
    fragments: &[Fragment],
    rewritten: &Rewritten,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Choices> {
    let before = diagnostics.len();
    let named = |kind| named(fragments.iter().filter(move |fragment| fragment.kind == kind));
    let (filters, orders) = (named(Kind::If), named(Kind::Order));
    let end = significant.last()?.range.end;
    let template = Template { file, rewritten, end, fragments, filters, orders };
    template.check_orders(significant, diagnostics);
    check::numbered(file, significant, diagnostics);
    let params = template.params(diagnostics);
    template.check_names(&params, diagnostics);
    let choices = template.count(diagnostics)?;
    if diagnostics.len() > before {
        return None;
    }
    let mut of_text: BTreeMap<String, usize> = BTreeMap::new();
    let (mut texts, mut statements) = (Vec::new(), Vec::with_capacity(choices));
    for choice in 0..choices {
        let (text, sent) = template.text(choice, &params);
        if text.sql.is_empty() {
            let message = "without what is optional nothing is left of the statement";
            let help = "write each optional part on a line of its own, below what is always sent";
            diagnostics.push(error(file, &fragments[0].name_range, message, help));
            return None;
        }
        let index = *of_text.entry(text.sql.clone()).or_insert(texts.len());
        if index == texts.len() {
            texts.push((text, sent, choice));
        }
        statements.push(index);
    }
    let text = rewritten.map.start..fragments.iter().fold(end, |end, fragment| end.max(fragment.mark_end));
    let Template { filters, orders, .. } = template;
    Some(Choices { text, filters, orders, params, texts, statements })
}

/// The names in order of appearance, which are the same in any case, as those of parameters are.
fn named<'f>(fragments: impl Iterator<Item = &'f Fragment>) -> Vec<Filter> {
    let mut named: Vec<Filter> = Vec::new();
    for Fragment { name, name_range, .. } in fragments {
        if !named.iter().any(|filter| is_same(&filter.name, name)) {
            named.push(Filter { name: name.clone(), range: name_range.clone() });
        }
    }
    named
}

fn is_same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

impl Template<'_> {
    /// All parameters with what decides whether they are sent.
    fn params(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<DynamicParam> {
        let mut places: Vec<Vec<Place>> = self.rewritten.params.iter().map(|_| Vec::new()).collect();
        for edit in &self.rewritten.map.edits {
            let place = self.place(edit.source.start);
            for number in numbers(&self.rewritten.sql[edit.sent.clone()]) {
                places[number - 1].push(place);
            }
        }
        let described = self.rewritten.params.iter().zip(places);
        let mut params: Vec<DynamicParam> = described
            .map(|(source, mut places)| {
                places.sort();
                places.dedup();
                let sent = self.sent(source, &places, diagnostics);
                DynamicParam { source: source.clone(), sent }
            })
            .collect();
        // The whole statement's keep their order.
        params.sort_by_key(|param| matches!(&param.sent, Sent::Ordered(orders) if !orders.contains(&0)));
        params
    }

    fn place(&self, at: usize) -> Place {
        let Some(fragment) = self.fragments.iter().find(|fragment| fragment.lines.contains(&at)) else {
            return Place::Outside;
        };
        let position = |all: &[Filter]| all.iter().position(|filter| is_same(&filter.name, &fragment.name));
        match fragment.kind {
            Kind::If => position(&self.filters).map_or(Place::Outside, Place::Filter),
            Kind::Order => position(&self.orders).map_or(Place::Outside, Place::Order),
        }
    }

    fn sent(&self, source: &ParamSource, places: &[Place], diagnostics: &mut Vec<Diagnostic>) -> Sent {
        let orders = places.iter().map(|place| match place {
            Place::Order(order) => Some(*order),
            _ => None,
        });
        match places {
            [] | [Place::Outside, ..] => Sent::Always,
            [Place::Filter(filter)] => Sent::With(*filter),
            _ => match orders.collect::<Option<Vec<usize>>>() {
                Some(orders) if orders.len() == self.orders.len() => Sent::Always,
                Some(orders) => Sent::Ordered(orders),
                None => {
                    diagnostics.push(self.shared(source, places));
                    match places[0] {
                        Place::Filter(filter) => Sent::With(filter),
                        Place::Outside | Place::Order(_) => Sent::Always,
                    }
                }
            },
        }
    }

    /// The statement of a choice, and which of the parameters it has.
    fn text(&self, choice: usize, params: &[DynamicParam]) -> (Rewritten, Vec<usize>) {
        let sent = |param: &usize| params[*param].is_sent(choice, self.filters.len());
        let sent: Vec<usize> = (0..params.len()).filter(sent).collect();
        let numbered = |old: usize| {
            let source = &self.rewritten.params[old - 1];
            sent.iter().position(|param| params[*param].source == *source).map_or(0, |index| index + 1)
        };
        let (mut sql, mut edits, mut copied) = (String::new(), Vec::new(), self.rewritten.map.start);
        let mut embeds = Vec::new();
        for (source, text) in self.changes(choice) {
            if source.start < copied {
                // It is in a fragment that is left out.
                continue;
            }
            sql.push_str(&self.file.text[copied..source.start]);
            let from = sql.len();
            sql.push_str(&renumbered(text, numbered));
            copied = source.end;
            if self.rewritten.embeds.iter().any(|embed| embed.range == source) {
                embeds.push(EmbedSource { range: source.clone(), sent: from });
            }
            edits.push(Edit { source, sent: from..sql.len() });
        }
        sql.push_str(&self.file.text[copied.min(self.end)..self.end]);
        sql.truncate(sql.trim_end().len());
        let map = SourceMap { start: self.rewritten.map.start, edits };
        let sources = sent.iter().map(|param| params[*param].source.clone()).collect();
        (Rewritten { sql, params: sources, embeds, map }, sent)
    }

    /// What is not sent as it stands in the file, in order, with what is sent.
    fn changes(&self, choice: usize) -> Vec<(Range<usize>, &str)> {
        let is_sent = |fragment: &Fragment| match self.place(fragment.lines.start) {
            Place::Outside => true,
            Place::Filter(filter) => Dynamic::has_filter(choice, filter),
            Place::Order(order) => choice >> self.filters.len() == order,
        };
        let cut = self.fragments.iter().flat_map(|fragment| match is_sent(fragment) {
            true => fragment.marks.clone(),
            false => vec![fragment.lines.clone()],
        });
        let rewritten = self.rewritten;
        let edits =
            rewritten.map.edits.iter().map(|edit| (edit.source.clone(), &rewritten.sql[edit.sent.clone()]));
        let mut changes: Vec<(Range<usize>, &str)> = cut.map(|range| (range, "")).chain(edits).collect();
        changes.sort_by_key(|(source, _)| (source.start, std::cmp::Reverse(source.end)));
        changes
    }
}

/// The numbers of the parameters in what a parameter was replaced by.
fn numbers(text: &str) -> impl Iterator<Item = usize> {
    text.split('$').skip(1).filter_map(|part| digits(part).parse().ok())
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

fn renumbered(text: &str, numbered: impl Fn(usize) -> usize) -> String {
    let mut parts = text.split('$');
    let mut renumbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        renumbered.push('$');
        let number = digits(part);
        match number.parse() {
            Ok(old) => renumbered.push_str(&numbered(old).to_string()),
            Err(_) => renumbered.push_str(number),
        }
        renumbered.push_str(&part[number.len()..]);
    }
    renumbered
}

impl Choices {
    /// What the answers depend on.
    pub fn hashed(&self) -> String {
        let names = self.filters.iter().chain(&self.orders).map(|filter| filter.name.as_str());
        let texts = self.texts.iter().map(|(text, ..)| text.sql.as_str());
        names.chain(texts).collect::<Vec<_>>().join(";\n")
    }

    /// The statement with all filters, in the default ordering.
    pub fn whole(&self) -> Rewritten {
        let whole = self.statements[(1 << self.filters.len()) - 1];
        self.texts[whole].0.clone()
    }

    /// A query for each statement, as `whole` but for what the statement has not.
    pub fn into_dynamic(self, whole: &Query) -> Dynamic {
        let has_all = |rewritten: &Rewritten| rewritten.sql == whole.sql;
        let is_known =
            |name: &str| self.params.iter().any(|param| param.source.name.as_deref() == Some(name));
        let variant = |(rewritten, params, choice): (Rewritten, Vec<usize>, usize)| {
            let mut query = whole.clone();
            let has = |name: &str| rewritten.params.iter().any(|param| param.name.as_deref() == Some(name));
            // What no statement has is told of the whole one.
            query.overrides.retain(|rule| match rule.target {
                Target::Param => has(&rule.name) || has_all(&rewritten) && !is_known(&rule.name),
                Target::Column => true,
            });
            let Rewritten { sql, params: sources, embeds, map } = rewritten;
            (query.sql, query.params, query.embeds, query.map) = (sql, sources, embeds, map);
            Variant { query, params, choice }
        };
        let variants = self.texts.into_iter().map(variant).collect();
        let orders = self.orders.into_iter().map(|order| order.name).collect();
        let Self { text, filters, params, statements, .. } = self;
        Dynamic { text, filters, orders, params, variants, statements }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Unnamed, parse};

    fn query(sql: &str) -> Query {
        let text = format!("-- name: Q :exec\n{sql}");
        let file = Arc::new(SourceFile { path: "q.sql".into(), text: text.as_str().into() });
        let mut diagnostics = Vec::new();
        let parsed = parse(&file, Unnamed::Mistake, &mut diagnostics);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        parsed.queries.into_iter().next().unwrap()
    }

    fn sent(sql: &str) -> Vec<String> {
        query(sql).statements().map(|query| query.sql.clone()).collect()
    }

    #[test]
    fn lines_are_there_or_not_and_numbers_have_no_gaps() {
        let sql = "SELECT @a\n  , @b -- @if b\nFROM t -- all\nWHERE x = @c AND y = @a;";
        assert_eq!(
            sent(sql),
            [
                "SELECT $1\nFROM t -- all\nWHERE x = $2 AND y = $1",
                "SELECT $1\n  , $2\nFROM t -- all\nWHERE x = $3 AND y = $1"
            ]
        );
    }

    #[test]
    fn blocks_and_marks_behind_the_semicolon_are_read() {
        let sql = "DELETE FROM t\r\nWHERE true\r\n  --@if a \r\n  AND x\r\n  > @a\r\n  -- @end\r\n  AND y = @b; -- @if b\r\n";
        assert_eq!(
            sent(sql),
            [
                "DELETE FROM t\r\nWHERE true",
                "DELETE FROM t\r\nWHERE true\r\n  AND x\r\n  > $1",
                "DELETE FROM t\r\nWHERE true\r\n  AND y = $1",
                "DELETE FROM t\r\nWHERE true\r\n  AND x\r\n  > $1\r\n  AND y = $2",
            ]
        );
    }

    #[test]
    fn one_of_the_orderings_is_sent() {
        let sql = "SELECT\nFROM t\nORDER BY a -- @order a\n-- @order near\nORDER BY\n  a - @x\n-- @end\nLIMIT @most";
        let query = query(sql);
        let dynamic = query.dynamic.as_ref().unwrap();
        let params = dynamic.params.iter().map(|param| (param.source.name.as_deref(), &param.sent));
        let expected = [(Some("most"), &Sent::Always), (Some("x"), &Sent::Ordered(vec![1]))];
        assert_eq!(params.collect::<Vec<_>>(), expected);
        let sent: Vec<&str> = query.statements().map(|query| query.sql.as_str()).collect();
        let first = "SELECT\nFROM t\nORDER BY a\nLIMIT $1";
        // It is the second of all, and so it is in every statement that has it.
        assert_eq!(sent, [first, "SELECT\nFROM t\nORDER BY\n  a - $2\nLIMIT $1"]);
        assert_eq!(query.sql, first);
    }

    #[test]
    fn equal_texts_are_one_statement() {
        let query = query("SELECT 1 WHERE true\nAND a -- @if x\nAND a -- @if y");
        let dynamic = query.dynamic.as_ref().unwrap();
        assert_eq!((dynamic.variants.len(), &dynamic.statements[..]), (3, &[0, 1, 1, 2][..]));
        let told: Vec<String> = (0..4).map(|choice| dynamic.told(choice)).collect();
        assert_eq!(told, ["without any filter", "without `y`", "without `x`", "with all filters"]);
    }

    #[test]
    fn positions_lead_back_to_the_file() {
        let query = query(
            "SELECT ä\nFROM t WHERE a = @a\n  AND b = @b -- @if b\nORDER BY oh -- @order o\nORDER BY no -- @order n",
        );
        let text = &query.file.text;
        for statement in query.statements() {
            for word in ["ä", "a =", "b =", "ORDER", "oh", "no"] {
                let Some(byte) = statement.sql.find(word) else { continue };
                let position = statement.sql[..byte].chars().count() + 1;
                let found = statement.span_of(position as u32).range.start;
                assert!(text[found..].starts_with(word), "{word} in {}: {}", statement.sql, &text[found..]);
                assert_eq!(
                    statement.position_of(found),
                    Some(position as u32),
                    "{word} in {}",
                    statement.sql
                );
            }
        }
    }

    #[test]
    fn texts_without_marks_are_sent_as_they_are() {
        let sql = "SELECT 1 -- @iffy only\n, '-- @if a\n' -- if a\n, 2 /* @if b */ -- see @if\nFROM t";
        assert!(query(sql).dynamic.is_none());
        assert_eq!(sent(sql), [sql]);
    }
}
