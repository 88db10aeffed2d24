//! `sequential-scan`: what a given database plans for the queries, with the statistics that it has.
//!
//! Nothing is run and nothing stays: each plan is made in a read-only transaction that is rolled back. A role that may only
//! read is enough, but for statements that write: PostgreSQL plans those only for who may run them.

use postgres::{Client, SimpleQueryMessage};

use crate::query::Query;

/// Forces the plan that has to do for every value of the parameters, and names relations with their schemas.
const PLAN: &str =
    "SET LOCAL plan_cache_mode = force_generic_plan; EXPLAIN (COSTS OFF, VERBOSE) EXECUTE bindery_lint";

const PARAMETERS: &str = "
    SELECT pg_catalog.cardinality(parameter_types)::text
    FROM pg_catalog.pg_prepared_statements WHERE name = 'bindery_lint'";

const ROWS: &str =
    "SELECT reltuples::float8 FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)::oid";

/// A table that a query reads as a whole, and of which it drops rows.
#[derive(Debug)]
pub(crate) struct Scan<'q> {
    pub query: &'q Query,
    /// As the plan has it: `public.cars`.
    pub table: String,
    /// How many rows PostgreSQL believes it has.
    pub rows: f64,
    /// What rows are looked for, as PostgreSQL shows it.
    pub filter: String,
}

/// What the plans of queries tell.
#[derive(Debug, Default)]
pub(crate) struct Scans<'q> {
    pub scans: Vec<Scan<'q>>,
    /// Queries that the database does not plan, with the reason.
    pub unplanned: Vec<(&'q Query, postgres::Error)>,
}

/// Finds the sequential scans with a filter over tables of more than `rows` rows.
///
/// # Errors
/// The connection fails.
pub(crate) fn scans<'q>(
    client: &mut Client,
    queries: impl IntoIterator<Item = &'q Query>,
    rows: u64,
) -> Result<Scans<'q>, postgres::Error> {
    let mut all = Scans::default();
    for query in queries {
        let plan = match plan(client, &query.sql) {
            Ok(plan) => plan,
            Err(error) if error.as_db_error().is_none() => return Err(error),
            Err(error) => {
                all.unplanned.push((query, error));
                continue;
            }
        };
        for (table, filter) in filtered_scans(&plan) {
            let found = client.query_opt(ROWS, &[&table])?.map_or(0.0, |row| row.get::<_, f64>(0));
            if found > rows as f64 {
                all.scans.push(Scan { query, table, rows: found, filter });
            }
        }
    }
    Ok(all)
}

/// The lines of a query's plan; none for a statement that has no plan.
fn plan(client: &mut Client, sql: &str) -> Result<Vec<String>, postgres::Error> {
    if !has_plan(sql) {
        return Ok(Vec::new());
    }
    client.batch_execute("BEGIN READ ONLY")?;
    let planned = plan_in_transaction(client, sql);
    client.batch_execute("ROLLBACK")?;
    if planned.is_ok() {
        // A prepared statement outlives its transaction.
        client.batch_execute("DEALLOCATE bindery_lint")?;
    } else {
        forget(client)?;
    }
    planned
}

fn plan_in_transaction(client: &mut Client, sql: &str) -> Result<Vec<String>, postgres::Error> {
    // A comment at its end ends with the line.
    client.batch_execute(&format!("PREPARE bindery_lint AS {sql}\n"))?;
    let count = first_column(client.simple_query(PARAMETERS)?);
    let count = count.first().and_then(|count| count.parse().ok()).unwrap_or(0);
    let values = vec!["NULL"; count].join(", ");
    let values = if count > 0 { format!("({values})") } else { values };
    Ok(first_column(client.simple_query(&format!("{PLAN}{values}"))?))
}

/// Drops the statement if it was prepared before something failed.
fn forget(client: &mut Client) -> Result<(), postgres::Error> {
    match client.batch_execute("DEALLOCATE bindery_lint") {
        Err(error) if error.as_db_error().is_none() => Err(error),
        _ => Ok(()),
    }
}

