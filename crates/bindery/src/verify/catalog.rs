//! Asks the catalogs about tables and types: one query each, whatever their number.

use std::collections::HashMap;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

use crate::error::Error;
use crate::query::Query;
use crate::session::Session;
use crate::verify::compare::compare;
use crate::verify::drift::{Drift, DriftKind};
use crate::verify::queries::{LockedComposite, LockedDomain, LockedEnum, LockedRelation, Queries};

/// A relation is found by its whole name; by `$2` through an index, since in a large catalog the server would take it for a
/// long query, compile it, and spend most of the time on that. Beside it, what its name alone stands for.
///
/// PostgreSQL 18 has NOT NULL constraints that were never checked.
const RELATIONS: &str = "
    SELECT locked.name, c.oid IS NOT NULL, bare.name,
           (SELECT n.nspname || '.' || s.relname
            FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
            WHERE s.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(bare.name))),
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
                   AND NOT EXISTS (
                       SELECT FROM pg_catalog.pg_constraint k
                       WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated
                         AND a.attnum = ANY (k.conkey)))
    FROM pg_catalog.unnest($1) WITH ORDINALITY locked (name, place)
    CROSS JOIN LATERAL pg_catalog.substr(locked.name, pg_catalog.strpos(locked.name, '.') + 1) bare (name)
    LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace)
           ON n.nspname || '.' || c.relname = locked.name AND c.relname = ANY ($2::name[])
              AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ORDER BY locked.place";

/// Constraints print the functions in them with their schema unless the search_path has it, so there is one for all: the
/// one that the code was generated with. It is that of this statement alone.
const TYPES: &str = "
    WITH path AS MATERIALIZED (SELECT pg_catalog.set_config('search_path', 'public', true)),
    named AS NOT MATERIALIZED (
        SELECT t.oid, CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE n.nspname || '.' END
                          || coalesce(e.typname || '[]', t.typname) AS name
        FROM pg_catalog.pg_type t
        LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = coalesce(e.typnamespace, t.typnamespace))
    SELECT n.nspname || '.' || t.typname, t.typtype::text,
           ARRAY(SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid
                 ORDER BY l.enumsortorder),
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           ARRAY(SELECT named.name FROM pg_catalog.pg_attribute a JOIN named ON named.oid = a.atttypid
                 WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           (SELECT named.name FROM named WHERE named.oid = t.typbasetype),
           ARRAY(SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k
                 WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY 1)
    FROM path
    CROSS JOIN pg_catalog.pg_type t
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('c', 'd', 'e') AND n.nspname || '.' || t.typname = ANY ($1)
      AND t.typname = ANY ($2::name[])";

/// What there is in place of a locked relation.
#[derive(Debug)]
pub(crate) struct Relation {
    locked: &'static LockedRelation,
    exists: bool,
    /// Its name without schema.
    name: String,
    /// The relation that this name stands for.
    stands_for: Option<String>,
    columns: Vec<String>,
    not_null: Vec<String>,
}

/// Looks all relations up.
pub(crate) async fn relations(session: &Session, queries: &Queries) -> Result<Vec<Relation>, Error> {
    let names: Vec<&str> = queries.relations.iter().map(|locked| locked.name).collect();
    let rows = ask(session, RELATIONS, &names).await?;
    let rows = queries.relations.iter().zip(&rows);
    rows.map(|(locked, row)| {
        Ok(Relation {
            locked,
            exists: get(row, 1)?,
            name: get(row, 2)?,
            stands_for: get(row, 3)?,
            columns: get(row, 4)?,
            not_null: get(row, 5)?,
        })
    })
    .collect()
}

impl Relation {
    /// How the relation itself differs.
    pub fn drifts(&self) -> Vec<Drift> {
        let drift = |kind| Drift::new(kind, self.locked.name);
        if !self.exists {
            let missing = drift(DriftKind::RelationMissing).part(&self.name);
            return vec![Drift { is: self.stands_for.clone(), ..missing }];
        }
        let columns = self.locked.not_null.iter().copied();
        let drifts = columns.filter_map(|column| {
            let is_among = |columns: &[String]| columns.iter().any(|name| name == column);
            match (is_among(&self.columns), is_among(&self.not_null)) {
                (true, true) => None,
                (true, false) => Some(drift(DriftKind::ColumnNullable).part(column)),
                (false, _) => Some(drift(DriftKind::ColumnMissing).part(column)),
            }
        });
        drifts.collect()
    }

    /// Whose queries now mean another relation by its name: one that no query was generated for, so it is new on the
    /// search_path.
    pub fn hidden_from(&self, queries: &Queries) -> Vec<Drift> {
        let Some(other) = self.stands_for.as_deref() else { return Vec::new() };
        if !self.exists || queries.relations.iter().any(|known| known.name == other) {
            return Vec::new();
        }
        let mentions = queries.queries.iter().filter(|query| mentions(query.sql, &self.name));
        let drift = |query: &&Query| Drift::of_query(DriftKind::QueryRelation, query);
        mentions.map(|query| drift(query).part(&self.name).was(self.locked.name).is(other)).collect()
    }
}

/// Whether a name stands somewhere in SQL without another before or behind it: `cars` or `"cars"`, but not `public.cars`.
fn mentions(sql: &str, name: &str) -> bool {
    let folds = name.to_lowercase() == name;
    let sql = if folds { sql.to_lowercase() } else { sql.to_owned() };
    let is_more = |c: char| c.is_alphanumeric() || "_$.".contains(c);
    sql.match_indices(name).any(|(start, _)| {
        let (before, after) = (&sql[..start], &sql[start + name.len()..]);
        let before = before.strip_suffix('"').unwrap_or(before);
        let after = after.strip_prefix('"').unwrap_or(after);
        !before.ends_with(is_more) && !after.starts_with(is_more)
    })
}

/// How enums, composite types and domains differ.
pub(crate) async fn type_drifts(session: &Session, queries: &Queries) -> Result<Vec<Drift>, Error> {
    let enums = queries.enums.iter().map(|locked| locked.name);
    let composites = queries.composites.iter().map(|locked| locked.name);
    let domains = queries.domains.iter().map(|locked| locked.name);
    let names: Vec<&str> = enums.chain(composites).chain(domains).collect();
    let rows = ask(session, TYPES, &names).await?;
    let mut found = HashMap::new();
    for row in &rows {
        let key: (&str, &str) = (get(row, 0)?, get(row, 1)?);
        found.insert(key, row);
    }
    let mut drifts = Vec::new();
    for locked in queries.enums {
        drifts.extend(enum_drifts(locked, found.get(&(locked.name, "e")))?);
    }
    for locked in queries.composites {
        drifts.extend(composite_drifts(locked, found.get(&(locked.name, "c")))?);
    }
    for locked in queries.domains {
        drifts.extend(domain_drifts(locked, found.get(&(locked.name, "d")))?);
    }
    Ok(drifts)
}

fn enum_drifts(locked: &LockedEnum, found: Option<&&Row>) -> Result<Vec<Drift>, Error> {
    let Some(row) = found else { return Ok(vec![missing("enum", locked.name)]) };
    let labels: Vec<&str> = get(row, 2)?;
    let drift = Drift::new(DriftKind::EnumLabel, locked.name);
    Ok(compare(&drift, &untyped(locked.labels), &untyped(&labels)))
}

fn composite_drifts(locked: &LockedComposite, found: Option<&&Row>) -> Result<Vec<Drift>, Error> {
    let Some(row) = found else { return Ok(vec![missing("composite type", locked.name)]) };
    let (names, types): (Vec<&str>, Vec<&str>) = (get(row, 3)?, get(row, 4)?);
    let found: Vec<_> = names.into_iter().zip(types).collect();
    let types = locked.attributes.iter().map(|(_, ty)| without_modifier(ty)).collect::<Vec<_>>();
    let expected: Vec<_> =
        locked.attributes.iter().zip(&types).map(|((name, _), ty)| (*name, ty.as_str())).collect();
    Ok(compare(&Drift::new(DriftKind::CompositeAttribute, locked.name), &expected, &found))
}

fn domain_drifts(locked: &LockedDomain, found: Option<&&Row>) -> Result<Vec<Drift>, Error> {
    let Some(row) = found else { return Ok(vec![missing("domain", locked.name)]) };
    let (base, checks): (&str, Vec<&str>) = (get(row, 5)?, get(row, 6)?);
    let was = without_modifier(locked.base);
    let mut drifts = Vec::new();
    if base != was {
        drifts.push(Drift::new(DriftKind::DomainBase, locked.name).was(was).is(base));
    }
    let mut expected = untyped(locked.checks);
    expected.sort_unstable();
    let mut found = untyped(&checks);
    found.sort_unstable();
    drifts.extend(compare(&Drift::new(DriftKind::DomainCheck, locked.name), &expected, &found));
    Ok(drifts)
}

fn missing(kind: &str, name: &str) -> Drift {
    Drift::new(DriftKind::TypeMissing, name).was(kind)
}

fn untyped<'n>(names: &[&'n str]) -> Vec<(&'n str, &'n str)> {
    names.iter().map(|name| (*name, "")).collect()
}

