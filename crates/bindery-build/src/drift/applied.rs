//! Which migrations a database has, by goose's own table.

use std::collections::{BTreeMap, BTreeSet};

use bindery_migrate::{Format, Migration};
use postgres::Client;

use super::report::{Drift, DriftChange, DriftKind, DriftSeverity};

/// The one that `goose` would use on this connection comes first; somebody else may have put it into a schema of its own,
/// unless another table is named.
const TABLES: &str = "
    SELECT n.nspname || '.' || c.relname,
           quote_ident(n.nspname) || '.' || quote_ident(c.relname),
           has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
      AND (c.oid = pg_catalog.to_regclass($1) OR $1 = 'goose_db_version' AND c.relname = $1)
    ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname
    LIMIT 1";

/// What the database says of its migrations.
pub(super) enum Applied {
    /// Nobody has noted any.
    NoTable,
    /// By its name.
    NotReadable(String),
    Versions {
        /// By its name.
        table: String,
        versions: BTreeSet<i64>,
    },
}

/// Reads the table, as goose before 3.22 has it and since: a Down was a row too, so a version's newest row decides.
///
/// # Errors
/// The connection fails.
pub(super) fn load(client: &mut Client, table: &str) -> Result<Applied, postgres::Error> {
    let Some(found) = client.query_opt(TABLES, &[&table])? else { return Ok(Applied::NoTable) };
    let (table, quoted): (String, String) = (found.get(0), found.get(1));
    if !found.get::<_, bool>(2) {
        return Ok(Applied::NotReadable(table));
    }
    let mut newest: BTreeMap<i64, bool> = BTreeMap::new();
    for row in client.query(&format!("SELECT version_id, is_applied FROM {quoted} ORDER BY id DESC"), &[])? {
        newest.entry(row.get(0)).or_insert(row.get(1));
    }
    // Version 0 says that the table was made.
    let versions = newest.into_iter().filter(|(version, is_applied)| *version > 0 && *is_applied);
    Ok(Applied::Versions { table, versions: versions.map(|(version, _)| version).collect() })
}

/// The table in which the tool notes what it has applied, unless it is told another.
pub(super) fn table_of(format: Format) -> Option<&'static str> {
    match format {
        Format::GolangMigrate | Format::Dbmate => Some("schema_migrations"),
        Format::SqlMigrate => Some("gorp_migrations"),
        Format::Tern => Some("schema_version"),
        _ => None,
    }
}

/// What is not applied, and what is applied but not here.
pub(super) fn compare(migrations: &[Migration], format: Format, applied: &Applied) -> Vec<Drift> {
    use DriftSeverity::{Error, Note, Warning};
    let told = |severity, object: &str, text: String| {
        Drift::new(severity, DriftKind::Migration, object, DriftChange::Told(text))
    };
    if let Some((table, first)) = table_of(format).zip(migrations.first()) {
        let text = format!(
            "the files are of {format}, and its table {table} is not read, so which of them are applied is not told"
        );
        return vec![told(Note, &first.path, text)];
    }
    let unnumbered = migrations.iter().find(|migration| migration.version.is_none());
    match (applied, unnumbered) {
        (_, Some(first)) => {
            let text = "the files have no numbers, so which of them are applied cannot be told".to_owned();
            vec![told(Note, &first.path, text)]
        }
        (Applied::NoTable, None) if migrations.is_empty() => Vec::new(),
        (Applied::NoTable, None) => {
            let text = "no schema has this table, so which migrations are applied cannot be told".to_owned();
            vec![told(Warning, "goose_db_version", text)]
        }
        (Applied::NotReadable(table), None) => {
            let text = "the role may not read it, so which migrations are applied cannot be told".to_owned();
            vec![told(Warning, table, text)]
        }
        (Applied::Versions { table, versions }, None) => {
            let is_missing = |migration: &&Migration| {
                migration.version.is_some_and(|version| !versions.contains(&version))
            };
            let missing = migrations.iter().filter(is_missing);
            let missing = missing
                .map(|migration| told(Error, &migration.path, format!("it is not applied, says {table}")));
            let has_file =
                |version: &&i64| migrations.iter().any(|migration| migration.version == Some(**version));
            let unknown = versions.iter().filter(|version| !has_file(version));
            let unknown = unknown.map(|version| {
                told(Warning, &version.to_string(), format!("it is applied, says {table}, but has no file"))
            });
            missing.chain(unknown).collect()
        }
    }
}
