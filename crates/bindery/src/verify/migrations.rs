//! Asks goose's version table which migrations the database has.

use tokio_postgres::Row;

use crate::error::Error;
use crate::session::Session;
use crate::verify::drift::{Drift, DriftKind};
use crate::verify::queries::Queries;
use crate::verify::server::Server;
use crate::verify::statements::judgement;

/// Before goose 3.22 a Down was noted as a row too, so a version's newest row decides. Version 0 says that there was
/// nothing.
fn applied_sql(table: &str) -> String {
    format!(
        "SELECT version_id
         FROM (SELECT DISTINCT ON (version_id) version_id, is_applied
               FROM {table} ORDER BY version_id, id DESC) newest
         WHERE is_applied AND version_id <> 0
         ORDER BY version_id"
    )
}

/// Which of the migrations `known` to the program are not applied, and which that are it does not know.
pub(crate) async fn drifts(
    session: &Session,
    server: &Server,
    queries: &Queries,
) -> Result<Vec<Drift>, Error> {
    let (known, table) = (queries.migrations, queries.migration_table);
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = Drift::new(DriftKind::MigrationsUnreadable, table);
    if !server.has_version_table {
        return Ok(vec![unreadable]);
    }
    let rows = match session.client.query_typed(&applied_sql(table), &[]).await {
        Ok(rows) => rows,
        Err(error) => match judgement(&error) {
            Some(message) => return Ok(vec![unreadable.is(message)]),
            None => return Err(Error::server(error)),
        },
    };
    let version = |row: &Row| row.try_get(0).map_err(Error::server);
    let applied: Vec<i64> = rows.iter().map(version).collect::<Result<_, _>>()?;
    let missing = known.iter().filter(|version| !applied.contains(version));
    let unknown = applied.iter().filter(|version| !known.contains(version));
    let drift = |kind, version: &i64| Drift::new(kind, version.to_string());
    let missing = missing.map(|version| drift(DriftKind::MigrationMissing, version));
    Ok(missing.chain(unknown.map(|version| drift(DriftKind::MigrationUnknown, version))).collect())
}
