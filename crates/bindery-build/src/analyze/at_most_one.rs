//! Whether a statement can never return two rows, and if it can, which unique keys would have to be met.

use std::collections::HashSet;

use crate::catalog::{Catalog, Relation};

use super::key::Column;
use super::level::entry_kind;
use super::node::{Node, Value};
use super::{command, constant, range_table_entry};

/// A relation of which a query may meet more than one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnmetKeys {
    /// Its alias, or its name.
    pub relation: String,
    /// The columns of each of its unique keys, the primary key first.
    pub keys: Vec<Vec<String>>,
}

/// Whether a statement can never return two rows.
pub(super) fn at_most_one(query: &Node<'_>, catalog: &Catalog) -> bool {
    Rows { catalog }.at_most_one(query, &HashSet::new())
}

/// The relations in the way of [`at_most_one`].
pub(super) fn unmet_keys(query: &Node<'_>, catalog: &Catalog) -> Vec<UnmetKeys> {
    let rows = Rows { catalog };
    let Some(tree) = query.node("jointree") else { return Vec::new() };
    let fixed = rows.fixed_relations(query, tree, &HashSet::new());
    let unmet = relations(tree).into_iter().filter(|number| !fixed.contains(number)).filter_map(|number| {
        let entry = range_table_entry(query, number)?;
        let relation = rows.table(entry)?;
        let name = |column: &i16| relation.columns.get(column).map(|column| column.name.clone());
        let keys = relation.unique_keys.iter().map(|key| key.columns.iter().filter_map(name).collect());
        let alias = entry.node("eref").and_then(|alias| alias.text("aliasname"))?;
        Some(UnmetKeys { relation: alias, keys: keys.collect() })
    });
    unmet.collect()
}

/// A column that a condition makes equal to something that is the same for every row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Fixed {
    relation: i64,
    column: i64,
    /// What equal means: the operator's OID.
    operator: u32,
}

struct Rows<'c> {
    catalog: &'c Catalog,
}

