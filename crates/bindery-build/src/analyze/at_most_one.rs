//! Whether a statement can never return two rows, and if it can, which unique keys would have to be met.

use std::collections::HashSet;

use crate::catalog::{Catalog, KeyPart, Relation, UniqueKey};

use super::joins::relations;
use super::key::{Column, canonical};
use super::level::entry_kind;
use super::node::{Node, Value};
use super::{command, constant, cte_of, join_type, range_table_entry};

/// A relation of which a query may meet more than one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnmetKeys {
    /// Its alias, or its name.
    pub relation: String,
    /// The columns of each of its unique keys, the primary key first.
    pub keys: Vec<Vec<String>>,
}

impl UnmetKeys {
    /// `cars (id)`, a line a key.
    pub fn shown(&self) -> Vec<String> {
        self.keys.iter().map(|columns| format!("{} ({})", self.relation, columns.join(", "))).collect()
    }
}

/// Whether a statement can never return two rows.
pub(super) fn at_most_one(query: &Node<'_>, catalog: &Catalog) -> bool {
    proof(query, catalog).is_some()
}

/// Why a statement can never return two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// `LIMIT 1`
    Limit,
    /// An aggregate without GROUP BY.
    Total,
    NoFrom,
    /// Every relation, or the one that is written, takes part with one row.
    Keys,
    OneGroup,
    /// INSERT of one row of VALUES.
    InsertedOne,
}

pub(super) fn proof(query: &Node<'_>, catalog: &Catalog) -> Option<Proof> {
    Rows { catalog }.proof(Place { query, outer: None }, &HashSet::new())
}

/// The unique keys by which the relations of a query take part with one row, as [`UnmetKeys::shown`].
pub(super) fn met_keys(query: &Node<'_>, catalog: &Catalog) -> Vec<String> {
    let (rows, place, nothing) = (Rows { catalog }, Place { query, outer: None }, HashSet::new());
    let Some(tree) = query.node("jointree") else { return Vec::new() };
    let single = rows.single_relations(place, tree, &nothing);
    let said = rows.said(place, tree, &nothing, &single);
    let met = relations(tree).into_iter().filter_map(|number| {
        let entry = range_table_entry(query, number)?;
        let relation = rows.table(entry)?;
        let key = relation.unique_keys.iter().find(|key| is_met(key, number, &said))?;
        let part = |part: &KeyPart| match part {
            KeyPart::Column(number) => relation.column_name(*number),
            KeyPart::Expression(_) => Some("an expression".to_owned()),
        };
        let keys = vec![key.parts.iter().filter_map(part).collect()];
        let relation = entry.node("eref").and_then(|alias| alias.text("aliasname"))?;
        Some(UnmetKeys { relation, keys }.shown())
    });
    met.flatten().collect()
}

/// The relations in the way of [`at_most_one`].
pub(super) fn unmet_keys(query: &Node<'_>, catalog: &Catalog) -> Vec<UnmetKeys> {
    let rows = Rows { catalog };
    let Some(tree) = query.node("jointree") else { return Vec::new() };
    let met = rows.single_relations(Place { query, outer: None }, tree, &HashSet::new());
    let unmet = relations(tree).into_iter().filter(|number| !met.contains(number)).filter_map(|number| {
        let entry = range_table_entry(query, number)?;
        let relation = rows.table(entry)?;
        let name = |part: &KeyPart| match part {
            KeyPart::Column(number) => relation.column_name(*number),
            KeyPart::Expression(_) => None,
        };
        let whole = relation.unique_keys.iter().filter(|key| key.predicate.is_empty());
        let keys = whole.filter_map(|key| key.parts.iter().map(name).collect());
        let alias = entry.node("eref").and_then(|alias| alias.text("aliasname"))?;
        Some(UnmetKeys { relation: alias, keys: keys.collect() })
    });
    unmet.collect()
}

/// A query with those around it, whose CTEs it can read.
#[derive(Clone, Copy)]
struct Place<'p> {
    query: &'p Node<'p>,
    outer: Option<&'p Place<'p>>,
}

/// What a condition says of a relation.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Said {
    /// A column, or an expression over columns, equals by this operator something that is the same for every row.
    Fixed(i64, KeyPart, u32),
    /// A condition holds, in the form of [`canonical`].
    Holds(i64, String),
}

