//! What a query gives: its select list, its set operations, or RETURNING.

use std::collections::BTreeSet;

use crate::catalog::Relation;

use super::fact::{Fact, Facts};
use super::joins::Nuller;
use super::key::{Column, Key};
use super::level::{Env, Level, Nullability};
use super::node::Node;
use super::{command, merge, set_operation};

/// Where NULLs can come in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nulls {
    /// In place of the value.
    pub value: bool,
    /// As elements, if it is an array.
    pub elements: bool,
}

impl Nulls {
    pub const ANYWHERE: Self = Self { value: true, elements: true };
    pub const NOWHERE: Self = Self { value: false, elements: false };

    pub fn or(self, other: Self) -> Self {
        Self { value: self.value || other.value, elements: self.elements || other.elements }
    }

    fn and(self, other: Self) -> Self {
        Self { value: self.value && other.value, elements: self.elements && other.elements }
    }
}

/// The entries that a query gives as columns.
pub(crate) fn targets<'x, 'n>(query: &'x Node<'n>) -> impl Iterator<Item = &'x Node<'n>> {
    let list = match query.number("commandType") {
        Some(command::SELECT) => "targetList",
        _ => "returningList",
    };
    query.nodes(list).filter(|entry| !entry.is_true("resjunk"))
}

impl Nullability<'_> {
    /// What each column that a query gives can be.
    pub fn outputs<'n>(&self, query: &'n Node<'n>, outer: Option<&Env<'_, 'n>>) -> Vec<Nulls> {
        self.outputs_of(query, outer, &[])
    }

    /// The same, where the level above keeps only rows in which the columns `non_null` are not NULL.
    pub fn outputs_of<'n>(
        &self,
        query: &'n Node<'n>,
        outer: Option<&Env<'_, 'n>>,
        non_null: &[usize],
    ) -> Vec<Nulls> {
        let level = self.level(query, outer, non_null);
        if query.number("commandType") != Some(command::SELECT) {
            return self.returning(&level);
        }
        if let Some(operation) = query.node("setOperations") {
            return self.set_operation(operation, &level);
        }
        let env = level.groups();
        let grouping = &level.grouping;
        let column = |target: &'n Node<'n>| {
            let Some(expr) = target.node("expr") else { return Nulls::ANYWHERE };
            let reference = target.number("ressortgroupref");
            let is_missing = reference.is_some_and(|number| grouping.missing_references.contains(&number));
            let value = match is_missing {
                // The whole entry is a grouped expression, a volatile one too.
                true => !level.having_knows(&self.shape(expr, &env)),
                false => self.nullable(expr, &env),
            };
            Nulls { value, elements: self.null_elements(expr, &env) }
        };
        targets(query).map(column).collect()
    }

    /// The query's rows and groups.
    pub fn level<'l, 'n>(
        &self,
        query: &'n Node<'n>,
        outer: Option<&'l Env<'l, 'n>>,
        non_null: &[usize],
    ) -> Level<'l, 'n> {
        let mut level = Level::new(self, query, outer, non_null);
        if query.number("commandType") == Some(command::MERGE) {
            self.note_rows_without_source(&mut level);
        }
        level
    }

    /// Where NULLs can come in what an expression gives.
    pub fn nulls<'n>(&self, expr: &'n Node<'n>, env: &Env<'_, 'n>) -> Nulls {
        Nulls { value: self.nullable(expr, env), elements: self.null_elements(expr, env) }
    }

    pub fn set_operation<'n>(&self, node: &'n Node<'n>, level: &Level<'_, 'n>) -> Vec<Nulls> {
        if node.name == "RANGETBLREF" {
            return node
                .number("rtindex")
                .map(|number| self.subquery(number, level).to_vec())
                .unwrap_or_default();
        }
        let arm = |field| node.node(field).map(|arm| self.set_operation(arm, level)).unwrap_or_default();
        let left = arm("larg");
        match node.number("op") {
            Some(set_operation::UNION) => left.into_iter().zip(arm("rarg")).map(|(a, b)| a.or(b)).collect(),
            Some(set_operation::INTERSECT) => {
                left.into_iter().zip(arm("rarg")).map(|(a, b)| a.and(b)).collect()
            }
            // EXCEPT: what is in the first.
            _ => left,
        }
    }

    /// RETURNING: rows as they are after writing, which WHERE has not seen.
    fn returning(&self, level: &Level<'_, '_>) -> Vec<Nulls> {
        let env = self.after_writing(level);
        let column = |target: &Node<'_>| Some(self.nulls(target.node("expr")?, env.as_ref()?));
        targets(level.query).map(|target| column(target).unwrap_or(Nulls::ANYWHERE)).collect()
    }

    /// Where RETURNING is evaluated.
    pub fn after_writing<'l, 'n>(&self, level: &'l Level<'l, 'n>) -> Option<Env<'l, 'n>> {
        let query = level.query;
        let written = query.number("resultRelation").unwrap_or(0);
        let relation = level.entry(written).and_then(|entry| self.relation(entry))?;
        let non_null = match query.number("commandType") {
            Some(command::INSERT) => self.inserted(relation, level),
            Some(command::UPDATE) => self.updated(relation, level),
            Some(command::DELETE) => columns_where(relation, |number| {
                !self.nullable_in_its_row(written_column(level, number), &level.rows())
                    || level.facts.knows(&Key::Column(written_column(level, number)))
            }),
            _ => self.declared(relation, level),
        };
        let known = non_null
            .into_iter()
            .chain([0])
            .map(|number| Fact::NonNull(Key::Column(written_column(level, number))));
        let mut facts: Facts = known.collect();
        match query.number("commandType") {
            Some(command::MERGE) => {}
            Some(command::DELETE) => facts.extend(level.facts.iter().cloned()),
            _ => facts.extend(level.facts.iter().filter(|fact| !mentions(fact, written)).cloned()),
        }
        Some(level.rows().only(facts))
    }

    /// Columns that no row of the written relation has NULL in, whatever is assigned.
    fn declared(&self, relation: &Relation, level: &Level<'_, '_>) -> BTreeSet<i16> {
        let env = level.rows();
        columns_where(relation, |number| !self.nullable_in_its_row(written_column(level, number), &env))
    }

    fn inserted(&self, relation: &Relation, level: &Level<'_, '_>) -> BTreeSet<i16> {
        let declared = self.declared(relation, level);
        let mut inserted = declared.clone();
        if relation.is_table() && !relation.has_insert_triggers {
            inserted.extend(self.assigned(relation, level.query, "targetList", &level.rows()));
        }
        // ON CONFLICT DO UPDATE gives rows that were there before; EXCLUDED is the row that was to be inserted.
        const UPDATE: i64 = 2;
        let Some(conflict) = level.query.node("onConflict").filter(|c| c.number("action") == Some(UPDATE))
        else {
            return inserted;
        };
        let excluded = conflict.number("exclRelIndex").unwrap_or(0);
        let known = inserted.iter().map(|number| {
            let number = i64::from(*number);
            Fact::NonNull(Key::Column(Column { up: 0, relation: excluded, number, version: 0 }))
        });
        let env = level.rows().with(known.collect());
        let mut both = declared;
        if relation.is_table() && !relation.has_update_triggers {
            let updated: BTreeSet<i16> = self.assigned(relation, conflict, "onConflictSet", &env).collect();
            both.extend(updated.intersection(&inserted));
        }
        both
    }

    fn updated(&self, relation: &Relation, level: &Level<'_, '_>) -> BTreeSet<i16> {
        let mut known = self.declared(relation, level);
        // A row that moves to another partition is inserted there.
        let may_be_changed =
            relation.has_update_triggers || relation.kind == "p" && relation.has_insert_triggers;
        if !relation.is_table() || may_be_changed {
            return known;
        }
        let targets: Vec<i64> =
            level.query.nodes("targetList").filter_map(|target| target.number("resno")).collect();
        known.extend(self.assigned(relation, level.query, "targetList", &level.rows()));
        // What WHERE has seen stays if nothing is assigned.
        known.extend(columns_where(relation, |number| {
            let is_kept = !targets.contains(&i64::from(number)) && !relation.columns[&number].is_generated;
            is_kept && level.facts.knows(&Key::Column(written_column(level, number)))
        }));
        known
    }

    /// The columns that are assigned something that is not NULL.
    pub fn assigned<'n>(
        &self,
        relation: &Relation,
        node: &'n Node<'n>,
        list: &str,
        env: &Env<'_, 'n>,
    ) -> impl Iterator<Item = i16> {
        let assigned = node.nodes(list).filter(|target| !target.is_true("resjunk")).filter_map(|target| {
            let number = target.number("resno").and_then(|number| i16::try_from(number).ok())?;
            let is_plain = relation.columns.get(&number).is_some_and(|column| !column.is_generated);
            let is_non_null = target.node("expr").is_some_and(|expr| !self.nullable(expr, env));
            (is_plain && is_non_null).then_some(number)
        });
        assigned.collect::<Vec<i16>>().into_iter()
    }

    /// WHEN NOT MATCHED BY SOURCE: rows of the target that no row of the source goes with.
    fn note_rows_without_source(&self, level: &mut Level<'_, '_>) {
        let query = level.query;
        if merge::actions(query)
            .any(|action| action.number("matchKind") == Some(merge::NOT_MATCHED_BY_SOURCE))
        {
            let written = query.number("resultRelation").unwrap_or(0);
            let count = i64::try_from(query.list("rtable").len()).unwrap_or(0);
            (1..=count).filter(|relation| *relation != written).for_each(|relation| {
                level.add_nuller(relation, Nuller::MERGE);
            });
        }
    }
}

fn columns_where(relation: &Relation, holds: impl Fn(i16) -> bool) -> BTreeSet<i16> {
    relation.columns.keys().copied().filter(|number| holds(*number)).collect()
}

fn written_column(level: &Level<'_, '_>, number: i16) -> Column {
    let relation = level.query.number("resultRelation").unwrap_or(0);
    Column { up: 0, relation, number: i64::from(number), version: 0 }
}

fn mentions(fact: &Fact, relation: i64) -> bool {
    match fact {
        Fact::NonNull(key)
        | Fact::FieldsNonNull(key)
        | Fact::ElementsNonNull(key)
        | Fact::NonNullInSomeRow(key) => key.mentions(relation),
        Fact::NonNullIfPresent(column) => column.relation == relation,
        Fact::Present(_) | Fact::GroupHasRows => false,
    }
}
