//! One query for many items.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bindery::Query;

use crate::{INSERT, WORDS, client, database, insert, pid, run, words};

static WORD: Query = Query {
    name: "Word",
    file: "queries/t.sql",
    sql: "SELECT word FROM t WHERE id = $1",
    params: &["int8"],
    columns: &[("word", "text")],
};
static FROM: Query = Query {
    name: "From",
    file: "queries/t.sql",
    sql: "SELECT id FROM t WHERE id >= $1 ORDER BY id",
    params: &["int8"],
    columns: &[("id", "int8")],
};
static SLOW: Query = Query {
    name: "Slow",
    file: "queries/t.sql",
    sql: "INSERT INTO t (id, word) SELECT $1::int8, 'w' FROM pg_sleep(0.01)",
    params: &["int8"],
    columns: &[],
};

static CLEAR: Query = crate::query("Clear", "DELETE FROM t", &[]);

type Item = (i64, String);

fn items(count: i64) -> Vec<Item> {
    (1..=count).map(|id| (id, format!("w{id}"))).collect()
}

async fn insert_all(
    conn: &bindery::Connection,
    items: impl IntoIterator<Item = Item, IntoIter: Send> + Send,
) -> Result<u64, bindery::Error> {
    conn.batch_exec(&INSERT, items, |(id, word), bind| bind(&[&id, &word])).await
}

#[tokio::test]
async fn ten_thousand_items_are_one_call_and_in_order() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    assert_eq!(insert_all(&conn, items(10_000)).await.unwrap(), 10_000);
    let ids = (1..=10_000_i64).rev();
    let found =
        conn.batch_one(&WORD, ids, |id, bind| bind(&[&id]), |row| row.get::<String>(0)).await.unwrap();
    let expected: Vec<String> = (1..=10_000).rev().map(|id| format!("w{id}")).collect();
    assert_eq!(found, expected);
    let found = conn
        .batch_opt(&WORD, [3_i64, 0, 4], |id, bind| bind(&[&id]), |row| row.get::<String>(0))
        .await
        .unwrap();
    assert_eq!(found, [Some("w3".to_owned()), None, Some("w4".to_owned())]);
    let found = conn
        .batch_many(&FROM, [9_999_i64, 20_000, 9_998], |id, bind| bind(&[&id]), |row| row.get::<i64>(0))
        .await
        .unwrap();
    assert_eq!(found, [vec![9_999, 10_000], vec![], vec![9_998, 9_999, 10_000]]);
    assert_eq!(insert_all(&conn, []).await.unwrap(), 0);
    drop(conn);
    assert_eq!(client.stats().cleaned, 0);
}

#[tokio::test]
async fn large_items_go_in_small_windows() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let large = "x".repeat(3 << 20);
    let batch = (0..20).map(|id| (id, large.clone()));
    assert_eq!(insert_all(&conn, batch).await.unwrap(), 20);
}

#[tokio::test]
async fn the_first_item_that_fails_is_named_and_nothing_remains() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    for (count, wrong) in [(10, 0), (10, 7), (10, 9), (2_000, 1_500)] {
        let mut batch = items(count);
        batch[wrong].1.clear();
        let error = insert_all(&conn, batch).await.unwrap_err();
        assert_eq!((error.batch_index(), error.query()), (Some(wrong), Some("Insert")));
        assert!(error.is_check_violation(), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("query Insert (queries/t.sql): item {wrong} of the batch: "))
        );
        assert!(words(&conn).await.unwrap().is_empty());
    }
    // The connection is not in a transaction any more.
    assert_eq!(insert_all(&conn, items(2)).await.unwrap(), 2);
    drop(conn);
    assert_eq!(client.stats().cleaned, 0);
}

