//! Which relation a statement's rows come from.

use std::collections::BTreeMap;

use postgres::Client;

use crate::wire::{Column, Statement};

/// The live columns of relations that a user may select from, the system's own left out.
const RELATIONS: &str = "
    SELECT c.oid, n.nspname::text, c.relname::text,
           array_agg(a.attnum ORDER BY a.attnum), array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.oid = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    GROUP BY c.oid, n.nspname, c.relname";

/// A table, view, materialized view or foreign table.
#[derive(Debug)]
pub(crate) struct Relation {
    schema: String,
    name: String,
    columns: Vec<RelationColumn>,
}

#[derive(Debug)]
struct RelationColumn {
    number: i16,
    name: String,
}

impl Relation {
    /// `public.cars`
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// A query for all of it.
    pub fn select_all(&self) -> String {
        format!("SELECT * FROM {}.{}", quoted(&self.schema), quoted(&self.name))
    }

    /// Whether a statement's columns are all of the relation's, in order and under their own names.
    pub fn is_whole(&self, statement: &Statement) -> bool {
        let columns = &statement.columns;
        let is_own = |(column, own): (&Column, &RelationColumn)| {
            column.origin.is_some_and(|(_, number)| number == own.number) && column.name == own.name
        };
        columns.len() == self.columns.len() && columns.iter().zip(&self.columns).all(is_own)
    }

    /// Whether columns that come from `origins` are all of the relation's, in order, whatever they are called.
    pub fn is_all(&self, origins: &[Option<(u32, i16)>]) -> bool {
        let first = origins.first().copied().flatten().map(|(relation, _)| relation);
        let is_own = |(origin, own): (&Option<(u32, i16)>, &RelationColumn)| {
            origin.is_some_and(|(relation, number)| Some(relation) == first && number == own.number)
        };
        origins.len() == self.columns.len() && origins.iter().zip(&self.columns).all(is_own)
    }
}

/// The one relation that every column of a statement comes from; a single column is a value, not a row.
pub(crate) fn single_origin(statement: &Statement) -> Option<u32> {
    let [first, _, ..] = &statement.columns[..] else { return None };
    let (relation, _) = first.origin?;
    let is_its = |column: &Column| column.origin.is_some_and(|(other, _)| other == relation);
    statement.columns.iter().all(is_its).then_some(relation)
}

/// The relations of which some statement returns whole rows, and those in `embedded`, by OID.
pub(crate) fn returned_whole<'p>(
    client: &mut Client,
    statements: impl Iterator<Item = &'p Statement> + Clone,
    embedded: &[u32],
) -> Result<BTreeMap<u32, Relation>, postgres::Error> {
    let mut origins: Vec<u32> = statements.clone().filter_map(single_origin).collect();
    origins.extend(embedded);
    origins.sort_unstable();
    origins.dedup();
    let mut relations = BTreeMap::new();
    for row in client.query(RELATIONS, &[&origins])? {
        let (numbers, names): (Vec<i16>, Vec<String>) = (row.get(3), row.get(4));
        let columns = numbers.into_iter().zip(names);
        let columns = columns.map(|(number, name)| RelationColumn { number, name }).collect();
        relations.insert(row.get(0), Relation { schema: row.get(1), name: row.get(2), columns });
    }
    let whole: Vec<u32> = statements
        .filter_map(|statement| Some((single_origin(statement)?, statement)))
        .filter(|(origin, statement)| {
            relations.get(origin).is_some_and(|relation| relation.is_whole(statement))
        })
        .map(|(origin, _)| origin)
        .collect();
    relations.retain(|oid, _| whole.contains(oid) || embedded.contains(oid));
    Ok(relations)
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