/// `numeric[]` for `numeric(10,2)[]`.
fn without_modifier(ty: &str) -> String {
    match (ty.find('('), ty.find(')')) {
        (Some(start), Some(end)) if ty.starts_with("numeric(") => {
            format!("{}{}", &ty[..start], &ty[end + 1..])
        }
        _ => ty.to_owned(),
    }
}

/// Runs a query about names without preparing it: `$1` are the names, `$2` what may be their part behind the schema, since
/// either part can have a dot in it.
async fn ask<'n>(session: &Session, sql: &str, names: &[&'n str]) -> Result<Vec<Row>, Error> {
    let without_schema = |name: &'n str| name.match_indices('.').map(|(dot, _)| &name[dot + 1..]);
    let bare: Vec<&str> = names.iter().copied().flat_map(without_schema).collect();
    let params: [(&(dyn ToSql + Sync), Type); 2] = [(&names, Type::TEXT_ARRAY), (&bare, Type::TEXT_ARRAY)];
    session.client.query_typed(sql, &params).await.map_err(Error::server)
}

fn get<'r, T: FromSql<'r>>(row: &'r Row, index: usize) -> Result<T, Error> {
    row.try_get(index).map_err(Error::server)
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_alone_is_told_from_one_with_others() {
        for sql in ["SELECT * FROM cars", "select 1 from \"cars\" c", "TABLE Cars;", "cars", "(cars)"] {
            assert!(mentions(sql, "cars"), "{sql}");
        }
        for sql in ["FROM public.cars c", "FROM public.\"cars\"", "SELECT cars.id", "old_cars", "cars2", ""] {
            assert!(!mentions(sql, "cars"), "{sql}");
        }
        assert!(mentions("TABLE \"Cars\"", "Cars") && !mentions("TABLE \"cars\"", "Cars"));
    }
}
