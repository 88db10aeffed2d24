//! Transactions: they commit, or nothing of them remains.

use bindery::{Error, Query};
use futures_util::FutureExt;

use crate::{SLEEP, client, database, insert, pid, run, words};

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
async fn a_transaction_is_rolled_back_by_an_error_a_panic_and_a_drop() {
    let database = database();
    let client = client(&database, 1).await;
    let first = pid(&client).await;
    let error: Result<(), Error> = client
        .transaction(async |tx| {
            insert(tx, 1, "a").await?;
            insert(tx, 1, "a").await
        })
        .await;
    assert!(error.unwrap_err().is_unique_violation());
    let panicking = client.clone();
    let task = tokio::spawn(async move {
        let work = panicking.transaction(async |tx| -> Result<(), Error> {
            insert(tx, 2, "b").await?;
            panic!("in the middle");
        });
        work.await
    });
    assert!(task.await.unwrap_err().is_panic());
    let waiting = client.transaction(async |tx| {
        insert(tx, 3, "c").await?;
        std::future::pending::<Result<(), Error>>().await
    });
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), waiting).await.is_err());
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), [""; 0]);
    assert_eq!(pid(&client).await, first, "none of them costs the connection");
}

#[tokio::test]
async fn a_transaction_that_is_dropped_in_a_call_is_rolled_back() {
    let database = database();
    let client = client(&database, 1).await;
    let waiting = client.transaction(async |tx| {
        insert(tx, 1, "a").await?;
        tx.exec(&SLEEP, &[]).await
    });
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), waiting).await.is_err());
    // Waits for the lock on the row, should the transaction go on.
    let next = async { insert(&client.connection().await.unwrap(), 1, "b").await };
    tokio::time::timeout(std::time::Duration::from_secs(5), next).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_commit_that_is_dropped_leaves_a_clean_connection() {
    static VACUUM: Query = crate::query("Vacuum", "VACUUM t", &[]);
    let database = database();
    let client = client(&database, 1).await;
    let transaction = client.begin().await.unwrap();
    insert(&transaction, 1, "a").await.unwrap();
    assert!(transaction.commit().now_or_never().is_none());
    // It may be done or not; whoever comes next is in no transaction.
    let conn = client.connection().await.unwrap();
    conn.exec(&VACUUM, &[]).await.unwrap();
}

#[tokio::test]
async fn a_constraint_that_is_deferred_fails_the_commit() {
    static DEFERRED: Query = crate::query("Deferred", "INSERT INTO d VALUES (1), (1)", &[]);
    let database = database();
    run(&database, "CREATE TABLE d (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    let client = client(&database, 1).await;
    let transaction = client.begin().await.unwrap();
    transaction.exec(&DEFERRED, &[]).await.unwrap();
    assert!(transaction.commit().await.unwrap_err().is_unique_violation());
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_nested_transaction_that_passed_over_an_error_is_undone_alone() {
    let database = database();
    let client = client(&database, 1).await;
    let outcome: Result<(), Error> = client
        .transaction(async |tx| {
            insert(tx, 1, "kept").await?;
            let nested: Result<(), Error> = tx
                .transaction(async |savepoint| {
                    let _ = insert(savepoint, 1, "twice").await;
                    Ok(())
                })
                .await;
            assert!(nested.unwrap_err().is_rolled_back());
            insert(tx, 2, "kept too").await
        })
        .await;
    outcome.unwrap();
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["kept", "kept too"]);
}
