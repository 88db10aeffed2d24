//! Single calls: statements, rows and errors.

use bindery::{Connection, DatabaseClient, Error, Query};
use futures_util::future::try_join_all;

use crate::{WORDS, client, database, insert, query, run, words};

static PREPARED: Query = query(
    "Prepared",
    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT word%'",
    &[("count", "int8")],
);

async fn prepared(conn: &Connection) -> i64 {
    conn.fetch_one(&PREPARED, &[], |row| row.get(0)).await.unwrap()
}

#[tokio::test]
async fn a_query_is_parsed_once_a_connection() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    for _ in 0..5 {
        words(&conn).await.unwrap();
    }
    assert_eq!(prepared(&conn).await, 1);
}

#[tokio::test]
async fn calls_run_at_the_same_time_on_one_connection() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    try_join_all((0..100).map(|_| words(&conn))).await.unwrap();
    assert_eq!(prepared(&conn).await, 1);
    try_join_all((0..100).map(async |id| insert(&conn, id, &format!("w{id}")).await)).await.unwrap();
    let expected: Vec<String> = (0..100).map(|id| format!("w{id}")).collect();
    assert_eq!(words(&conn).await.unwrap(), expected);
}

#[tokio::test]
async fn the_number_of_rows_is_what_the_query_promises() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let one = async || conn.fetch_one(&WORDS, &[], |row| row.get::<String>(0)).await;
    let optional = async || conn.fetch_opt(&WORDS, &[], |row| row.get::<String>(0)).await;
    assert!(one().await.unwrap_err().is_no_rows());
    assert_eq!(optional().await.unwrap(), None);
    insert(&conn, 1, "a").await.unwrap();
    assert_eq!(one().await.unwrap(), "a");
    assert_eq!(optional().await.unwrap().as_deref(), Some("a"));
    insert(&conn, 2, "b").await.unwrap();
    insert(&conn, 3, "c").await.unwrap();
    assert!(one().await.unwrap_err().is_too_many_rows());
    assert_eq!(
        optional().await.unwrap_err().to_string(),
        "query Words (queries/t.sql): there is more than one row"
    );
}

#[tokio::test]
async fn a_schema_that_has_changed_is_noticed_before_a_row_is_read() {
    static DRIFTED: Query = Query {
        name: "Drifted",
        file: "queries/t.sql",
        sql: "SELECT id FROM t",
        params: &[],
        columns: &[("id", "int4")],
    };
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let error = conn.fetch_many(&DRIFTED, &[], |row| row.get::<i32>(0)).await.unwrap_err();
    assert!(error.is_schema_drift());
    assert!(error.to_string().contains("query Drifted (queries/t.sql)"), "{error}");
    assert!(error.to_string().ends_with("column `id` was int4, is int8"), "{error}");
}

#[tokio::test]
async fn a_plan_that_the_server_cannot_use_any_more_is_made_anew() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    words(&conn).await.unwrap();
    insert(&conn, 1, "a").await.unwrap();
    // The server says "cached plan must not change result type", though the columns that are asked for are the same.
    run(
        &database,
        "ALTER TABLE t ALTER COLUMN word TYPE varchar(10); ALTER TABLE t ALTER COLUMN word TYPE word",
    );
    assert_eq!(words(&conn).await.unwrap(), ["a"]);
    run(&database, "ALTER TABLE t ALTER COLUMN word TYPE varchar(10)");
    let error = words(&conn).await.unwrap_err();
    assert!(error.to_string().ends_with("column `word` was text, is varchar"), "{error}");
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_in_a_transaction_is_an_error_there_alone() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    words(&tx).await.unwrap();
    tx.commit().await.unwrap();
    run(&database, "ALTER TABLE t ALTER COLUMN word TYPE varchar(10)");
    let tx = client.begin().await.unwrap();
    assert_eq!(words(&tx).await.unwrap_err().sqlstate(), Some(&bindery::SqlState::FEATURE_NOT_SUPPORTED));
    drop(tx);
    run(&database, "ALTER TABLE t ALTER COLUMN word TYPE word");
    assert_eq!(words(&client.begin().await.unwrap()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_statement_that_a_session_has_lost_is_prepared_again() {
    static DEALLOCATE: Query = query("Deallocate", "DEALLOCATE ALL", &[]);
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    words(&conn).await.unwrap();
    conn.exec(&DEALLOCATE, &[]).await.unwrap();
    assert_eq!(words(&conn).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_value_that_cannot_be_read_names_query_and_column() {
    static NULL: Query = query("Null", "SELECT NULL::text AS nothing", &[("nothing", "text")]);
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let error = conn.fetch_one(&NULL, &[], |row| row.get::<String>(0)).await.unwrap_err();
    let message = error.to_string();
    assert_eq!(message, "query Null (queries/t.sql): column nothing cannot be read: it is NULL");
    assert_eq!(words(&conn).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn errors_keep_what_the_server_said() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    insert(&conn, 1, "a").await.unwrap();
    let error = insert(&conn, 1, "b").await.unwrap_err();
    assert_eq!(error.query(), Some("Insert"));
    assert_eq!(error.constraint(), Some("t_pkey"));
    assert_eq!(error.detail(), Some("Key (id)=(1) already exists."));
    assert!(insert(&conn, 2, "").await.unwrap_err().is_check_violation());
    assert_eq!(
        format!("{error:?}"),
        "query Insert (queries/t.sql): the database refused: duplicate key value violates unique constraint \
         \"t_pkey\" (23505)\n  detail: Key (id)=(1) already exists.\n  constraint: t_pkey"
    );
}

#[test]
fn futures_may_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
    #[allow(dead_code)]
    fn all(client: &'static DatabaseClient, conn: &'static Connection) {
        is_send(DatabaseClient::create(bindery::Config::from_env().unwrap()));
        is_send(client.connection());
        is_send(client.begin());
        is_send(client.transaction(async |tx| {
            insert(tx, 1, "").await?;
            tx.transaction(async |savepoint| insert(savepoint, 2, "").await).await
        }));
        is_send(async { client.begin().await?.begin().await?.commit().await });
        is_send(async { client.begin().await?.rollback().await });
        is_send(insert(conn, 1, ""));
        is_send(words(conn));
        is_send(conn.fetch_opt(&WORDS, &[], |row| row.get::<String>(0)));
    }
    is_error::<Error>();
}