/// Whether it is a statement that PREPARE takes.
fn has_plan(sql: &str) -> bool {
    const WORDS: [&str; 8] = ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE"];
    let first = sql.trim_start_matches(['(', ' ', '\t', '\r', '\n']);
    let word: String = first.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(&word))
}

fn first_column(messages: Vec<SimpleQueryMessage>) -> Vec<String> {
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    rows.collect()
}

/// The relation and the filter of each sequential scan that has one; the names of a plan's nodes are never translated.
fn filtered_scans(plan: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut scanned: Option<&str> = None;
    for line in plan {
        let node = line.trim_start().trim_start_matches("->").trim_start();
        let is_node = line.trim_start().starts_with("->") || !line.starts_with(' ');
        if is_node {
            scanned =
                ["Seq Scan on ", "Parallel Seq Scan on "].iter().find_map(|kind| node.strip_prefix(kind));
        } else if let (Some(table), Some(filter)) = (scanned, node.strip_prefix("Filter: ")) {
            found.push((relation(table).to_owned(), filter.to_owned()));
        }
    }
    found
}

/// `public."odd name"` of `public."odd name" alias`
fn relation(text: &str) -> &str {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    });
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::parse::{self, Unnamed};
    use crate::source::SourceFile;

    const SCHEMA: &str = r#"
        CREATE TABLE cars (id int PRIMARY KEY, plate text NOT NULL, note text);
        CREATE TABLE "odd name" (id int);
        CREATE TABLE few (id int);
        INSERT INTO cars SELECT i, 'p' || i FROM generate_series(1, 20000) i;
        INSERT INTO "odd name" SELECT generate_series(1, 20000);
        INSERT INTO few VALUES (1);
        ANALYZE;"#;

    const QUERIES: &str = r#"
-- name: ByKey :many
SELECT plate FROM cars WHERE id = @id;
-- name: ByNote :many
SELECT id FROM cars c WHERE note = @note AND plate <> @other;
-- name: All :many
SELECT id FROM cars;
-- name: Few :many
SELECT id FROM few WHERE id = @id;
-- name: Odd :many
(SELECT id FROM "odd name" o WHERE id = $1) -- last
-- name: Change :exec
UPDATE cars SET note = '' WHERE plate = @plate;
-- name: Refuse :exec
SELECT nothing FROM cars;
-- name: Utility :exec
VACUUM cars;
"#;

    fn scanned(client: &mut Client, queries: &[Query]) -> (Vec<String>, Vec<String>) {
        let found = scans(client, queries, 10_000).unwrap();
        let scans = found.scans.iter().map(|scan| format!("{} {}", scan.query.name, scan.table));
        (scans.collect(), found.unplanned.iter().map(|(query, _)| query.name.clone()).collect())
    }

    #[test]
    fn scans_of_big_tables_with_a_filter_are_found() {
        let server = bindery_postgres::Server::start().unwrap();
        let database = server.create_database().unwrap();
        let mut client = database.connect().unwrap();
        client.batch_execute(SCHEMA).unwrap();
        let file =
            Arc::new(SourceFile { path: "q.sql".into(), text: QUERIES.replace("-- last\n", "-- last\n;\n") });
        let mut diagnostics = Vec::new();
        let queries = parse::parse(&file, Unnamed::Mistake, &mut diagnostics).queries;
        assert!(diagnostics.is_empty(), "{diagnostics:?}");

        let found = scanned(&mut client, &queries);
        assert_eq!(found.0, ["ByNote public.cars", "Odd public.\"odd name\"", "Change public.cars"]);
        assert_eq!(found.1, ["Refuse"]);

        let role = format!("reader_{}", std::process::id());
        let reader = format!(
            "CREATE ROLE {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; SET ROLE {role}"
        );
        client.batch_execute(&reader).unwrap();
        let found = scanned(&mut client, &queries);
        assert_eq!(found.0, ["ByNote public.cars", "Odd public.\"odd name\""]);
        assert_eq!(found.1, ["Change", "Refuse"]);
        client.batch_execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();

        let left: i64 = client
            .query_one("SELECT count(*) FROM pg_prepared_statements WHERE from_sql", &[])
            .unwrap()
            .get(0);
        assert_eq!(left, 0);
    }
}
