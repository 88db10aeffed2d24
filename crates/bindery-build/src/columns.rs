//! The columns and types that `bindery.toml` names: whether they are there, and which they are.

use std::collections::BTreeMap;

use postgres::Client;

use crate::diagnostic::Diagnostic;
use crate::settings::{RustType, Settings};

/// Columns of relations, and attributes of composite types too.
const COLUMNS: &str = "
    SELECT a.attrelid, a.attnum, n.nspname || '.' || c.relname || '.' || a.attname
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname || '.' || c.relname || '.' || a.attname = ANY ($1::text[])
      AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I')";

const MISSING_TYPES: &str = "
    SELECT name
    FROM unnest($1::text[]) AS name
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        WHERE CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE n.nspname || '.' END || t.typname = name
    )";

/// What is named for columns, by relation and number.
#[derive(Debug, Default)]
pub(crate) struct NamedColumns(BTreeMap<(u32, i16), RustType>);

impl NamedColumns {
    pub fn of(&self, place: (u32, i16)) -> Option<&RustType> {
        self.0.get(&place)
    }
}

/// Looks up what is named; a name that is none is a diagnostic.
pub(crate) fn load(
    client: &mut Client,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<NamedColumns, postgres::Error> {
    let mut named = NamedColumns::default();
    if !settings.columns.is_empty() {
        let names: Vec<&String> = settings.columns.keys().collect();
        let mut missing = names.clone();
        for row in client.query(COLUMNS, &[&names])? {
            let name: String = row.get(2);
            missing.retain(|other| **other != name);
            named.0.insert((row.get(0), row.get(1)), settings.columns[&name].clone());
        }
        let help = "write schema, table and column: `public.cars.payload`";
        diagnostics.extend(missing.into_iter().map(|name| no_such("column", "columns", name).help(help)));
    }
    if !settings.types.is_empty() {
        let names: Vec<&String> = settings.types.keys().collect();
        let help = "write schema and type, `public.plate`, or a type of PostgreSQL's own, `jsonb`";
        for row in client.query(MISSING_TYPES, &[&names])? {
            diagnostics.push(no_such("type", "types", row.get(0)).help(help));
        }
    }
    Ok(named)
}

fn no_such(kind: &str, section: &str, name: &str) -> Diagnostic {
    Diagnostic::error(format!("bindery.toml: `{section}.{name:?}`: the database has no such {kind}"))
}
