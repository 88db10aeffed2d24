//! Rows among the columns of a result: where the columns of `cars.*` have come to stand.
//!
//! The server keeps with each column of a `*` the place of that `*` in the text, through DISTINCT, GROUP BY, ORDER BY and set
//! operations, so nothing is counted here (PostgreSQL's `parse_relation.c`, `expandNSItemAttrs`).

use std::ops::Range;

use crate::catalog::Catalog;

use super::key::{Column, Key};
use super::level::{Env, Level, Nullability, entry_kind};
use super::node::{Node, Value};
use super::output::targets;
use super::{Given, command, nulls_of, params, result_query, with_given};

/// A row among the columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EmbedPlace {
    /// The numbers of its columns, from 0.
    pub columns: Range<usize>,
    /// The relation and the number of the column that each of them is, if it is one.
    pub origins: Vec<Option<(u32, i16)>>,
    /// Whether an outer join can have left it without a row.
    pub may_be_missing: bool,
    /// The embeds that are this one, by their number: one for each SELECT of a set operation.
    pub numbers: Vec<usize>,
}

/// Why an embed is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NoEmbed {
    /// Its columns are not among those of the result.
    Elsewhere,
    /// Another SELECT of a set operation has something else at its place.
    NotInEachArm,
    /// Some of its columns are NULL in some of the rows that grouping sets give.
    GroupingSets,
    /// The server does not say what it understood.
    NoTree,
}

/// A mistake, with the number of the embed that it is about.
type Mistake = (usize, NoEmbed);

/// Finds the rows that are embedded by a `*` at these bytes of the text; each once, in the order of the columns.
///
/// # Errors
/// One of them cannot be embedded.
pub(crate) fn find(
    tree: Option<&Value<'_>>,
    catalog: &Catalog,
    given: &[Given],
    stars: &[usize],
) -> Result<Vec<EmbedPlace>, Mistake> {
    if stars.is_empty() {
        return Ok(Vec::new());
    }
    let query = tree.and_then(result_query).ok_or((0, NoEmbed::NoTree))?;
    let params = with_given(params::analyze(query, catalog, given.len()), given);
    let nulls = nulls_of(&params, given);
    let nullability = Nullability { catalog, params: &nulls, stored: None, caller: None };
    let places = nullability.embeds(query, None, stars)?;
    let is_found = |number: &usize| places.iter().any(|place| place.numbers.contains(number));
    match (0..stars.len()).find(|number| !is_found(number)) {
        Some(number) => Err((number, NoEmbed::Elsewhere)),
        None => Ok(places),
    }
}

impl Nullability<'_> {
    fn embeds<'n>(
        &self,
        query: &'n Node<'n>,
        outer: Option<&Env<'_, 'n>>,
        stars: &[usize],
    ) -> Result<Vec<EmbedPlace>, Mistake> {
        let level = self.level(query, outer, &[]);
        if let Some(operation) = query.node("setOperations") {
            return self.embeds_of_each(operation, &level, stars);
        }
        let mut places = Vec::new();
        for (number, star) in stars.iter().enumerate() {
            let Some(place) = self.embed(&level, number, *star) else { continue };
            if !query.list("groupingSets").is_empty() {
                return Err((number, NoEmbed::GroupingSets));
            }
            places.push(place);
        }
        places.sort_by_key(|place| place.columns.start);
        Ok(places)
    }

    /// Each SELECT of a set operation has to have the same rows at the same places.
    fn embeds_of_each<'n>(
        &self,
        operation: &'n Node<'n>,
        level: &Level<'_, 'n>,
        stars: &[usize],
    ) -> Result<Vec<EmbedPlace>, Mistake> {
        if operation.name == "RANGETBLREF" {
            let entry = operation.number("rtindex").and_then(|number| level.entry(number));
            let Some(query) = entry.and_then(|entry| entry.node("subquery")) else { return Ok(Vec::new()) };
            return self.embeds(query, Some(&level.rows()), stars);
        }
        let arm = |side| match operation.node(side) {
            Some(arm) => self.embeds_of_each(arm, level, stars),
            None => Ok(Vec::new()),
        };
        let (mut left, right) = (arm("larg")?, arm("rarg")?);
        for place in &mut left {
            let other =
                right.iter().find(|other| other.columns == place.columns && other.origins == place.origins);
            let other = other.ok_or((place.numbers[0], NoEmbed::NotInEachArm))?;
            place.may_be_missing |= other.may_be_missing;
            place.numbers.extend(&other.numbers);
        }
        let is_in_left = |other: &EmbedPlace| left.iter().any(|place| place.columns == other.columns);
        match right.iter().find(|other| !is_in_left(other)) {
            Some(other) => Err((other.numbers[0], NoEmbed::NotInEachArm)),
            None => Ok(left),
        }
    }

    /// The columns of the star at `byte`; none if it is not the select list's.
    fn embed<'n>(&self, level: &Level<'_, 'n>, number: usize, byte: usize) -> Option<EmbedPlace> {
        let written = |target: &&'n Node<'n>| star_of(target, level) == i64::try_from(byte).ok();
        let list: Vec<&'n Node<'n>> = targets(level.query).collect();
        let first = list.iter().position(&written)?;
        let own: Vec<&'n Node<'n>> = list[first..].iter().copied().take_while(written).collect();
        Some(EmbedPlace {
            columns: first..first + own.len(),
            origins: own.iter().map(|target| origin(target)).collect(),
            may_be_missing: self.may_be_missing(own[0], level),
            numbers: vec![number],
        })
    }

    /// Whether the whole row that a column is of can be NULL: a row is something even if all its columns are NULL.
    fn may_be_missing<'n>(&self, target: &'n Node<'n>, level: &Level<'_, 'n>) -> bool {
        let env = match level.query.number("commandType") {
            Some(command::SELECT) => Some(level.groups()),
            _ => self.after_writing(level),
        };
        let column = |env: &Env<'_, 'n>| match self.shape(target.node("expr")?, env) {
            Key::Column(column) => Some(Column { number: 0, ..column }),
            Key::Expression { .. } => None,
        };
        env.is_none_or(|env| column(&env).is_none_or(|column| self.column(column, &env)))
    }
}

/// Where the star stands that a column comes from. PostgreSQL 18 has it with the grouped expression.
fn star_of<'n>(target: &'n Node<'n>, level: &Level<'_, 'n>) -> Option<i64> {
    let mut expr = target.node("expr").filter(|expr| expr.name == "VAR")?;
    let entry = level.entry(expr.number("varno")?);
    if let Some(group) = entry.filter(|entry| entry.number("rtekind") == Some(entry_kind::GROUP)) {
        let index = usize::try_from(expr.number("varattno")? - 1).ok()?;
        expr = group.list("groupexprs").get(index)?.as_node().filter(|expr| expr.name == "VAR")?;
    }
    expr.number("location")
}

fn origin(target: &Node<'_>) -> Option<(u32, i16)> {
    let relation = target.oid("resorigtbl").filter(|relation| *relation != 0)?;
    Some((relation, i16::try_from(target.number("resorigcol")?).ok()?))
}
