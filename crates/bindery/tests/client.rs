//! The client, its pool and its transactions on a real server.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bindery::{Config, Connection, DatabaseClient, Domain, Error, Interval, Numeric, Query};
use bindery_postgres::{Database, Server};

static INSERT: Query = Query {
    name: "Insert",
    file: "queries/t.sql",
    sql: "INSERT INTO t (id, word) VALUES ($1, $2)",
    params: &["int8", "public.word"],
    columns: &[],
};
static WORDS: Query = Query {
    name: "Words",
    file: "queries/t.sql",
    sql: "SELECT word FROM t ORDER BY id",
    params: &[],
    columns: &[("word", "text")],
};
static SLEEP: Query =
    Query { name: "Sleep", file: "queries/t.sql", sql: "SELECT pg_sleep(60)", params: &[], columns: &[] };

const SCHEMA: &str = "CREATE DOMAIN word AS text CHECK (VALUE <> '');
    CREATE TABLE t (id bigint PRIMARY KEY, word word NOT NULL);";

async fn insert(conn: &Connection, id: i64, word: &str) -> Result<(), Error> {
    conn.execute(&INSERT, &[&id, &Domain(word)]).await?;
    Ok(())
}

async fn words(conn: &Connection) -> Result<Vec<String>, Error> {
    conn.fetch_many(&WORDS, &[], |row| row.get(0)).await
}

fn database() -> Database {
    let database = Server::start().unwrap().create_database().unwrap();
    let url = database.url().to_owned();
    let setup = move || {
        bindery_postgres::Client::connect(&url, bindery_postgres::NoTls).unwrap().batch_execute(SCHEMA)
    };
    std::thread::spawn(setup).join().unwrap().unwrap();
    database
}

async fn client(database: &Database, connections: u32) -> DatabaseClient {
    let config = Config::from_url(database.url()).unwrap().max_connections(connections);
    DatabaseClient::create(config.connection_timeout(Duration::from_secs(10))).await.unwrap()
}

#[tokio::test]
async fn a_client_that_cannot_work_is_none() {
    let database = database();
    let wrong = format!("{}_", database.url());
    let error = DatabaseClient::create(Config::from_url(&wrong).unwrap()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot connect to the database: database \"bindery_\" does not exist (3D000)"
    );
    assert!(error.is_connection());
}

