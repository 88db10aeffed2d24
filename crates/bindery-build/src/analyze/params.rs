//! What parameters are called and which may be NULL: from the places where they stand.
//!
//! A parameter may be NULL where it is assigned to a nullable column, where the query itself asks whether it is NULL
//! (`$1 IS NULL OR name = $1`), and where it stands only in COALESCE or IS [NOT] DISTINCT FROM. Everywhere else NULL would
//! make the expression around it NULL, which is hardly ever meant.

use crate::catalog::Catalog;

use super::node::{Node, Value, unquoted};
use super::{ParamAnalysis, range_table_entry, values_of_column};

/// Finds names and NULLs for `count` parameters.
pub(super) fn analyze(query: &Node<'_>, catalog: &Catalog, count: usize) -> Vec<ParamAnalysis> {
    read(query, catalog, count).into_iter().map(Param::analysis).collect()
}

/// Finds the places of `count` parameters.
pub(super) fn read(query: &Node<'_>, catalog: &Catalog, count: usize) -> Vec<Param> {
    if count == 0 {
        return Vec::new();
    }
    let mut reader = Reader { params: vec![Param::default(); count], catalog };
    let mut queries = Vec::new();
    query.walk(&mut |node| {
        if node.name == "QUERY" {
            queries.push(node);
        }
    });
    // What is assigned is named by its column before what is compared.
    queries.iter().for_each(|query| reader.read_assignments(query));
    queries.iter().for_each(|query| reader.read_rest(query));
    reader.params
}

/// The places of one parameter, in the order in which they are read.
#[derive(Clone, Default)]
pub(super) struct Param(Vec<Place>);

impl Param {
    /// The first name stays.
    fn analysis(self) -> ParamAnalysis {
        let nullable = self.decisive().is_some_and(|place| place.kind.takes_null());
        let name = self.0.iter().find_map(|place| place.name.clone());
        let column = self.0.iter().find_map(|place| place.column);
        ParamAnalysis { name, column, nullable, inferred_nullable: nullable }
    }

    /// The place that says whether it may be NULL.
    pub fn decisive(&self) -> Option<&Place> {
        self.0.iter().min_by_key(|place| match place.kind {
            Kind::Assigned { nullable: false } => 0,
            Kind::Assigned { nullable: true } | Kind::Tested => 1,
            Kind::Plain => 2,
            Kind::Replaced => 3,
        })
    }
}

/// A place where a parameter can stand.
#[derive(Clone)]
pub(super) struct Place {
    pub kind: Kind,
    /// The name that it gives.
    pub name: Option<String>,
    /// The column whose values stand there.
    pub column: Option<(u32, i16)>,
    /// What the column on the other side of an operator is called.
    pub beside: Option<String>,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Assigned {
        nullable: bool,
    },
    Tested,
    /// In COALESCE or IS DISTINCT FROM.
    Replaced,
    /// Anywhere else.
    Plain,
}

impl Kind {
    fn takes_null(self) -> bool {
        matches!(self, Self::Assigned { nullable: true } | Self::Tested | Self::Replaced)
    }
}

impl Place {
    fn plain(name: Option<String>) -> Self {
        Self::of(Kind::Plain, name)
    }

    fn of_kind(&self, kind: Kind) -> Self {
        Self::of(kind, self.name.clone())
    }

    fn of(kind: Kind, name: Option<String>) -> Self {
        Self { kind, name, column: None, beside: None }
    }
}

struct Reader<'c> {
    params: Vec<Param>,
    catalog: &'c Catalog,
}

