//! Queries that are read page by page.

use bindery::Query;

use crate::{INSERT, client, database, insert, pid, words};

static FROM: Query = Query {
    name: "From",
    file: "queries/t.sql",
    sql: "SELECT id, word FROM t WHERE id >= $1 AND word <> $2 ORDER BY id",
    params: &["int8", "text"],
    columns: &[("id", "int8"), ("word", "text")],
};

#[tokio::test]
async fn pages_come_in_order_with_other_statements_between() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    for id in 0..25 {
        insert(&tx, id, &format!("w{id}")).await.unwrap();
    }
    let mut portal = tx
        .portal(&FROM, &[&3_i64, &"w7"], |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)))
        .await
        .unwrap();
    let mut pages = Vec::new();
    loop {
        let page = portal.next_page(10).await.unwrap();
        if page.is_empty() {
            break;
        }
        pages.push(page);
        insert(&tx, 100 + pages.len() as i64, "new").await.unwrap();
    }
    let ids: Vec<i64> = pages.iter().flatten().map(|(id, _)| *id).collect();
    assert_eq!(ids, (3..25).filter(|id| *id != 7).collect::<Vec<_>>());
    assert_eq!((pages.len(), pages[0].len(), pages[2].len()), (3, 10, 1));
    assert_eq!(pages[1][0].1, "w14");
    drop(portal);
    assert_eq!(words(&tx).await.unwrap().len(), 28);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn two_are_read_in_turn_and_dropped_before_their_end() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let mut tx = client.begin().await.unwrap();
    for id in 0..9 {
        insert(&tx, id, "w").await.unwrap();
    }
    let inner = tx.begin().await.unwrap();
    {
        let mut one = inner.portal(&FROM, &[&0_i64, &""], |row| row.get::<i64>(0)).await.unwrap();
        let mut two = inner.portal(&FROM, &[&5_i64, &""], |row| row.get::<i64>(0)).await.unwrap();
        assert_eq!(one.next_page(2).await.unwrap(), [0, 1]);
        assert_eq!(two.next_page(2).await.unwrap(), [5, 6]);
        assert_eq!(one.next_page(1).await.unwrap(), [2]);
    }
    inner.rollback().await.unwrap();
    assert_eq!(words(&tx).await.unwrap().len(), 9);
    tx.commit().await.unwrap();
    assert_eq!((pid(&client).await, client.stats().cleaned), (before, 0));
}

#[tokio::test]
async fn what_goes_wrong_names_the_query() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    insert(&tx, 1, "one").await.unwrap();
    let mut portal = tx.portal(&FROM, &[&0_i64, &""], |row| row.get::<i64>(1)).await.unwrap();
    let error = portal.next_page(5).await.unwrap_err();
    assert!(
        error.to_string().starts_with("query From (queries/t.sql): column word cannot be read"),
        "{error}"
    );
    drop(portal);
    let error = tx.portal(&INSERT, &[&2_i64, &"two"], |row| row.get::<i64>(0)).await.unwrap_err();
    assert_eq!((error.query(), error.sqlstate().unwrap().code()), (Some("Insert"), "42601"));
}