#[tokio::test]
async fn many_calls_share_one_connection() {
    let database = database();
    let client = client(&database, 1).await;
    let calls = (0..100).map(|id| {
        let client = client.clone();
        tokio::spawn(async move { insert(&client.connection().await?, id, "w").await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_query_is_parsed_once_a_connection() {
    static PREPARED: Query = Query {
        name: "Prepared",
        file: "queries/t.sql",
        sql: "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT word%'",
        params: &[],
        columns: &[("count", "int8")],
    };
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    for _ in 0..5 {
        words(&conn).await.unwrap();
    }
    let prepared: i64 = conn.fetch_one(&PREPARED, &[], |row| row.get(0)).await.unwrap();
    assert_eq!(prepared, 1);
}

#[tokio::test]
async fn a_transaction_commits_rolls_back_and_nests() {
    let database = database();
    let client = client(&database, 1).await;
    let outcome: Result<(), Error> = client
        .transaction(async |tx| {
            insert(tx, 1, "kept").await?;
            let inner: Result<(), Error> = tx
                .transaction(async |savepoint| {
                    insert(savepoint, 2, "undone").await?;
                    insert(savepoint, 1, "twice").await
                })
                .await;
            assert!(inner.unwrap_err().is_unique_violation());
            let savepoint = tx.begin().await?;
            insert(&savepoint, 3, "kept too").await?;
            savepoint.commit().await?;
            drop(tx.begin().await?);
            insert(tx, 4, "and this").await
        })
        .await;
    outcome.unwrap();
    let mut dropped = client.begin().await.unwrap();
    insert(&dropped, 5, "dropped").await.unwrap();
    drop(dropped.begin().await.unwrap());
    drop(dropped);
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["kept", "kept too", "and this"]);
}

#[tokio::test]
async fn a_commit_that_the_server_turns_into_a_rollback_is_an_error() {
    let database = database();
    let client = client(&database, 1).await;
    let outcome: Result<(), Error> = client
        .transaction(async |tx| {
            insert(tx, 1, "a").await?;
            // Passed over, which leaves nothing to commit.
            let _ = insert(tx, 1, "a").await;
            Ok(())
        })
        .await;
    assert!(outcome.unwrap_err().is_rolled_back());
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_transaction_can_be_spawned_with_what_it_borrows() {
    let database = database();
    let client = client(&database, 2).await;
    let task = tokio::spawn(async move {
        let word = String::from("borrowed");
        let borrowed = word.as_str();
        let outcome: Result<(), Error> = client
            .transaction(async |tx| tx.transaction(async |inner| insert(inner, 1, borrowed).await).await)
            .await;
        outcome.unwrap();
        words(&client.connection().await.unwrap()).await
    });
    assert_eq!(task.await.unwrap().unwrap(), ["borrowed"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_busy_connection_behind() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let sleep = conn.execute(&SLEEP, &[]);
    assert!(tokio::time::timeout(Duration::from_millis(200), sleep).await.is_err());
    drop(conn);
    let next =
        tokio::time::timeout(Duration::from_secs(5), async { words(&client.connection().await?).await });
    assert_eq!(next.await.unwrap().unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_pool_that_is_busy_says_so() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(1);
    let client = DatabaseClient::create(config.connection_timeout(Duration::from_millis(200))).await.unwrap();
    let _held = client.connection().await.unwrap();
    assert!(client.connection().await.unwrap_err().is_pool_timeout());
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
    assert!(error.to_string().ends_with("column was id int4, is id int8"), "{error}");
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
}

#[tokio::test]
async fn numbers_and_intervals_print_as_the_server_prints_them() {
    static NUMBERS: Query = Query {
        name: "Numbers",
        file: "queries/t.sql",
        sql: "SELECT $1::text::numeric AS n, $2::numeric::text AS t",
        params: &["text", "numeric"],
        columns: &[("n", "numeric"), ("t", "text")],
    };
    static INTERVALS: Query = Query {
        name: "Intervals",
        file: "queries/t.sql",
        sql: "SELECT $1::text::interval AS i, $2::interval::text AS t",
        params: &["text", "interval"],
        columns: &[("i", "interval"), ("t", "text")],
    };
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    for text in [
        "0",
        "-0.001",
        "10000",
        "123456789012345678901234567890.000000001",
        "1.500",
        "NaN",
        "Infinity",
        "-Infinity",
    ] {
        let sent: Numeric = text.parse().unwrap();
        let decode = |row: &bindery::Row| Ok((row.get::<Numeric>(0)?, row.get::<String>(1)?));
        let (read, shown) = conn.fetch_one(&NUMBERS, &[&text, &sent], decode).await.unwrap();
        assert_eq!((read.to_string(), shown.as_str()), (text.to_owned(), text));
    }
    for text in [
        "00:00:00",
        "1 year 2 mons -3 days +04:05:06.7",
        "-1 days",
        "1 day",
        "-00:00:01",
        "-1 years -2 mons +1 day",
    ] {
        let decode = |row: &bindery::Row| Ok((row.get::<Interval>(0)?, row.get::<String>(1)?));
        let (read, _) = conn.fetch_one(&INTERVALS, &[&text, &Interval::default()], decode).await.unwrap();
        assert_eq!(read.to_string(), text);
        let (_, shown) = conn.fetch_one(&INTERVALS, &[&text, &read], decode).await.unwrap();
        assert_eq!(shown, text);
    }
}

#[test]
fn futures_may_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    #[allow(dead_code)]
    fn all(client: &DatabaseClient, conn: &Connection) {
        is_send(client.connection());
        is_send(client.begin());
        is_send(insert(conn, 1, ""));
        is_send(words(conn));
    }
}