#[tokio::test]
async fn an_item_without_its_row_undoes_the_batch() {
    static UPDATE: Query = Query {
        name: "Update",
        file: "queries/t.sql",
        sql: "UPDATE t SET word = 'new' WHERE id = $1 RETURNING id",
        params: &["int8"],
        columns: &[("id", "int8")],
    };
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    insert(&conn, 1, "a").await.unwrap();
    let batch = conn.batch_one(&UPDATE, [1_i64, 2], |id, bind| bind(&[&id]), |row| row.get::<i64>(0));
    let error = batch.await.unwrap_err();
    assert!(error.is_no_rows() && error.batch_index() == Some(1), "{error}");
    assert_eq!(words(&conn).await.unwrap(), ["a"]);
    let batch = conn.batch_opt(&FROM, [1_i64, 0], |id, bind| bind(&[&id]), |row| row.get::<String>(0));
    let error = batch.await.unwrap_err();
    assert!(
        error.batch_index() == Some(0) && error.to_string().contains("column id cannot be read"),
        "{error}"
    );
}

#[tokio::test]
async fn an_argument_that_cannot_be_written_undoes_the_batch() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let bind = |id: i64, bind: &mut dyn FnMut(&[&dyn bindery::Param])| match id {
        2 => bind(&[&id, &id]),
        _ => bind(&[&id, &"word"]),
    };
    let error = conn.batch_exec(&INSERT, 0..5, bind).await.unwrap_err();
    assert_eq!(error.batch_index(), Some(2));
    assert!(error.to_string().contains("parameter $2 cannot be written"), "{error}");
    assert!(words(&conn).await.unwrap().is_empty());
    // One that the server refuses comes first if it stands first.
    insert(&conn, 0, "a").await.unwrap();
    let error = conn.batch_exec(&INSERT, 0..5, bind).await.unwrap_err();
    assert!(error.is_unique_violation() && error.batch_index() == Some(0), "{error}");
}

#[tokio::test]
async fn a_deferred_constraint_fails_the_batch_as_a_whole() {
    let database = database();
    run(&database, "ALTER TABLE t ADD CONSTRAINT d UNIQUE (word) DEFERRABLE INITIALLY DEFERRED");
    let conn = client(&database, 1).await.connection().await.unwrap();
    let same = (0..3).map(|id| (id, "same".to_owned()));
    let error = insert_all(&conn, same).await.unwrap_err();
    assert!(error.is_unique_violation() && error.batch_index().is_none(), "{error}");
    assert!(words(&conn).await.unwrap().is_empty());
}

#[tokio::test]
async fn in_a_transaction_it_is_part_of_it() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    insert_all(&tx, items(3)).await.unwrap();
    tx.rollback().await.unwrap();
    let mut tx = client.begin().await.unwrap();
    insert_all(&tx, items(3)).await.unwrap();
    let inner = tx.begin().await.unwrap();
    let error = insert_all(&inner, [(4, "four".to_owned()), (1, "one".to_owned())]).await.unwrap_err();
    assert_eq!(error.batch_index(), Some(1));
    inner.rollback().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["w1", "w2", "w3"]);
}

#[tokio::test]
async fn dropped_at_any_point_all_is_done_or_nothing() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let conn = client.connection().await.unwrap();
    // One that is dropped while it prepares its statement costs the connection.
    conn.batch_exec(&SLOW, [], |id: i64, bind| bind(&[&id])).await.unwrap();
    drop(conn);
    let mut polls = 0;
    loop {
        polls += 1;
        let conn = client.connection().await.unwrap();
        let mut left = polls;
        let mut has_ended = false;
        {
            let mut work = pin!(conn.batch_exec(&SLOW, 0..20_i64, |id, bind| bind(&[&id])));
            poll_fn(|cx| {
                left -= 1;
                match work.as_mut().poll(cx) {
                    Poll::Ready(outcome) => {
                        assert_eq!(outcome.unwrap(), 20);
                        has_ended = true;
                        Poll::Ready(())
                    }
                    Poll::Pending if left == 0 => Poll::Ready(()),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await;
        }
        drop(conn);
        let conn = client.connection().await.unwrap();
        let count = conn.fetch_many(&WORDS, &[], |row| row.get::<String>(0)).await.unwrap().len();
        assert!(count == 0 || count == 20, "{count} rows after {polls} polls");
        if has_ended {
            break;
        }
        conn.exec(&CLEAR, &[]).await.unwrap();
    }
    assert!(polls > 3, "{polls}");
    assert_eq!(pid(&client).await, before, "the connection is still the same");
}