impl Reader<'_> {
    /// `INSERT INTO cars (plate) VALUES ($1)`, `SET plate = $1`
    fn read_assignments(&mut self, query: &Node<'_>) {
        let Some(table) = query.number("resultRelation").and_then(|number| range_table_entry(query, number))
        else {
            return;
        };
        let conflict =
            query.node("onConflict").into_iter().flat_map(|conflict| conflict.nodes("onConflictSet"));
        let merged = query.nodes("mergeActionList").flat_map(|action| action.nodes("targetList"));
        for target in query.nodes("targetList").chain(conflict).chain(merged) {
            let (Some(expr), Some(column)) = (target.node("expr"), target.number("resno")) else { continue };
            let kind = Kind::Assigned { nullable: self.takes_null(table, column) };
            let column_of = table_column(table, column);
            let place = Place { column: column_of, ..Place::of(kind, column_name(table, column)) };
            for (query, expr) in sources(query, expr) {
                self.read(query, expr, &place);
            }
        }
    }

    fn takes_null(&self, table: &Node<'_>, column: i64) -> bool {
        let relation = table.oid("relid").and_then(|oid| self.catalog.relations.get(&oid));
        let column = i16::try_from(column).ok().and_then(|number| relation?.columns.get(&number));
        column.is_some_and(|column| !column.not_null)
    }

    /// `WHERE plate = $1`, `LIMIT $1`, and all other places of one query.
    fn read_rest(&mut self, query: &Node<'_>) {
        let is_write = query.number("resultRelation").is_some_and(|number| number != 0);
        for (field, value) in query.fields() {
            let name = match field {
                "limitCount" => Some("limit".to_owned()),
                "limitOffset" => Some("offset".to_owned()),
                // The assignments were read before.
                "targetList" | "onConflict" | "mergeActionList" if is_write => {
                    self.read_conditions(query, value);
                    continue;
                }
                _ => None,
            };
            self.read_value(query, value, &Place::plain(name));
        }
    }

    /// What stands beside the assignments: `ON CONFLICT ... WHERE`, `WHEN MATCHED AND ...`.
    fn read_conditions(&mut self, query: &Node<'_>, value: &Value<'_>) {
        let nodes: Vec<&Node<'_>> = match value {
            Value::Node(node) => vec![node],
            Value::List(items) => items.iter().filter_map(Value::as_node).collect(),
            Value::Word(_) => Vec::new(),
        };
        let conditions = ["onConflictWhere", "arbiterWhere", "qual"];
        for condition in nodes.iter().flat_map(|node| conditions.iter().filter_map(|field| node.node(field)))
        {
            self.read(query, condition, &Place::plain(None));
        }
    }

    fn read(&mut self, query: &Node<'_>, expr: &Node<'_>, place: &Place) {
        let args: Vec<&Node<'_>> = expr.nodes("args").collect();
        match expr.name {
            // It is read by itself.
            "QUERY" => {}
            "PARAM" => self.note(expr, place),
            "RANGETBLENTRY" => {
                for value in
                    ["functions", "values_lists", "tablefunc"].iter().filter_map(|field| expr.get(field))
                {
                    self.read_value(query, value, &Place::plain(None));
                }
            }
            "RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR" | "COERCETODOMAIN" | "COLLATEEXPR" => {
                self.read_each(query, expr.node("arg"), place);
            }
            "NULLTEST" => {
                let name = expr.node("arg").and_then(|arg| var_name(query, arg));
                self.read_each(query, expr.node("arg"), &Place::of(Kind::Tested, name));
            }
            "COALESCEEXPR" => {
                let name = args.iter().find_map(|arg| var_name(query, arg)).or(place.name.clone());
                self.read_each(
                    query,
                    args,
                    &Place { column: place.column, ..Place::of(Kind::Replaced, name) },
                );
            }
            "CASEEXPR" => {
                let results =
                    expr.nodes("args").filter_map(|when| when.node("result")).chain(expr.node("defresult"));
                self.read_each(query, results, place);
                let tested = expr.nodes("args").filter_map(|when| when.node("expr")).chain(expr.node("arg"));
                self.read_each(query, tested, &Place::plain(None));
            }
            "ARRAYEXPR" => self.read_each(query, expr.nodes("elements"), &place.of_kind(Kind::Plain)),
            "BOOLEXPR" => {
                let bounds = self.bounds(query, expr);
                for (arg, name) in args.iter().zip(bounds) {
                    match name {
                        Some(name) => self.read_sides(
                            query,
                            &arg.nodes("args").collect::<Vec<_>>(),
                            Kind::Plain,
                            Some(&name),
                        ),
                        None => self.read(query, arg, &Place::plain(None)),
                    }
                }
            }
            "OPEXPR" if self.catalog.operator_of(expr).is_some_and(|operator| operator.name == "=") => {
                self.read_equals(query, &args, Kind::Plain);
            }
            "OPEXPR" | "SCALARARRAYOPEXPR" | "NULLIFEXPR" => self.read_sides(query, &args, Kind::Plain, None),
            "DISTINCTEXPR" => self.read_equals(query, &args, Kind::Replaced),
            "ROWCOMPAREEXPR" => {
                for (left, right) in expr.nodes("largs").zip(expr.nodes("rargs")) {
                    self.read_sides(query, &[left, right], Kind::Plain, None);
                }
            }
            "NAMEDARGEXPR" => {
                let place = Place::plain(expr.text("name"));
                self.read_each(query, expr.node("arg"), &place);
            }
            "FUNCEXPR" => self.read_call(query, expr, &args, place),
            "AGGREF" | "WINDOWFUNC" => self.read_aggregate(query, expr),
            _ => expr.fields().for_each(|(_, value)| self.read_value(query, value, &Place::plain(None))),
        }
    }

    fn read_each<'x>(
        &mut self,
        query: &Node<'_>,
        exprs: impl IntoIterator<Item = &'x Node<'x>>,
        place: &Place,
    ) {
        exprs.into_iter().for_each(|expr| self.read(query, expr, place));
    }

    fn read_value(&mut self, query: &Node<'_>, value: &Value<'_>, place: &Place) {
        match value {
            Value::Node(node) => self.read(query, node, place),
            Value::List(items) => items.iter().for_each(|item| self.read_value(query, item, place)),
            Value::Word(_) => {}
        }
    }

    /// Each side is named by the column on the other one, or as `given`.
    fn read_sides(&mut self, query: &Node<'_>, sides: &[&Node<'_>], kind: Kind, given: Option<&String>) {
        for (index, side) in sides.iter().enumerate() {
            let mut others = sides.iter().enumerate().filter(|(other, _)| *other != index);
            let beside = others.find_map(|(_, other)| var_name(query, other));
            let name = given.cloned().or(beside.clone());
            self.read(query, side, &Place { beside, ..Place::of(kind, name) });
        }
    }

    /// The same, where a value of the one is a value of the other.
    fn read_equals(&mut self, query: &Node<'_>, sides: &[&Node<'_>], kind: Kind) {
        let [left, right] = sides else { return self.read_sides(query, sides, kind, None) };
        for (side, other) in [(left, right), (right, left)] {
            let (beside, column) = (var_name(query, other), var_column(query, other));
            self.read(query, side, &Place { column, beside: beside.clone(), ..Place::of(kind, beside) });
        }
    }

    /// A cast hands its place on, a function names its arguments.
    fn read_call(&mut self, query: &Node<'_>, call: &Node<'_>, args: &[&Node<'_>], place: &Place) {
        if is_cast(call) {
            self.read_each(query, args.first().copied(), place);
            return;
        }
        let names = self
            .catalog
            .function_of(call)
            .map(|function| function.argument_names.clone())
            .unwrap_or_default();
        for (index, arg) in args.iter().enumerate() {
            let name = names.get(index).filter(|name| !name.is_empty()).cloned();
            // `lower($1)` is still what `lower(email)` is compared with.
            let name = name.or_else(|| place.name.clone().filter(|_| args.len() == 1));
            self.read(query, arg, &Place::plain(name));
        }
    }

    /// An aggregate of the user's names its arguments too; those of the system have names in some versions only.
    fn read_aggregate(&mut self, query: &Node<'_>, expr: &Node<'_>) {
        let function = expr.oid("aggfnoid").or(expr.oid("winfnoid"));
        let function = function.and_then(|oid| self.catalog.functions.get(&oid));
        let names = function.filter(|function| !function.is_builtin).map(|function| &function.argument_names);
        let names = names.cloned().unwrap_or_default();
        for (field, value) in expr.fields() {
            let Value::List(args) = value else { continue };
            for (index, arg) in args.iter().enumerate() {
                let name = names.get(index).filter(|name| field == "args" && !name.is_empty());
                let arg = match arg.as_node() {
                    Some(target) if target.name == "TARGETENTRY" => target.get("expr").unwrap_or(arg),
                    _ => arg,
                };
                self.read_value(query, arg, &Place::plain(name.cloned()));
            }
        }
        self.read_each(query, expr.node("aggfilter"), &Place::plain(None));
    }

    /// The names of the arguments of AND that are bounds of the same column: `from_day` and `to_day` of
    /// `day BETWEEN $1 AND $2`.
    fn bounds(&self, query: &Node<'_>, and: &Node<'_>) -> Vec<Option<String>> {
        let args: Vec<Option<(String, bool)>> = and.nodes("args").map(|arg| self.bound(query, arg)).collect();
        let has_other = |column: &str, is_lower: bool| {
            args.iter().flatten().any(|(other, lower)| other == column && *lower != is_lower)
        };
        let name = |bound: &Option<(String, bool)>| match bound {
            Some((column, is_lower)) if and.word("boolop") == Some("and") && has_other(column, *is_lower) => {
                Some(format!("{}_{column}", if *is_lower { "from" } else { "to" }))
            }
            _ => None,
        };
        args.iter().map(name).collect()
    }

    /// The column that an inequality with a parameter is about, and whether the parameter is its lower bound.
    fn bound(&self, query: &Node<'_>, expr: &Node<'_>) -> Option<(String, bool)> {
        let operator = self.catalog.operator_of(expr)?;
        let sides: Vec<&Node<'_>> = expr.nodes("args").collect();
        let [left, right] = sides[..] else { return None };
        let column_is_greater = match operator.name.as_str() {
            ">" | ">=" => true,
            "<" | "<=" => false,
            _ => return None,
        };
        match (is_param(left), is_param(right)) {
            (false, true) => Some((var_name(query, left)?, column_is_greater)),
            (true, false) => Some((var_name(query, right)?, !column_is_greater)),
            _ => None,
        }
    }

    fn note(&mut self, expr: &Node<'_>, place: &Place) {
        let index = expr.number("paramid").and_then(|number| usize::try_from(number - 1).ok());
        let Some(param) =
            index.filter(|_| expr.number("paramkind") == Some(0)).and_then(|i| self.params.get_mut(i))
        else {
            return;
        };
        param.0.push(place.clone());
    }
}

