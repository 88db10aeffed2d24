//! NULL, parameter names and row counts, from the tree that the server sends: pure functions over text and facts.
//!
//! A column is non-null only where that is proven by a rule in one of these modules; a node that no rule knows makes it
//! nullable. No rule depends on data, statistics or plans.

mod aggregate;
mod at_least_one;
mod at_most_one;
mod column;
pub(crate) mod constant;
mod elements;
mod embeds;
mod expr;
mod fact;
mod functions;
mod grouping;
mod joins;
pub(crate) mod key;
pub(crate) mod level;
pub(crate) mod node;
mod not_in;
mod output;
mod params;
mod read_only;
pub(crate) mod reason;
mod relation;
mod sql_function;
mod type_of;
mod whole_rows;

use crate::catalog::Catalog;
use crate::lint::Finding;

pub(crate) use at_most_one::UnmetKeys;
pub(crate) use embeds::{EmbedPlace, NoEmbed};
use level::Nullability;
use node::{Node, Value};
pub(crate) use not_in::{has_not_in, nullable_not_ins};
pub(crate) use output::{Nulls, targets};

/// `CmdType` of PostgreSQL's `nodes.h`.
pub(crate) mod command {
    pub const SELECT: i64 = 1;
    pub const UPDATE: i64 = 2;
    pub const INSERT: i64 = 3;
    pub const DELETE: i64 = 4;
    pub const MERGE: i64 = 5;
}

/// `JoinType` of PostgreSQL's `nodes.h`.
mod join_type {
    pub const INNER: i64 = 0;
    pub const LEFT: i64 = 1;
    pub const FULL: i64 = 2;
    pub const RIGHT: i64 = 3;
}

/// `SetOperation` of PostgreSQL's `parsenodes.h`.
mod set_operation {
    pub const UNION: i64 = 1;
    pub const INTERSECT: i64 = 2;
}

/// `SubLinkType` of PostgreSQL's `primnodes.h`.
mod sublink {
    pub const EXISTS: i64 = 0;
    pub const ALL: i64 = 1;
    pub const ANY: i64 = 2;
    pub const ROW_COMPARE: i64 = 3;
    pub const EXPR: i64 = 4;
    pub const ARRAY: i64 = 6;
}

/// `JsonConstructorType`, `JsonExprOp` and `JsonBehaviorType` of PostgreSQL's `primnodes.h`.
mod json {
    pub const OBJECT: i64 = 1;
    pub const ARRAY: i64 = 2;
    pub const EXISTS: i64 = 0;
    pub const UNKNOWN_ON_ERROR: i64 = 5;
}

/// MERGE.
mod merge {
    use super::Node;

    /// `MergeMatchKind` of PostgreSQL's `primnodes.h`, since 17.
    pub const NOT_MATCHED_BY_SOURCE: i64 = 1;

    pub fn actions<'x, 'n>(query: &'x Node<'n>) -> impl Iterator<Item = &'x Node<'n>> {
        query.nodes("mergeActionList")
    }
}

/// What the tree of a statement tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Analysis {
    /// Where NULLs can come in each result column; anywhere in one that is missing here.
    pub columns: Vec<Nulls>,
    /// The OID of each result column's type, a domain's too, where the tree has it.
    pub types: Vec<Option<u32>>,
    /// The table of which the values of each result column, or their elements, are rows; none that is missing here.
    pub whole_rows: Vec<Option<u32>>,
    /// `$1` first.
    pub params: Vec<ParamAnalysis>,
    /// Whether more than one row is impossible.
    pub at_most_one_row: bool,
    /// If it is not: the relations of which more than one row may take part.
    pub unmet_keys: Vec<UnmetKeys>,
    /// Whether a standby can answer it.
    pub read_only: bool,
    /// The tables and views that it touches, `public.cars`; sorted.
    pub relations: Vec<String>,
    /// What the lint found, in the order of the text.
    pub findings: Vec<Finding>,
    /// The rows among the columns.
    pub embeds: Vec<EmbedPlace>,
    /// The number of an embed that is none, and why.
    pub mistaken_embed: Option<(usize, NoEmbed)>,
}

/// What the tree tells of a parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ParamAnalysis {
    /// The column that it is compared with or assigned to.
    pub name: Option<String>,
    /// The column that it is assigned to or equals, as relation and number.
    pub column: Option<(u32, i16)>,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether it may be NULL if the user says nothing of it.
    pub inferred_nullable: bool,
}

/// What the user says of a parameter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given {
    /// Whether it may be NULL, if that is said.
    pub nullable: Option<bool>,
    /// Whether elements of an array may be NULL; a slice of values has none.
    pub null_elements: bool,
}