struct Rows<'c> {
    catalog: &'c Catalog,
}

impl Rows<'_> {
    /// `outputs` are output columns that the query around fixes, by which operators.
    fn at_most_one(&self, place: Place<'_>, outputs: &HashSet<(i64, u32)>) -> bool {
        self.proof(place, outputs).is_some()
    }

    fn proof(&self, place: Place<'_>, outputs: &HashSet<(i64, u32)>) -> Option<Proof> {
        let query = place.query;
        let tree = query.node("jointree")?;
        if limits_to_one(query) {
            return Some(Proof::Limit);
        }
        // Each of them makes more rows of one.
        if query.is_true("hasTargetSRFs")
            || ["setOperations", "groupingSets"].iter().any(|clause| query.get(clause).is_some())
        {
            return None;
        }
        let nothing = HashSet::new();
        let has_from = !tree.list("fromlist").is_empty();
        let (proof, holds) = match query.number("commandType") {
            Some(command::SELECT) => {
                let given = said_of_outputs(query, outputs);
                match () {
                    () if is_total(query) => (if has_from { Proof::Total } else { Proof::NoFrom }, true),
                    () if self.is_one_row_of_each(place, tree, &given) => (Proof::Keys, true),
                    () => (Proof::OneGroup, self.is_one_group(place, tree, &given)),
                }
            }
            // INSERT ... VALUES of one row has no FROM clause.
            Some(command::INSERT) if !has_from => (Proof::InsertedOne, true),
            Some(command::INSERT) => (Proof::Keys, self.is_one_row_of_each(place, tree, &nothing)),
            // A row is written once, whatever it is joined with.
            Some(command::UPDATE | command::DELETE) => {
                let written = query.number("resultRelation").unwrap_or(0);
                let is_single = || self.single_relations(place, tree, &nothing).contains(&written);
                (Proof::Keys, !has_full_join(tree) && is_single())
            }
            _ => return None,
        };
        holds.then_some(proof)
    }

    /// GROUP BY or DISTINCT of what is the same for every row.
    fn is_one_group(&self, place: Place<'_>, tree: &Node<'_>, given: &HashSet<Said>) -> bool {
        let query = place.query;
        let clause = if query.list("groupClause").is_empty() { "distinctClause" } else { "groupClause" };
        let items: Vec<&Node<'_>> = query.nodes(clause).collect();
        // What an outer join makes equal may be missing as well.
        if items.is_empty() || has_outer_join(tree) {
            return false;
        }
        let said = self.said(place, tree, given, &HashSet::new());
        items.iter().all(|item| {
            let reference = item.number("tleSortGroupRef");
            let target =
                query.nodes("targetList").find(|target| target.number("ressortgroupref") == reference);
            let expr = target.and_then(|target| target.node("expr")).map(|expr| grouped(query, expr));
            let operator = item.oid("eqop").unwrap_or(0);
            expr.is_some_and(|expr| self.is_fixed(expr, operator, &said, &HashSet::new()))
        })
    }

    /// Whether every relation of FROM takes part with one row at most.
    fn is_one_row_of_each(&self, place: Place<'_>, tree: &Node<'_>, given: &HashSet<Said>) -> bool {
        let relations = relations(tree);
        let single = self.single_relations(place, tree, given);
        !relations.is_empty()
            && !has_full_join(tree)
            && relations.iter().all(|relation| single.contains(relation))
    }

    /// The relations that take part with one row at most: one that a whole key fixes, then those that are compared with its
    /// columns, and so on.
    fn single_relations(&self, place: Place<'_>, tree: &Node<'_>, given: &HashSet<Said>) -> HashSet<i64> {
        let relations = relations(tree);
        let mut single = HashSet::new();
        loop {
            let said = self.said(place, tree, given, &single);
            let candidates = relations.iter().copied().filter(|number| !single.contains(number));
            let more: Vec<i64> = candidates.filter(|number| self.is_single(place, *number, &said)).collect();
            if more.is_empty() {
                return single;
            }
            single.extend(more);
            if single.len() == relations.len() {
                return single;
            }
        }
    }

    fn is_single(&self, place: Place<'_>, number: i64, said: &HashSet<Said>) -> bool {
        let Some(entry) = range_table_entry(place.query, number) else { return false };
        match entry.number("rtekind") {
            Some(entry_kind::RELATION) => self
                .table(entry)
                .is_some_and(|relation| relation.unique_keys.iter().any(|key| is_met(key, number, said))),
            Some(entry_kind::SUBQUERY) => {
                let fixed = said.iter().filter_map(|said| match said {
                    Said::Fixed(of, KeyPart::Column(column), operator) if *of == number => {
                        Some((*column, *operator))
                    }
                    _ => None,
                });
                let inner = entry.node("subquery").map(|query| Place { query, outer: Some(&place) });
                inner.is_some_and(|inner| self.at_most_one(inner, &fixed.collect()))
            }
            Some(entry_kind::VALUES) => entry.list("values_lists").len() <= 1,
            Some(entry_kind::FUNCTION) => entry
                .nodes("functions")
                .all(|function| function.node("funcexpr").is_some_and(|call| !call.is_true("funcretset"))),
            Some(entry_kind::RESULT) => true,
            Some(entry_kind::CTE) => self.is_single_cte(place, entry),
            _ => false,
        }
    }

    fn is_single_cte(&self, place: Place<'_>, entry: &Node<'_>) -> bool {
        let mut level = Some(&place);
        for _ in 0..entry.number("ctelevelsup").unwrap_or(0) {
            level = level.and_then(|level| level.outer);
        }
        let Some(level) = level else { return false };
        let query = cte_of(level.query, entry)
            .filter(|cte| !cte.is_true("cterecursive"))
            .and_then(|cte| cte.node("ctequery"));
        query.is_some_and(|query| self.at_most_one(Place { query, outer: Some(level) }, &HashSet::new()))
    }

    /// A table whose unique keys hold for all the rows that are read.
    fn table(&self, entry: &Node<'_>) -> Option<&Relation> {
        let relation = self.catalog.relations.get(&entry.oid("relid")?)?;
        let holds = relation.kind == "p" || relation.descendants.is_empty() || !entry.is_true("inh");
        (relation.is_table() && holds).then_some(relation)
    }

    /// What the conditions say, where the rows of the relations `single` are given.
    fn said(
        &self,
        place: Place<'_>,
        tree: &Node<'_>,
        given: &HashSet<Said>,
        single: &HashSet<i64>,
    ) -> HashSet<Said> {
        let mut said = given.clone();
        loop {
            let before = said.len();
            self.read_conditions(place.query, tree, single, &mut said);
            if said.len() == before {
                return said;
            }
        }
    }

    fn read_conditions(
        &self,
        query: &Node<'_>,
        node: &Node<'_>,
        single: &HashSet<i64>,
        said: &mut HashSet<Said>,
    ) {
        let sides = ["larg", "rarg"].iter().filter_map(|side| node.node(side));
        for item in node.nodes("fromlist").chain(sides) {
            self.read_conditions(query, item, single, said);
        }
        // The ON clause of an outer join speaks of the side that may be missing: which of its rows there are for each row
        // of the other side.
        let speaks_of = match node.number("jointype") {
            Some(join_type::LEFT) => node.node("rarg").map(relations),
            Some(join_type::RIGHT) => node.node("larg").map(relations),
            Some(join_type::FULL) => return,
            _ => None,
        };
        if let Some(qual) = node.node("quals") {
            self.read_condition(query, qual, single, speaks_of.as_deref(), said);
        }
    }

    fn read_condition(
        &self,
        query: &Node<'_>,
        qual: &Node<'_>,
        single: &HashSet<i64>,
        speaks_of: Option<&[i64]>,
        said: &mut HashSet<Said>,
    ) {
        if qual.name == "BOOLEXPR" && qual.word("boolop") == Some("and") {
            qual.nodes("args").for_each(|arg| self.read_condition(query, arg, single, speaks_of, said));
            return;
        }
        let applies = |relation: &i64| speaks_of.is_none_or(|relations| relations.contains(relation));
        if self.has_other_keys(query) {
            let of = only_relation(qual).filter(applies);
            said.extend(of.and_then(|relation| Some(Said::Holds(relation, canonical(qual, relation)?))));
        }
        let sides: Vec<&Node<'_>> = qual.nodes("args").collect();
        let ("OPEXPR", [left, right], Some(operator)) = (qual.name, &sides[..], qual.oid("opno")) else {
            return;
        };
        for (side, other) in [(left, right), (right, left)] {
            let Some((relation, part)) = self.key_part(query, side, qual) else { continue };
            if applies(&relation) && self.is_fixed(other, operator, said, single) {
                said.insert(Said::Fixed(relation, part, operator));
            }
        }
    }

    /// What an index could be over: a column, or an expression over the columns of one relation.
    fn key_part(&self, query: &Node<'_>, side: &Node<'_>, comparison: &Node<'_>) -> Option<(i64, KeyPart)> {
        if let Some((var, column)) = column_of(query, side) {
            let part = KeyPart::Column(column.number);
            return same_collation(comparison, var).then_some((column.relation, part));
        }
        // The expression's collation is part of its text, but not what the comparison makes of it.
        let is_candidate = self.has_other_keys(query) && is_deterministic(comparison);
        let relation = only_relation(side).filter(|_| is_candidate)?;
        Some((relation, KeyPart::Expression(canonical(side, relation)?)))
    }

    /// Whether a relation of the query has a key over an expression, or over some of its rows.
    fn has_other_keys(&self, query: &Node<'_>) -> bool {
        let mut tables = query.nodes("rtable").filter_map(|entry| self.table(entry));
        tables.any(|relation| {
            relation.unique_keys.iter().any(|key| {
                let has_expression = key.parts.iter().any(|part| matches!(part, KeyPart::Expression(_)));
                has_expression || !key.predicate.is_empty()
            })
        })
    }

    /// Whether an expression is the same for every row, or equal by `operator`.
    fn is_fixed(&self, expr: &Node<'_>, operator: u32, said: &HashSet<Said>, single: &HashSet<i64>) -> bool {
        match expr.name {
            "CONST" | "PARAM" | "SQLVALUEFUNCTION" => true,
            "RELABELTYPE" | "COERCEVIAIO" | "COERCETODOMAIN" | "COLLATEEXPR" => {
                expr.node("arg").is_some_and(|arg| self.is_fixed(arg, operator, said, single))
            }
            "VAR" => Column::of(expr).is_some_and(|column| {
                let equal = Said::Fixed(column.relation, KeyPart::Column(column.number), operator);
                column.up > 0 || single.contains(&column.relation) || said.contains(&equal)
            }),
            "FUNCEXPR" | "OPEXPR" => {
                // What is merely equal may differ in what a function makes of it.
                let function = self.catalog.function_of(expr);
                function.is_some_and(|function| !function.is_volatile && !function.returns_set)
                    && expr.nodes("args").all(|arg| self.is_fixed(arg, 0, said, single))
            }
            _ => false,
        }
    }
}