impl Rows<'_> {
    /// `outputs` are output columns that the query around fixes.
    fn at_most_one(&self, query: &Node<'_>, outputs: &HashSet<(i64, u32)>) -> bool {
        let Some(tree) = query.node("jointree") else { return false };
        if limits_to_one(query) {
            return true;
        }
        // Each of them makes more rows of one.
        if query.is_true("hasTargetSRFs")
            || ["setOperations", "groupingSets"].iter().any(|clause| query.get(clause).is_some())
        {
            return false;
        }
        let nothing = HashSet::new();
        match query.number("commandType") {
            Some(command::SELECT) => {
                let given = columns_behind(query, outputs);
                is_total(query) || self.meets_keys(query, tree, &given) || self.is_one_group(query, tree, &given)
            }
            // INSERT ... VALUES of one row has no FROM clause.
            Some(command::INSERT) => {
                tree.list("fromlist").is_empty() || self.meets_keys(query, tree, &nothing)
            }
            // A row is written once, whatever it is joined with.
            Some(command::UPDATE | command::DELETE) => {
                let written = query.number("resultRelation").unwrap_or(0);
                !has_full_join(tree) && self.fixed_relations(query, tree, &nothing).contains(&written)
            }
            _ => false,
        }
    }

    /// GROUP BY or DISTINCT of what is the same for every row.
    fn is_one_group(&self, query: &Node<'_>, tree: &Node<'_>, given: &HashSet<Fixed>) -> bool {
        let clause = if query.list("groupClause").is_empty() { "distinctClause" } else { "groupClause" };
        let items: Vec<&Node<'_>> = query.nodes(clause).collect();
        // What an outer join makes equal may be missing as well.
        if items.is_empty() || has_outer_join(tree) {
            return false;
        }
        let columns = self.fixed_columns(query, tree, given, &HashSet::new());
        items.iter().all(|item| {
            let reference = item.number("tleSortGroupRef");
            let target = query.nodes("targetList").find(|target| target.number("ressortgroupref") == reference);
            let expr = target.and_then(|target| target.node("expr")).map(|expr| grouped(query, expr));
            let operator = item.oid("eqop").unwrap_or(0);
            expr.is_some_and(|expr| self.is_fixed(expr, operator, &columns, &HashSet::new()))
        })
    }

    /// Whether every relation of FROM is met in one row at most.
    fn meets_keys(&self, query: &Node<'_>, tree: &Node<'_>, given: &HashSet<Fixed>) -> bool {
        let relations = relations(tree);
        let fixed = self.fixed_relations(query, tree, given);
        !relations.is_empty()
            && !has_full_join(tree)
            && relations.iter().all(|relation| fixed.contains(relation))
    }

    /// The relations that take part with one row at most: one that a whole key fixes, then those that are compared with its
    /// columns, and so on.
    fn fixed_relations(&self, query: &Node<'_>, tree: &Node<'_>, given: &HashSet<Fixed>) -> HashSet<i64> {
        let relations = relations(tree);
        let mut fixed = HashSet::new();
        loop {
            let columns = self.fixed_columns(query, tree, given, &fixed);
            let candidates = relations.iter().copied().filter(|number| !fixed.contains(number));
            let more: Vec<i64> = candidates.filter(|number| self.is_one_row(query, *number, &columns)).collect();
            if more.is_empty() {
                return fixed;
            }
            fixed.extend(more);
        }
    }

    fn is_one_row(&self, query: &Node<'_>, number: i64, columns: &HashSet<Fixed>) -> bool {
        let Some(entry) = range_table_entry(query, number) else { return false };
        let own = columns.iter().filter(|fixed| fixed.relation == number);
        let own: HashSet<(i64, u32)> = own.map(|fixed| (fixed.column, fixed.operator)).collect();
        let inner = |query: Option<&Node<'_>>, own| query.is_some_and(|query| self.at_most_one(query, own));
        match entry.number("rtekind") {
            Some(entry_kind::RELATION) => self.table(entry).is_some_and(|relation| {
                relation.unique_keys.iter().any(|key| {
                    let mut columns = key.columns.iter().zip(&key.equality);
                    columns.all(|(column, equality)| {
                        equality.iter().any(|operator| own.contains(&(i64::from(*column), *operator)))
                    })
                })
            }),
            Some(entry_kind::SUBQUERY) => inner(entry.node("subquery"), &own),
            Some(entry_kind::VALUES) => entry.list("values_lists").len() <= 1,
            Some(entry_kind::FUNCTION) => entry.nodes("functions").all(|function| {
                function.node("funcexpr").is_some_and(|call| !call.is_true("funcretset"))
            }),
            Some(entry_kind::RESULT) => true,
            Some(entry_kind::CTE) if entry.number("ctelevelsup") == Some(0) => {
                let cte = query.nodes("cteList").find(|cte| cte.word("ctename") == entry.word("ctename"));
                let cte = cte.filter(|cte| !cte.is_true("cterecursive"));
                inner(cte.and_then(|cte| cte.node("ctequery")), &HashSet::new())
            }
            _ => false,
        }
    }

    /// A table whose unique keys hold for all the rows that are read.
    fn table(&self, entry: &Node<'_>) -> Option<&Relation> {
        let relation = self.catalog.relations.get(&entry.oid("relid")?)?;
        let holds = relation.kind == "p" || relation.descendants.is_empty() || !entry.is_true("inh");
        (relation.is_table() && holds).then_some(relation)
    }

    /// The columns that conditions fix, where the rows of `relations` are given.
    fn fixed_columns(
        &self,
        query: &Node<'_>,
        tree: &Node<'_>,
        given: &HashSet<Fixed>,
        relations: &HashSet<i64>,
    ) -> HashSet<Fixed> {
        let mut columns = given.clone();
        loop {
            let before = columns.len();
            self.note_conditions(query, tree, relations, &mut columns);
            if columns.len() == before {
                return columns;
            }
        }
    }

    fn note_conditions(
        &self,
        query: &Node<'_>,
        node: &Node<'_>,
        fixed: &HashSet<i64>,
        columns: &mut HashSet<Fixed>,
    ) {
        let sides = ["larg", "rarg"].iter().filter_map(|side| node.node(side));
        for item in node.nodes("fromlist").chain(sides) {
            self.note_conditions(query, item, fixed, columns);
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
            self.note_equalities(query, qual, fixed, speaks_of.as_deref(), columns);
        }
    }

    fn note_equalities(
        &self,
        query: &Node<'_>,
        qual: &Node<'_>,
        fixed: &HashSet<i64>,
        speaks_of: Option<&[i64]>,
        columns: &mut HashSet<Fixed>,
    ) {
        if qual.name == "BOOLEXPR" && qual.word("boolop") == Some("and") {
            qual.nodes("args").for_each(|arg| self.note_equalities(query, arg, fixed, speaks_of, columns));
        }
        let sides: Vec<&Node<'_>> = qual.nodes("args").collect();
        let ("OPEXPR", [left, right], Some(operator)) = (qual.name, &sides[..], qual.oid("opno")) else { return };
        for (side, other) in [(left, right), (right, left)] {
            let Some((var, column)) = column_of(query, side) else { continue };
            let applies = speaks_of.is_none_or(|relations| relations.contains(&column.relation));
            if applies && same_collation(qual, var) && self.is_fixed(other, operator, columns, fixed) {
                columns.insert(Fixed { relation: column.relation, column: column.number, operator });
            }
        }
    }

    /// Whether an expression is the same for every row, or equal by `operator`.
    fn is_fixed(
        &self,
        expr: &Node<'_>,
        operator: u32,
        columns: &HashSet<Fixed>,
        fixed: &HashSet<i64>,
    ) -> bool {
        match expr.name {
            "CONST" | "PARAM" | "SQLVALUEFUNCTION" => true,
            "RELABELTYPE" | "COERCEVIAIO" | "COERCETODOMAIN" | "COLLATEEXPR" => {
                expr.node("arg").is_some_and(|arg| self.is_fixed(arg, operator, columns, fixed))
            }
            "VAR" => Column::of(expr).is_some_and(|Column { up, relation, number, .. }| {
                let is_equal = columns.contains(&Fixed { relation, column: number, operator });
                up > 0 || fixed.contains(&relation) || is_equal
            }),
            "FUNCEXPR" | "OPEXPR" => {
                let operator_function = || Some(self.catalog.operators.get(&expr.oid("opno")?)?.function);
                let function = expr.oid("funcid").or_else(operator_function);
                let function = function.and_then(|oid| self.catalog.functions.get(&oid));
                // What is merely equal may differ in what a function makes of it.
                function.is_some_and(|function| !function.is_volatile && !function.returns_set)
                    && expr.nodes("args").all(|arg| self.is_fixed(arg, 0, columns, fixed))
            }
            _ => false,
        }
    }
}

