//! Values that are rows of a table: `c` of `FROM cars c`, `array_agg(c)`, `ARRAY(SELECT c FROM cars c)`.
//!
//! Any value of a table's row type may lack what the table declares NOT NULL, as `ROW(NULL, NULL)::cars` does; these cannot.

use super::constant::{self, Array};
use super::key::Column;
use super::level::{Env, Nullability, entry_kind};
use super::node::Node;
use super::output::targets;
use super::type_of::type_of;
use super::{command, cte_of, sublink};

/// `FirstNormalObjectId` of PostgreSQL's `transam.h`.
const FIRST_OF_USERS: u32 = 16_384;

impl Nullability<'_> {
    /// For each column that a query gives: the table of which its values, or their elements, are rows.
    pub fn whole_rows<'n>(&self, query: &'n Node<'n>, outer: Option<&Env<'_, 'n>>) -> Vec<Option<u32>> {
        (0..targets(query).count()).map(|index| self.whole_row(query, index, outer)).collect()
    }

    /// The same for one column.
    fn whole_row<'n>(&self, query: &'n Node<'n>, index: usize, outer: Option<&Env<'_, 'n>>) -> Option<u32> {
        let expr = targets(query).nth(index)?.node("expr")?;
        // Most columns are of the server's own types, of which none is a table's.
        let is_of_user = type_of(expr).is_none_or(|ty| ty >= FIRST_OF_USERS);
        if !is_of_user || query.node("setOperations").is_some() {
            return None;
        }
        let level = self.level(query, outer, &[]);
        let env = match query.number("commandType") {
            Some(command::SELECT) => level.groups(),
            _ => level.rows(),
        };
        self.row_of(expr, &env)
    }

    fn row_of<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Option<u32> {
        let expr = self.resolve(expr, env)?;
        match expr.name {
            "VAR" => self.row_of_column(Column::of(expr)?, env),
            "AGGREF" if expr.number("agglevelsup") == Some(0) => {
                let function = self.function_at(expr, "aggfnoid").filter(|function| function.is_builtin)?;
                let argument = expr.nodes("args").next()?.node("expr")?;
                (function.name == "array_agg").then(|| self.row_of(argument, &env.before_grouping()))?
            }
            "SUBLINK" if [sublink::ARRAY, sublink::EXPR].map(Some).contains(&expr.number("subLinkType")) => {
                self.whole_row(expr.node("subselect")?, 0, Some(env))
            }
            "SUBSCRIPTINGREF" if expr.get("refassgnexpr").is_none() => {
                self.row_of(expr.node("refexpr")?, env)
            }
            "COALESCEEXPR" => {
                let mut rows =
                    expr.nodes("args").filter(|arg| !is_empty(arg)).map(|arg| self.row_of(arg, env));
                let first = rows.next()?;
                first.filter(|_| rows.all(|other| other == first))
            }
            _ => None,
        }
    }

    fn row_of_column(&self, column: Column, env: &Env<'_, '_>) -> Option<u32> {
        let env = env.above(column.up)?;
        let entry = env.level.entry(column.relation)?;
        let kind = entry.number("rtekind");
        if column.number == 0 {
            return entry.oid("relid").filter(|_| kind == Some(entry_kind::RELATION));
        }
        let index = usize::try_from(column.number - 1).ok()?;
        let query = match kind {
            Some(entry_kind::SUBQUERY) => entry.node("subquery"),
            Some(entry_kind::CTE)
                if entry.number("ctelevelsup") == Some(0) && !entry.is_true("self_reference") =>
            {
                cte_of(env.level.query, entry).and_then(|cte| cte.node("ctequery"))
            }
            _ => None,
        };
        self.whole_row(query?, index, Some(&env.level.rows()))
    }
}

/// Whether it is NULL, or an array without elements.
fn is_empty(expr: &Node<'_>) -> bool {
    constant::is_null(expr)
        || match constant::array(expr) {
            Array::Constant { is_empty, .. } => is_empty,
            Array::Elements(elements) => elements.is_empty(),
            Array::Unknown => false,
        }
}