/// Whether all parts of a key are fixed, and a partial index has every row that the conditions let through.
fn is_met(key: &UniqueKey, relation: i64, said: &HashSet<Said>) -> bool {
    let is_fixed = |part: &KeyPart, operators: &[u32]| {
        operators.iter().any(|operator| said.contains(&Said::Fixed(relation, part.clone(), *operator)))
    };
    // What equals something is not NULL.
    let is_non_null = |column: i64| {
        said.iter().any(|said| {
            matches!(said, Said::Fixed(of, KeyPart::Column(number), _) if (*of, *number) == (relation, column))
        })
    };
    key.parts.iter().zip(&key.equality).all(|(part, operators)| is_fixed(part, operators))
        && key.predicate.iter().all(|condition| {
            let text = condition.text.clone();
            text.is_some_and(|text| said.contains(&Said::Holds(relation, text)))
                || condition.non_null.is_some_and(is_non_null)
        })
}

/// The relation of this level whose columns are in an expression, if there is just one.
fn only_relation(expr: &Node<'_>) -> Option<i64> {
    let mut columns = Vec::new();
    let mut note = |node: &Node<'_>| columns.extend(Column::of(node));
    note(expr);
    expr.walk_query(&mut |node| note(node));
    let first = columns.first().filter(|column| column.up == 0)?.relation;
    columns.iter().all(|column| (column.up, column.relation) == (0, first)).then_some(first)
}

