//! Why a column may be NULL: the verdict of the other modules, explained.
//!
//! Nothing is decided here. A column that the analysis calls nullable is followed to what makes it so, and at each step the
//! analysis itself is asked which argument, branch or relation that was. In goes what the analysis has seen and the text
//! that was sent, out come reasons as data, and [`Reason::sentence`] has the words.

mod column;
mod expr;
mod join;
mod param;
mod rows;
mod sentence;
mod shown;

use std::cell::{Cell, RefCell};

use crate::catalog::Catalog;

use super::level::{Env, Nullability};
use super::node::{Node, Value};
use super::output::{Nulls, targets};
use super::{Given, command, nulls_of, params, result_query, set_operation, with_given};
use join::WrittenJoin;
pub(crate) use param::{ParamReason, param_reasons};
pub(crate) use rows::{RowsReason, rows_reason};

/// Why a value may be NULL.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reason {
    /// The server has sent no tree, or one that could not be read.
    NoTree,
    /// It comes from further inside than is looked.
    TooDeep,
    /// No rule knows it.
    NotUnderstood {
        what: String,
    },
    /// The relation is on the side of an outer join that a row can be without.
    OuterJoin {
        relation: String,
        join: &'static str,
        at: Option<usize>,
    },
    /// MERGE has a WHEN NOT MATCHED BY SOURCE.
    NotMatchedBySource {
        relation: String,
    },
    /// The table's column allows it.
    Declared {
        column: String,
    },
    /// A table that inherits from it, or a partition, allows it.
    DeclaredByDescendant {
        column: String,
        descendant: String,
    },
    /// Nobody keeps the promises of a foreign table.
    Foreign {
        column: String,
    },
    /// A materialized view keeps what its tables held when it was filled.
    Stored {
        column: String,
    },
    /// A trigger can change what is written.
    Trigger {
        column: String,
    },
    /// It stands for a row that is not there: OLD of INSERT, NEW of DELETE.
    NoSuchVersion {
        version: &'static str,
    },
    NullConstant,
    /// `$1` may be NULL.
    Param {
        number: usize,
    },
    /// Called with no NULL it can return one.
    MayReturnNull {
        call: String,
        when: Option<&'static str>,
    },
    /// `sum(x)` of no rows.
    NoRows {
        call: String,
    },
    /// `sum(x) FILTER (...)`
    Filter {
        call: String,
    },
    /// `lag(x)`
    NoSuchRow {
        call: String,
    },
    /// A window's frame without the current row.
    EmptyFrame {
        call: String,
    },
    /// `xs[5]`
    NoElement {
        element: String,
    },
    /// Sets of different lengths stand side by side.
    Padding {
        call: String,
    },
    /// A scalar subquery without a row.
    EmptySubquery,
    /// A CASE of which no condition holds.
    NoBranch,
    /// Some grouping set lacks the expression.
    GroupingSet {
        expr: String,
    },
    /// A path of XMLTABLE or JSON_TABLE finds nothing.
    Path {
        column: String,
    },
    /// A recursive CTE gives what it has read itself.
    Recursion {
        column: String,
    },
    /// Nothing rules NULL out for the elements of an array.
    Elements {
        array: String,
    },
    /// Nothing rules NULL out for the fields of a composite value.
    Fields {
        row: String,
    },
    /// An argument of a function in SQL is left to its default.
    Default,
    /// An argument may be NULL, and with it the call.
    Argument {
        call: String,
        reason: Box<Reason>,
    },
    /// An aggregate of which every value may be NULL.
    Values {
        call: String,
        reason: Box<Reason>,
    },
    /// COALESCE and its like: all arguments may be NULL.
    Every {
        call: String,
        reasons: Vec<Reason>,
    },
    /// A column of a view, of a subquery or of a CTE, or what a function in SQL gives.
    Inside {
        what: String,
        reason: Box<Reason>,
    },
    /// One of several queries or rows, counted from 1.
    Part {
        part: Part,
        number: usize,
        reason: Box<Reason>,
    },
}

impl Reason {
    /// The same, where what is said of parameters comes from `given`.
    fn with_params(self, given: &mut dyn FnMut(usize) -> Self) -> Self {
        let mut inside = |reason: Box<Self>| Box::new(reason.with_params(given));
        match self {
            Self::Param { number } => given(number),
            Self::Argument { call, reason } => Self::Argument { call, reason: inside(reason) },
            Self::Values { call, reason } => Self::Values { call, reason: inside(reason) },
            Self::Inside { what, reason } => Self::Inside { what, reason: inside(reason) },
            Self::Part { part, number, reason } => Self::Part { part, number, reason: inside(reason) },
            Self::Every { call, reasons } => {
                let reasons = reasons.into_iter().map(|reason| reason.with_params(given)).collect();
                Self::Every { call, reasons }
            }
            told => told,
        }
    }
}

/// What there are several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The queries of UNION, INTERSECT and EXCEPT.
    Branch,
    /// The rows of VALUES.
    Row,
}

/// Why there can be NULLs in a column; none where there can be none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ColumnReasons {
    /// In place of the value.
    pub value: Option<Reason>,
    /// As elements, if it is an array. Of a column that is none it says nothing.
    pub elements: Option<Reason>,
}