/// `JoinType` of PostgreSQL's `nodes.h`.
mod join_type {
    pub const LEFT: i64 = 1;
    pub const FULL: i64 = 2;
    pub const RIGHT: i64 = 3;
}

/// Whether equal means for a comparison what it means for the column's indexes, or more.
fn same_collation(comparison: &Node<'_>, var: &Node<'_>) -> bool {
    /// None, the database's own, C and POSIX: equal are the same bytes.
    const DETERMINISTIC: [i64; 4] = [0, 100, 950, 951];
    let collation = comparison.number("inputcollid").unwrap_or(0);
    DETERMINISTIC.contains(&collation) || var.number("varcollid") == Some(collation)
}

/// The columns of FROM that the output columns `outputs` are, as they stand.
fn columns_behind(query: &Node<'_>, outputs: &HashSet<(i64, u32)>) -> HashSet<Fixed> {
    let makes_rows = ["hasAggs", "hasWindowFuncs", "hasDistinctOn"].iter().any(|flag| query.is_true(flag))
        || ["limitCount", "limitOffset", "groupingSets"].iter().any(|clause| query.get(clause).is_some());
    if makes_rows {
        return HashSet::new();
    }
    let mut behind = HashSet::new();
    for (output, operator) in outputs {
        let mut targets = query.nodes("targetList");
        let target = targets.find(|target| target.number("resno") == Some(*output) && !target.is_true("resjunk"));
        let column = target.and_then(|target| column_of(query, grouped(query, target.node("expr")?)));
        behind.extend(column.map(|(_, column)| Fixed {
            relation: column.relation,
            column: column.number,
            operator: *operator,
        }));
    }
    behind
}

/// An aggregate without GROUP BY, or no FROM clause at all.
fn is_total(query: &Node<'_>) -> bool {
    let has_from = query.node("jointree").is_some_and(|tree| !tree.list("fromlist").is_empty());
    query.list("groupClause").is_empty() && (query.is_true("hasAggs") || query.get("havingQual").is_some() || !has_from)
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

/// The relations of a join tree or of a part of it.
fn relations(tree: &Node<'_>) -> Vec<i64> {
    let mut relations = Vec::new();
    let mut note = |node: &Node<'_>| {
        if node.name == "RANGETBLREF" {
            relations.extend(node.number("rtindex"));
        }
    };
    note(tree);
    tree.walk_query(&mut |node| note(node));
    relations
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