/// Whether equal means for a comparison what it means for the column's indexes, or more.
fn same_collation(comparison: &Node<'_>, var: &Node<'_>) -> bool {
    is_deterministic(comparison) || var.number("varcollid") == comparison.number("inputcollid")
}

/// Whether equal are the same bytes: no collation, the database's own, C and POSIX.
fn is_deterministic(comparison: &Node<'_>) -> bool {
    const DETERMINISTIC: [i64; 4] = [0, 100, 950, 951];
    DETERMINISTIC.contains(&comparison.number("inputcollid").unwrap_or(0))
}

/// What is said of the columns of FROM that output columns are, as they stand.
fn said_of_outputs(query: &Node<'_>, outputs: &HashSet<(i64, u32)>) -> HashSet<Said> {
    let makes_rows = ["hasAggs", "hasWindowFuncs", "hasDistinctOn"].iter().any(|flag| query.is_true(flag))
        || ["limitCount", "limitOffset", "groupingSets"].iter().any(|clause| query.get(clause).is_some());
    if makes_rows {
        return HashSet::new();
    }
    let mut said = HashSet::new();
    for (output, operator) in outputs {
        let mut targets = query.nodes("targetList");
        let target =
            targets.find(|target| target.number("resno") == Some(*output) && !target.is_true("resjunk"));
        let column = target.and_then(|target| column_of(query, grouped(query, target.node("expr")?)));
        said.extend(
            column.map(|(_, column)| Said::Fixed(column.relation, KeyPart::Column(column.number), *operator)),
        );
    }
    said
}

