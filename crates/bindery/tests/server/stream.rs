//! Rows that are read one by one.

use bindery::{Error, Query, Rows};
use futures_util::{StreamExt, TryStreamExt};

use crate::{PID, WORDS, client, database, insert, pid, query, words};

static SERIES: Query = Query {
    name: "Series",
    file: "queries/t.sql",
    sql: "SELECT generate_series(1, $1::int8) AS n",
    params: &["int8"],
    columns: &[("n", "int8")],
};
/// It fails at the fifth row.
static FAILING: Query =
    query("Failing", "SELECT 10 / (5 - n) AS n FROM generate_series(1, 9) AS n", &[("n", "int4")]);
static WIDE: Query =
    query("Wide", "SELECT repeat('x', 100000) AS x FROM generate_series(1, 100000)", &[("x", "text")]);

#[tokio::test]
async fn rows_come_in_order_and_the_connection_is_free_after_the_last() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let mut rows = conn.stream(&SERIES, &[&10_000_i64], |row| row.get::<i64>(0)).await.unwrap();
    let mut expected = 1;
    while let Some(number) = rows.next().await {
        assert_eq!(number.unwrap(), expected);
        expected += 1;
    }
    assert_eq!(expected, 10_001);
    assert!(rows.next().await.is_none(), "it stays at its end");
    // The rows still live.
    assert!(words(&conn).await.unwrap().is_empty());
    drop(rows);
    let all: Vec<i64> =
        conn.stream(&SERIES, &[&3_i64], |row| row.get::<i64>(0)).await.unwrap().try_collect().await.unwrap();
    assert_eq!(all, [1, 2, 3]);
    drop(conn);
    assert_eq!(client.stats().cleaned, 0, "whoever reads to the end leaves nothing to clean");
}

#[tokio::test]
async fn values_are_borrowed_from_a_row() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    insert(&conn, 1, "one").await.unwrap();
    insert(&conn, 2, "two").await.unwrap();
    let mut rows = conn.stream(&WORDS, &[], |row| row.get::<String>(0)).await.unwrap();
    let mut seen = Vec::new();
    while let Some(row) = rows.next_row().await {
        let row = row.unwrap();
        let (first, again): (&str, &str) = (row.get(0).unwrap(), row.get(0).unwrap());
        assert_eq!(first.as_ptr(), again.as_ptr(), "both are the row's own bytes");
        seen.push(first.len());
    }
    assert_eq!(seen, [3, 3]);
}

#[tokio::test]
async fn an_endless_stream_is_stopped_when_it_is_dropped() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    for is_own in [false, true] {
        let conn = client.connection().await.unwrap();
        let endless = i64::MAX;
        if is_own {
            let mut rows: Rows<'static, i64> =
                conn.into_stream(&SERIES, &[&endless], |row| row.get(0)).await.unwrap();
            assert_eq!(rows.next().await.unwrap().unwrap(), 1);
        } else {
            let mut rows = conn.stream(&SERIES, &[&endless], |row| row.get::<i64>(0)).await.unwrap();
            assert_eq!(rows.next().await.unwrap().unwrap(), 1);
        }
    }
    assert_eq!(pid(&client).await, before, "the connection is still the same");
    assert_eq!(client.stats().cleaned, 2);
}

#[tokio::test]
async fn a_connection_can_be_used_after_its_stream_was_dropped() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let mut rows = conn.stream(&SERIES, &[&i64::MAX], |row| row.get::<i64>(0)).await.unwrap();
    rows.next().await.unwrap().unwrap();
    drop(rows);
    assert!(words(&conn).await.unwrap().is_empty());
}

#[tokio::test]
async fn rows_that_nobody_asks_for_stay_with_the_server() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    // 10 GB.
    let mut rows = conn.stream(&WIDE, &[], |row| row.get::<String>(0)).await.unwrap();
    for _ in 0..100 {
        assert_eq!(rows.next().await.unwrap().unwrap().len(), 100_000);
    }
    let waits = "SELECT wait_event = 'ClientWrite' FROM pg_stat_activity WHERE query LIKE 'SELECT repeat%'";
    for attempt in 0.. {
        let url = database.url().to_owned();
        let look = move || {
            let mut other = bindery_postgres::Client::connect(&url, bindery_postgres::NoTls).unwrap();
            other.query_one(waits, &[]).unwrap().get::<_, Option<bool>>(0)
        };
        if tokio::task::spawn_blocking(look).await.unwrap() == Some(true) {
            break;
        }
        assert!(attempt < 1000, "the server still sends");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(rows.next().await.unwrap().unwrap().len(), 100_000);
}

#[tokio::test]
async fn an_error_ends_the_rows_and_names_the_query() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let mut rows = conn.stream(&FAILING, &[], |row| row.get::<i32>(0)).await.unwrap();
    let mut good = 0;
    let error = loop {
        match rows.next().await.unwrap() {
            Ok(_) => good += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(good, 4);
    assert_eq!((error.query(), error.sqlstate().unwrap().code()), (Some("Failing"), "22012"));
    assert!(rows.next().await.is_none());
    drop(rows);
    assert!(words(&conn).await.unwrap().is_empty());
    drop(conn);
    assert_eq!(client.stats().cleaned, 0);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_an_error_in_its_place() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let decode = |row: &bindery::Row| match row.get::<i64>(0)? {
        2 => row.get::<String>(0).map(|_| 0),
        number => Ok(number),
    };
    let rows = conn.stream(&SERIES, &[&3_i64], decode).await.unwrap();
    let rows: Vec<Result<i64, Error>> = rows.collect().await;
    let [Ok(1), Err(error), Ok(3)] = &rows[..] else { panic!("{rows:?}") };
    assert!(
        error.to_string().starts_with("query Series (queries/t.sql): column n cannot be read"),
        "{error}"
    );
    assert!(words(&conn).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_transaction_streams_and_goes_on() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    insert(&tx, 1, "a").await.unwrap();
    {
        let mut rows = tx.stream(&WORDS, &[], |row| row.get::<String>(0)).await.unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap(), "a");
        assert!(rows.next().await.is_none());
    }
    tx.commit().await.unwrap();
    let conn = client.connection().await.unwrap();
    assert_eq!(words(&conn).await.unwrap(), ["a"]);
    conn.fetch_one(&PID, &[], |row| row.get::<i32>(0)).await.unwrap();
}

#[tokio::test]
async fn rows_can_be_sent_to_another_task() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let rows = async move { conn.into_stream(&SERIES, &[&100_i64], |row| row.get::<i64>(0)).await }.await;
    let sum = tokio::spawn(rows.unwrap().try_fold(0, async |sum, number| Ok(sum + number)));
    assert_eq!(sum.await.unwrap().unwrap(), 5050);
}