/// Explains the columns that [`super::analyze`] finds for the same `tree`, `catalog` and `given`. `sql` is the text that was
/// sent.
///
/// Of a tree that could not be read there are none, and each column is nullable by [`Reason::NoTree`].
pub(crate) fn reasons(
    sql: &str,
    tree: Option<&Value<'_>>,
    catalog: &Catalog,
    given: &[Given],
) -> Vec<ColumnReasons> {
    let Some(query) = tree.and_then(result_query) else { return Vec::new() };
    let params = with_given(params::analyze(query, catalog, given.len()), given);
    let params = nulls_of(&params, given);
    let nullability = Nullability { catalog, params: &params, stored: None, caller: None };
    let outputs = nullability.outputs(query, None);
    let of_param =
        |(index, nulls): (usize, &Nulls)| nulls.value.then_some(Reason::Param { number: index + 1 });
    let params: Vec<Option<Reason>> = params.iter().enumerate().map(of_param).collect();
    let joins = join::read(sql);
    let (open, levels) = (RefCell::default(), Cell::new(0));
    let why =
        Why { nullability, params: &params, joins: &joins, is_part: false, open: &open, levels: &levels };
    let column = |(index, nulls): (usize, &Nulls)| {
        levels.set(0);
        ColumnReasons {
            value: nulls.value.then(|| why.output(query, None, &[], index)),
            elements: nulls.elements.then(|| why.output_elements(query, index)),
        }
    };
    outputs.iter().enumerate().map(column).collect()
}

/// More queries are not looked into for one column: those inside each other that refer to each twice have no end.
const MOST_LEVELS: u32 = 200;

/// Follows a verdict to its cause. Each function takes for granted that what it is asked about is nullable.
#[derive(Clone, Copy)]
struct Why<'w> {
    nullability: Nullability<'w>,
    /// Why parameters can be NULL; in a function's body they are put in place later.
    params: &'w [Option<Reason>],
    /// The outer joins of the text that is looked at; of views and functions there is none.
    joins: &'w [WrittenJoin],
    /// Whether it explains one of several arguments; of those inside one is enough.
    is_part: bool,
    /// The columns of CTEs that are being explained.
    open: &'w RefCell<Vec<(String, usize)>>,
    /// How many queries have been looked into.
    levels: &'w Cell<u32>,
}

impl Why<'_> {
    /// A column of what a query gives, counted from 0.
    fn output<'n>(
        &self,
        query: &'n Node<'n>,
        outer: Option<&Env<'_, 'n>>,
        non_null: &[usize],
        index: usize,
    ) -> Reason {
        self.levels.set(self.levels.get() + 1);
        if self.levels.get() > MOST_LEVELS {
            return Reason::TooDeep;
        }
        let level = self.nullability.level(query, outer, non_null);
        let target = targets(query).nth(index);
        if let Some(operation) = query.node("setOperations") {
            let mut arms = Vec::new();
            list_arms(operation, &mut arms);
            return self.arm(operation, &arms, &level, index);
        }
        let Some((target, expr)) = target.and_then(|target| Some((target, target.node("expr")?))) else {
            return Reason::NotUnderstood { what: "this column".to_owned() };
        };
        if query.number("commandType") != Some(command::SELECT) {
            return match self.nullability.after_writing(&level) {
                Some(env) => self.expr(expr, &env),
                None => Reason::NotUnderstood { what: "what is written to".to_owned() },
            };
        }
        let env = level.groups();
        let reference = target.number("ressortgroupref");
        if reference.is_some_and(|number| level.grouping.missing_references.contains(&number)) {
            return Reason::GroupingSet { expr: self.shown(expr, &env) };
        }
        self.expr(expr, &env)
    }

    /// A column of a part of UNION, INTERSECT or EXCEPT; `arms` are the numbers of all queries in the whole of it.
    fn arm<'n>(
        &self,
        node: &'n Node<'n>,
        arms: &[i64],
        level: &super::level::Level<'_, 'n>,
        index: usize,
    ) -> Reason {
        if let Some(number) = node.number("rtindex").filter(|_| node.name == "RANGETBLREF") {
            let part = arms.iter().position(|arm| *arm == number).map_or(0, |position| position + 1);
            let reason = Box::new(self.subquery_column(number, level, index));
            return Reason::Part { part: Part::Branch, number: part, reason };
        }
        let sides = ["larg", "rarg"].map(|side| node.node(side));
        let is_nullable = |side: &&'n Node<'n>| {
            let columns = self.nullability.set_operation(side, level);
            columns.get(index).is_none_or(|nulls| nulls.value)
        };
        let candidates = match node.number("op") {
            Some(set_operation::UNION) => &sides[..],
            _ => &sides[..1],
        };
        match candidates.iter().flatten().copied().find(is_nullable) {
            Some(side) => self.arm(side, arms, level, index),
            None => Reason::NotUnderstood { what: "this set operation".to_owned() },
        }
    }
}

/// The queries of a set operation, as they are written, by their numbers in the range table.
fn list_arms(node: &Node<'_>, arms: &mut Vec<i64>) {
    if node.name == "RANGETBLREF" {
        arms.extend(node.number("rtindex"));
    }
    for side in ["larg", "rarg"].into_iter().filter_map(|side| node.node(side)) {
        list_arms(side, arms);
    }
}