/// What an assigned expression stands for, with the query that it belongs to: itself, each row's value where it refers to
/// a VALUES list, a subquery's where it refers to one.
fn sources<'n>(query: &'n Node<'n>, expr: &'n Node<'n>) -> Vec<(&'n Node<'n>, &'n Node<'n>)> {
    let entry = expr
        .number("varno")
        .filter(|_| expr.name == "VAR" && expr.number("varlevelsup") == Some(0))
        .and_then(|number| range_table_entry(query, number));
    let index = expr.number("varattno").and_then(|column| usize::try_from(column - 1).ok());
    let (Some(entry), Some(index)) = (entry, index) else { return vec![(query, expr)] };
    if let Some(subquery) = entry.node("subquery") {
        let mut targets = subquery.nodes("targetList");
        return targets
            .nth(index)
            .and_then(|target| Some((subquery, target.node("expr")?)))
            .into_iter()
            .collect();
    }
    values_of_column(entry, index).flatten().map(|expr| (query, expr)).collect()
}

/// `CoercionForm` of PostgreSQL's `primnodes.h`: an explicit or an implicit cast.
fn is_cast(call: &Node<'_>) -> bool {
    matches!(call.number("funcformat"), Some(1 | 2))
}

fn is_param(expr: &Node<'_>) -> bool {
    match expr.name {
        "PARAM" => true,
        "RELABELTYPE" | "COERCEVIAIO" | "COERCETODOMAIN" => expr.node("arg").is_some_and(is_param),
        "FUNCEXPR" => is_cast(expr) && expr.nodes("args").next().is_some_and(is_param),
        _ => false,
    }
}

