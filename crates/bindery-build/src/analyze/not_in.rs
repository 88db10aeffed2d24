//! NOT IN (SELECT ...) over columns that can be NULL.

use crate::catalog::Catalog;

use super::level::{Env, Level, Nullability};
use super::node::{Node, Value, unquoted};
use super::output::{Nulls, targets};
use super::{Given, params, sublink, with_given};

/// A NOT IN that a NULL would make useless.
pub(crate) struct NullableNotIn {
    /// In bytes of the text that was sent.
    pub location: usize,
    /// The column that can be NULL, by the name it has in the subquery.
    pub column: String,
}

/// The sublink of NOT IN and of `<> ALL`, which are the same.
fn is_not_in<'x, 'n>(expr: &'x Node<'n>) -> Option<&'x Node<'n>> {
    let negated = expr.name == "BOOLEXPR" && expr.word("boolop") == Some("not");
    let inner = if negated { expr.nodes("args").next()? } else { expr };
    let kind = if negated { sublink::ANY } else { sublink::ALL };
    let operator = if negated { "=" } else { "<>" };
    let is_operator = match inner.list("operName").last() {
        Some(Value::Word(name)) => unquoted(name) == operator,
        _ => false,
    };
    (inner.name == "SUBLINK" && inner.number("subLinkType") == Some(kind) && is_operator).then_some(inner)
}

/// Whether the user wrote any: few queries have one, and looking closer takes time.
pub(crate) fn has_not_in(query: &Node<'_>) -> bool {
    let mut found = false;
    query.walk(&mut |node| found |= is_not_in(node).is_some_and(|not_in| location(not_in).is_some()));
    found
}

fn location(not_in: &Node<'_>) -> Option<usize> {
    usize::try_from(not_in.number("location")?).ok()
}

/// Every one in `query`, at any depth, that the user wrote.
pub(crate) fn nullable_not_ins(query: &Node<'_>, catalog: &Catalog, given: &[Given]) -> Vec<NullableNotIn> {
    let params = with_given(params::analyze(query, catalog, given.len()), given);
    let nulls: Vec<Nulls> = params
        .iter()
        .zip(given)
        .map(|(param, given)| Nulls { value: param.nullable, elements: given.null_elements })
        .collect();
    let nullability = Nullability { catalog, params: &nulls, stored: None, caller: None };
    let mut found = Vec::new();
    nullability.not_ins(query, None, &mut found);
    found
}

impl Nullability<'_> {
    fn not_ins<'n>(&self, query: &'n Node<'n>, outer: Option<&Env<'_, 'n>>, found: &mut Vec<NullableNotIn>) {
        let level = Level::new(self, query, outer, &[]);
        let env = level.rows();
        let mut inside = Vec::new();
        query.walk_query(&mut |node| {
            let queries = ["subselect", "subquery", "ctequery"].iter().filter_map(|field| node.node(field));
            inside.extend(queries.filter(|node| node.name == "QUERY"));
            let Some(not_in) = is_not_in(node) else { return };
            let (Some(location), Some(subquery)) = (location(not_in), not_in.node("subselect")) else {
                return;
            };
            let columns = self.outputs(subquery, Some(&env));
            let mut nullable = targets(subquery).zip(columns).filter(|(_, nulls)| nulls.value);
            if let Some((target, _)) = nullable.next() {
                let column = target.text("resname").unwrap_or_default();
                found.push(NullableNotIn { location, column });
            }
        });
        inside
            .into_iter()
            .filter(|query| has_not_in(query))
            .for_each(|query| self.not_ins(query, Some(&env), found));
    }
}
