//! SQL that is in no query file.

use bindery::{Dict, Error, FromRow, Row, Value};

use crate::{client, database, run};

#[derive(Debug, PartialEq)]
struct Word {
    id: i64,
    word: String,
}

impl FromRow for Word {
    fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Self { id: row.get_by_name("id")?, word: row.get_by_name("word")? })
    }
}

#[tokio::test]
async fn rows_come_as_what_is_asked_for() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    conn.batch_execute("INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'b')").await.unwrap();
    let words: Vec<Word> =
        conn.query("SELECT word, id FROM t WHERE id > $1 ORDER BY id", &[&0i64]).await.unwrap();
    assert_eq!(words, [Word { id: 1, word: "a".into() }, Word { id: 2, word: "b".into() }]);
    let pairs: Vec<(i64, String)> = conn.query("SELECT id, word FROM t ORDER BY id", &[]).await.unwrap();
    assert_eq!(pairs, [(1, "a".to_owned()), (2, "b".to_owned())]);
    let (count,): (i64,) = conn.query_one("SELECT count(*) FROM t", &[]).await.unwrap();
    assert_eq!(count, 2);
    let none: Option<(Option<String>,)> =
        conn.query_opt("SELECT word FROM t WHERE id = 9", &[]).await.unwrap();
    assert_eq!(none, None);
    let row: Row = conn.query_one("SELECT * FROM t WHERE id = 1", &[]).await.unwrap();
    assert_eq!(row.get_by_name::<String>("word").unwrap(), "a");
    let dict: Dict = conn.query_one("SELECT * FROM t WHERE id = 1", &[]).await.unwrap();
    assert_eq!(dict.get("id"), Some(&Value::Int8(1)));
    assert_eq!(conn.execute("UPDATE t SET word = $1", &[&"c"]).await.unwrap(), 2);
}

#[tokio::test]
async fn the_number_of_rows_and_columns_is_checked() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let one = async |sql: &str| conn.query_one::<(i32,)>(sql, &[]).await;
    let error = one("SELECT 1 WHERE false").await.unwrap_err();
    assert!(error.is_no_rows(), "{error}");
    let message = "SQL \"SELECT generate_series(1, 3)\": there is more than one row";
    assert_eq!(one("SELECT generate_series(1, 3)").await.unwrap_err().to_string(), message);
    let error = one("SELECT 1 AS a, 2 AS b").await.unwrap_err().to_string();
    assert!(
        error.ends_with("column b cannot be read: the tuple has 1 places, and the row has more columns"),
        "{error}"
    );
    let error = conn.query_one::<(i32, i32)>("SELECT 1", &[]).await.unwrap_err().to_string();
    assert!(error.ends_with("column 1 cannot be read: there is no such column"), "{error}");
    let row: Row = conn.query_one("SELECT 1 AS a, 2 AS a", &[]).await.unwrap();
    let error = row.get_by_name::<i32>("a").unwrap_err().to_string();
    assert_eq!(error, "column a cannot be read: there are several of this name");
    let error = conn.execute("SELECT $1::int4", &[]).await.unwrap_err().to_string();
    assert!(error.ends_with("there are 0 arguments, and the statement has 1 parameters"), "{error}");
}

#[tokio::test]
async fn an_error_points_into_the_text() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let sql = "SELECT 'ä',\n       wrod\nFROM t";
    let error = conn.query::<Row>(sql, &[]).await.unwrap_err();
    assert_eq!(error.line_and_column(), Some((2, 8)));
    let start = "SQL \"SELECT 'ä', wrod FROM t\", line 2, column 8: the database refused: ";
    assert!(error.to_string().starts_with(start), "{error}");
    let error = conn.batch_execute("SELECT 1;\nSELECT 1 +").await.unwrap_err();
    assert_eq!(error.line_and_column(), Some((2, 11)), "{error}");
    // The connection goes on.
    assert_eq!(conn.execute("SELECT 1", &[]).await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_statement_leaves_is_not_met_by_the_next() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    conn.execute("SET search_path = nowhere", &[]).await.unwrap();
    conn.batch_execute("BEGIN; CREATE TABLE public.left_open ()").await.unwrap();
    drop(conn);
    let conn = client.connection().await.unwrap();
    let (path, table): (String, Option<String>) = conn
        .query_one("SELECT current_setting('search_path'), to_regclass('public.left_open')::text", &[])
        .await
        .unwrap();
    assert_eq!((path.contains("public"), table), (true, None));
}

#[tokio::test]
async fn a_stale_plan_is_made_anew_outside_a_transaction() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let count = async || conn.query::<Row>("SELECT * FROM t", &[]).await;
    count().await.unwrap();
    run(&database, "ALTER TABLE t ADD COLUMN more int; INSERT INTO t VALUES (1, 'a', 7)");
    let rows = count().await.unwrap();
    assert_eq!(rows[0].dict().unwrap().get("more"), Some(&Value::Int4(7)));
}

#[tokio::test]
async fn a_transaction_takes_it_too() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    tx.execute("INSERT INTO t VALUES (1, 'a')", &[]).await.unwrap();
    tx.rollback().await.unwrap();
    let conn = client.connection().await.unwrap();
    assert_eq!(conn.query_one::<(i64,)>("SELECT count(*) FROM t", &[]).await.unwrap(), (0,));
}

#[tokio::test]
async fn what_waits_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let word = "a".to_owned();
    let params: [&dyn bindery::Param; 1] = [&word];
    is_send(&conn.query::<(i64, String)>("SELECT * FROM t WHERE word = $1", &params));
    is_send(&conn.query_opt::<Row>("SELECT * FROM t WHERE word = $1", &params));
    is_send(&conn.execute("DELETE FROM t WHERE word = $1", &params));
    is_send(&conn.batch_execute("SELECT 1"));
    is_send(&crate::WORDS.explain(&conn, &[], bindery::PlanFormat::Text));
    is_send(&crate::WORDS.explain_analyze(&conn, &[], bindery::PlanFormat::Text));
}