/// The name of the column that `expr` is, seen through casts and functions of it alone; columns of the queries around are
/// left alone.
fn var_name(query: &Node<'_>, expr: &Node<'_>) -> Option<String> {
    match expr.name {
        "VAR" if expr.number("varlevelsup") == Some(0) => {
            column_name(range_table_entry(query, expr.number("varno")?)?, expr.number("varattno")?)
        }
        "RELABELTYPE" | "COERCEVIAIO" | "COLLATEEXPR" => var_name(query, expr.node("arg")?),
        "FUNCEXPR" if expr.list("args").len() == 1 => var_name(query, expr.nodes("args").next()?),
        _ => None,
    }
}

/// The table's column that `expr` is.
fn var_column(query: &Node<'_>, expr: &Node<'_>) -> Option<(u32, i16)> {
    match expr.name {
        "VAR" if expr.number("varlevelsup") == Some(0) => {
            table_column(range_table_entry(query, expr.number("varno")?)?, expr.number("varattno")?)
        }
        "RELABELTYPE" => var_column(query, expr.node("arg")?),
        _ => None,
    }
}

fn table_column(entry: &Node<'_>, column: i64) -> Option<(u32, i16)> {
    let relation = entry.oid("relid").filter(|oid| *oid != 0)?;
    Some((relation, i16::try_from(column).ok()?))
}

fn column_name(entry: &Node<'_>, column: i64) -> Option<String> {
    let names = entry.node("eref")?.list("colnames");
    match names.get(usize::try_from(column).ok()?.checked_sub(1)?)? {
        Value::Word(name) => Some(unquoted(name)),
        _ => None,
    }
}