/// An aggregate without GROUP BY, or no FROM clause at all.
fn is_total(query: &Node<'_>) -> bool {
    let has_from = query.node("jointree").is_some_and(|tree| !tree.list("fromlist").is_empty());
    query.list("groupClause").is_empty()
        && (query.is_true("hasAggs") || query.get("havingQual").is_some() || !has_from)
}

/// `LIMIT 1`, or `LIMIT 0`; WITH TIES may give more.
fn limits_to_one(query: &Node<'_>) -> bool {
    const WITH_TIES: i64 = 1;
    let limit = query.node("limitCount").filter(|_| query.number("limitOption") != Some(WITH_TIES));
    limit.and_then(constant::integer).is_some_and(|limit| limit <= 1)
}

fn has_full_join(tree: &Node<'_>) -> bool {
    has_join(tree, |kind| kind == join_type::FULL)
}

fn has_outer_join(tree: &Node<'_>) -> bool {
    has_join(tree, |kind| matches!(kind, join_type::LEFT | join_type::FULL | join_type::RIGHT))
}

fn has_join(tree: &Node<'_>, is: impl Fn(i64) -> bool) -> bool {
    let mut found = false;
    tree.walk_query(&mut |node| found |= node.number("jointype").is_some_and(&is));
    found
}

/// The column of a relation that an expression is, with its reference; a join's column is seen through.
fn column_of<'x>(query: &'x Node<'x>, expr: &'x Node<'x>) -> Option<(&'x Node<'x>, Column)> {
    if expr.name == "RELABELTYPE" {
        return column_of(query, expr.node("arg")?);
    }
    let column = Column::of(expr).filter(|column| column.up == 0 && column.number > 0)?;
    let entry = range_table_entry(query, column.relation)?;
    match entry.number("rtekind") {
        Some(entry_kind::JOIN) => column_of(query, item_of(entry, "joinaliasvars", column)?),
        _ => Some((expr, column)),
    }
}

/// The expression that a reference to the grouped expressions stands for (PostgreSQL 18).
fn grouped<'x>(query: &'x Node<'x>, expr: &'x Node<'x>) -> &'x Node<'x> {
    let behind = || {
        let column = Column::of(expr)?;
        item_of(range_table_entry(query, column.relation)?, "groupexprs", column)
    };
    behind().unwrap_or(expr)
}

fn item_of<'x>(entry: &'x Node<'x>, list: &str, column: Column) -> Option<&'x Node<'x>> {
    let index = usize::try_from(column.number).ok()?.checked_sub(1)?;
    entry.list(list).get(index).and_then(Value::as_node)
}
