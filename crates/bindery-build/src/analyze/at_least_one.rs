//! Whether a query surely returns a row.

use super::level::{Env, Level, Nullability, entry_kind};
use super::node::Node;
use super::{command, constant, cte_of, join_type, set_operation};

impl Nullability<'_> {
    /// Whether a query returns a row, whatever the tables hold.
    pub fn has_rows<'n>(&self, query: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        self.has_rows_in(query, Some(env))
    }

    /// The same, for a query that is in no other.
    pub fn has_rows_outermost<'n>(&self, query: &'n Node<'n>) -> bool {
        self.has_rows_in(query, None)
    }

    fn has_rows_in<'n>(&self, query: &'n Node<'n>, outer: Option<&Env<'_, 'n>>) -> bool {
        let limits = query.node("limitCount").is_some_and(|limit| {
            !constant::is_null(limit) && constant::integer(limit).is_none_or(|limit| limit < 1)
        });
        let skips = query
            .node("limitOffset")
            .is_some_and(|offset| !constant::is_null(offset) && constant::integer(offset) != Some(0));
        let is_select = query.number("commandType") == Some(command::SELECT);
        if !is_select
            || limits
            || skips
            || query.is_true("hasTargetSRFs")
            || query.get("havingQual").is_some()
        {
            return false;
        }
        // Most are decided by their clauses, and are not read once more for it.
        let has_sets = !query.list("groupingSets").is_empty();
        if query.is_true("hasAggs") && query.list("groupClause").is_empty() && !has_sets {
            return true;
        }
        let is_filtered = query.node("jointree").is_none_or(|tree| !always_holds(tree));
        if is_filtered && !has_sets && query.get("setOperations").is_none() {
            return false;
        }
        let level = Level::new(self, query, outer, &[]);
        match query.node("setOperations") {
            Some(operation) => self.operation_has_rows(operation, &level),
            None => {
                level.grouping.is_grouped && level.grouping.may_lack_rows
                    || self.has_rows_in_from(query, &level.rows())
            }
        }
    }

    fn operation_has_rows<'n>(&self, node: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        if node.name == "RANGETBLREF" {
            let entry = node.number("rtindex").and_then(|number| level.entry(number));
            let query = entry.and_then(|entry| entry.node("subquery"));
            return query.is_some_and(|query| self.has_rows(query, &level.rows()));
        }
        let mut arms = ["larg", "rarg"].into_iter().filter_map(|arm| node.node(arm));
        node.number("op") == Some(set_operation::UNION) && arms.any(|arm| self.operation_has_rows(arm, level))
    }

    /// Whether FROM and WHERE let a row through.
    pub fn has_rows_in_from<'n>(&self, query: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        query.node("jointree").is_some_and(|tree| {
            always_holds(tree) && tree.nodes("fromlist").all(|item| self.item_has_rows(item, env))
        })
    }

    /// Whether an item of FROM gives a row.
    pub fn item_has_rows<'n>(&self, item: &'n Node<'n>, env: &Env<'_, 'n>) -> bool {
        if item.name == "JOINEXPR" {
            let side = |field| item.node(field).is_some_and(|side| self.item_has_rows(side, env));
            return match item.number("jointype") {
                Some(join_type::INNER) => always_holds(item) && side("larg") && side("rarg"),
                Some(join_type::LEFT) => side("larg"),
                Some(join_type::FULL) => side("larg") || side("rarg"),
                Some(join_type::RIGHT) => side("rarg"),
                _ => false,
            };
        }
        let Some(entry) = item.number("rtindex").and_then(|number| env.level.entry(number)) else {
            return false;
        };
        match entry.number("rtekind") {
            Some(entry_kind::SUBQUERY) => {
                entry.node("subquery").is_some_and(|query| self.has_rows(query, env))
            }
            Some(entry_kind::VALUES | entry_kind::RESULT) => true,
            // A function that returns no set returns one row.
            Some(entry_kind::FUNCTION) => entry
                .nodes("functions")
                .filter_map(|function| function.node("funcexpr"))
                .any(|call| !call.is_true("funcretset")),
            Some(entry_kind::CTE) if !entry.is_true("self_reference") => {
                let above = entry.number("ctelevelsup").and_then(|levels| env.above(levels));
                let cte = above.as_ref().and_then(|above| cte_of(above.level.query, entry));
                let query =
                    cte.filter(|cte| !cte.is_true("cterecursive")).and_then(|cte| cte.node("ctequery"));
                let place = above.as_ref().map(|above| above.level.rows());
                query.zip(place).is_some_and(|(query, place)| self.has_rows(query, &place))
            }
            _ => false,
        }
    }
}

/// Whether a join or a WHERE clause lets everything through.
pub(super) fn always_holds(node: &Node<'_>) -> bool {
    node.node("quals").is_none_or(|qual| constant::boolean(qual) == Some(Some(true)))
}