/// Analyses the tree of a statement with `given.len()` parameters; `given` has what the user says of each.
///
/// A tree that could not be read proves nothing.
pub(crate) fn analyze(tree: Option<&Value<'_>>, catalog: &Catalog, given: &[Given]) -> Analysis {
    let unread = vec![ParamAnalysis::default(); given.len()];
    let Some(query) = tree.and_then(result_query) else {
        return Analysis { params: with_given(unread, given), ..Analysis::default() };
    };
    let params = with_given(params::analyze(query, catalog, given.len()), given);
    let nulls = nulls_of(&params, given);
    let nullability = Nullability { catalog, params: &nulls, stored: None, caller: None };
    let columns = nullability.outputs(query, None);
    // A rule may add statements of its own, and the rows of all are counted.
    let at_most_one_row = tree.is_some_and(is_alone) && at_most_one::at_most_one(query, catalog);
    let unmet_keys = if at_most_one_row { Vec::new() } else { at_most_one::unmet_keys(query, catalog) };
    let types = targets(query).map(|target| target.node("expr").and_then(type_of::type_of)).collect();
    let whole_rows = match has_whole_rows(query) {
        true => nullability.whole_rows(query, None),
        false => Vec::new(),
    };
    let relations = tree.map(|tree| catalog.touched(tree)).unwrap_or_default();
    let read_only = tree.is_some_and(|tree| read_only::is_read_only(tree, catalog));
    Analysis {
        columns,
        types,
        whole_rows,
        params,
        at_most_one_row,
        unmet_keys,
        read_only,
        relations,
        ..Analysis::default()
    }
}

/// Whether a whole row of a relation stands in it, as in few queries.
fn has_whole_rows(query: &Node<'_>) -> bool {
    let mut found = false;
    query.walk(&mut |node| found |= node.name == "VAR" && node.number("varattno") == Some(0));
    found
}

/// Finds the rows that are embedded by a `*` at each of these bytes of the text, in addition.
pub(crate) fn find_embeds(
    analysis: &mut Analysis,
    tree: Option<&Value<'_>>,
    catalog: &Catalog,
    given: &[Given],
    stars: &[usize],
) {
    match embeds::find(tree, catalog, given, stars) {
        Ok(embeds) => analysis.embeds = embeds,
        Err(mistake) => analysis.mistaken_embed = Some(mistake),
    }
}

/// The query whose result is the statement's: the last that may set the command tag, since rules can put others beside it.
fn result_query<'x, 'n>(tree: &'x Value<'n>) -> Option<&'x Node<'n>> {
    let queries = match tree {
        Value::Node(_) => std::slice::from_ref(tree),
        Value::List(queries) => queries,
        Value::Word(_) => return None,
    };
    let mut queries = queries.iter().filter_map(Value::as_node).filter(|query| query.name == "QUERY");
    queries.rfind(|query| query.is_true("canSetTag"))
}

/// Whether no rule puts statements beside it.
fn is_alone(tree: &Value<'_>) -> bool {
    !matches!(tree, Value::List(queries) if queries.len() > 1)
}

/// Where NULLs can come in parameters.
fn nulls_of(params: &[ParamAnalysis], given: &[Given]) -> Vec<Nulls> {
    let pairs = params.iter().zip(given);
    pairs.map(|(param, given)| Nulls { value: param.nullable, elements: given.null_elements }).collect()
}

fn with_given(params: Vec<ParamAnalysis>, given: &[Given]) -> Vec<ParamAnalysis> {
    let paired = params.into_iter().zip(given);
    paired
        .map(|(param, given)| ParamAnalysis {
            nullable: given.nullable.unwrap_or(param.nullable),
            inferred_nullable: param.nullable,
            ..param
        })
        .collect()
}

/// The range table's entry of this number, counted from 1.
pub(crate) fn range_table_entry<'n, 't>(query: &'n Node<'t>, number: i64) -> Option<&'n Node<'t>> {
    query.nodes("rtable").nth(usize::try_from(number).ok()?.checked_sub(1)?)
}

/// The CTE of `query` that a range table's entry refers to.
pub(crate) fn cte_of<'x, 'n>(query: &'x Node<'n>, entry: &Node<'_>) -> Option<&'x Node<'n>> {
    let name = entry.word("ctename");
    query.nodes("cteList").find(|cte| cte.word("ctename") == name)
}

/// What each row of a VALUES list has in a column, counted from 0.
fn values_of_column<'x, 'n>(entry: &'x Node<'n>, index: usize) -> impl Iterator<Item = Option<&'x Node<'n>>> {
    entry.list("values_lists").iter().map(move |row| match row {
        Value::List(row) => row.get(index)?.as_node(),
        _ => None,
    })
}

/// The column that the server casts for being compared, unless its type is only called by another name.
pub(crate) fn cast_column<'x, 'n>(expr: &'x Node<'n>) -> Option<&'x Node<'n>> {
    /// `COERCE_IMPLICIT_CAST` of PostgreSQL's `primnodes.h`.
    const IMPLICIT: i64 = 2;
    /// The OID of `varchar`, for which the operators and indexes of `text` serve.
    const VARCHAR: u32 = 1043;
    let is_implicit = |field| expr.number(field) == Some(IMPLICIT);
    let inner = match expr.name {
        "FUNCEXPR" if is_implicit("funcformat") => expr.nodes("args").next()?,
        "RELABELTYPE" if is_implicit("relabelformat") => expr.node("arg")?,
        _ => return None,
    };
    let inner = if inner.name == "RELABELTYPE" { inner.node("arg")? } else { inner };
    let is_renamed = expr.name == "RELABELTYPE" && inner.oid("vartype") == Some(VARCHAR);
    (inner.name == "VAR" && !is_renamed).then_some(inner)
}

/// IS NOT NULL, as against IS NULL.
pub(crate) fn is_not_null_test(test: &Node<'_>) -> bool {
    test.name == "NULLTEST" && test.number("nulltesttype") == Some(1)
}

#[cfg(test)]
mod tests;
