//! Whether another tool keeps a database.

use tokio_postgres::Error;

use crate::client::{Client, rows};

/// Their tables, as the `search_path` shows them. Two names are such as an application could have, so that the columns
/// have to be the tool's as well (golang-migrate `database/pgx`, dbmate `pkg/driver/postgres`, sql-migrate `migrate.go`,
/// tern `migrate.go`).
const TABLES: &str = "
    SELECT tool, name
    FROM (VALUES
        ('golang-migrate', 'schema_migrations', 'version,dirty'), ('dbmate', 'schema_migrations', 'version'),
        ('sql-migrate', 'gorp_migrations', NULL), ('tern', 'schema_version', 'version'),
        ('sqlx', '_sqlx_migrations', NULL), ('diesel', '__diesel_schema_migrations', NULL),
        ('refinery', 'refinery_schema_history', NULL), ('Flyway', 'flyway_schema_history', NULL)
    ) known (tool, name, columns)
    WHERE pg_catalog.to_regclass(name) IS NOT NULL
      AND (columns IS NULL OR columns = (
          SELECT pg_catalog.string_agg(attname, ',' ORDER BY attnum) FROM pg_catalog.pg_attribute
          WHERE attrelid = pg_catalog.to_regclass(name) AND attnum > 0 AND NOT attisdropped))";

pub(crate) struct OtherTool {
    pub tool: String,
    pub table: String,
}

/// The tool whose table there is.
pub(crate) async fn other_tool<C: Client>(client: &mut C) -> Result<Option<OtherTool>, Error> {
    let found = rows(client, TABLES).await?.into_iter().next();
    Ok(found.map(|row| OtherTool { tool: row[0].clone(), table: row[1].clone() }))
}
