//! Transactions: they commit, or nothing of them remains.

use bindery::{Error, Isolation, Query};
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

static SETTING: Query = Query {
    name: "Setting",
    file: "queries/t.sql",
    sql: "SELECT current_setting($1) AS value",
    params: &["text"],
    columns: &[("value", "text")],
};

async fn setting(conn: &bindery::Connection, name: &str) -> String {
    conn.fetch_one(&SETTING, &[&name], |row| row.get(0)).await.unwrap()
}

#[tokio::test]
async fn a_transaction_begins_as_it_was_asked_to() {
    let database = database();
    let client = client(&database, 1).await;
    let begin = client.build_transaction().isolation(Isolation::Serializable).read_only().deferrable();
    let tx = begin.begin().await.unwrap();
    assert_eq!(setting(&tx, "transaction_isolation").await, "serializable");
    assert_eq!(setting(&tx, "transaction_read_only").await, "on");
    assert_eq!(setting(&tx, "transaction_deferrable").await, "on");
    let error = insert(&tx, 1, "a").await.unwrap_err();
    assert_eq!(error.sqlstate(), Some(&bindery::SqlState::READ_ONLY_SQL_TRANSACTION));
    drop(tx);
    let tx = client.build_transaction().isolation(Isolation::RepeatableRead).begin().await.unwrap();
    assert_eq!(setting(&tx, "transaction_isolation").await, "repeatable read");
    tx.commit().await.unwrap();
    let tx = client.begin().await.unwrap();
    assert_eq!(setting(&tx, "transaction_isolation").await, "read committed");
}

#[tokio::test]
async fn a_dry_run_leaves_nothing_and_is_no_error() {
    let database = database();
    let client = client(&database, 1).await;
    let count: Result<usize, Error> = client
        .build_transaction()
        .undone()
        .run(async |tx| {
            insert(tx, 1, "a").await?;
            Ok(words(tx).await?.len())
        })
        .await;
    assert_eq!(count.unwrap(), 1);
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_level_that_was_chosen_is_undone_with_all_in_it() {
    let database = database();
    let client = client(&database, 1).await;
    let outcome: Result<(), Error> = client
        .transaction(async |tx| {
            insert(tx, 0, "level 0").await?;
            tx.transaction(async |one| {
                insert(one, 1, "level 1").await?;
                let level = one.level();
                let innermost: Result<u32, Error> = one
                    .transaction(async |two| {
                        insert(two, 2, "level 2").await?;
                        two.undo_from(level);
                        Ok(two.level())
                    })
                    .await;
                assert_eq!(innermost?, 2);
                Ok::<_, Error>(())
            })
            .await?;
            tx.transaction(async |one| insert(one, 3, "kept").await).await
        })
        .await;
    outcome.unwrap();
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["level 0", "kept"]);
}

#[tokio::test]
async fn a_savepoint_can_be_gone_back_to_more_than_once() {
    let database = database();
    let client = client(&database, 1).await;
    let mut tx = client.begin().await.unwrap();
    let mut savepoint = tx.savepoint("Robert\"); DROP TABLE t; --").await.unwrap();
    for id in 0..3 {
        insert(&savepoint, 1, "a").await.unwrap();
        assert!(insert(&savepoint, 1, "b").await.unwrap_err().is_unique_violation(), "{id}");
        savepoint.rollback_to().await.unwrap();
    }
    insert(&savepoint, 1, "kept").await.unwrap();
    savepoint.commit().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), ["kept"]);
}

#[tokio::test]
async fn transactions_nest_as_deep_as_one_likes() {
    async fn nest(tx: &mut bindery::Transaction, depth: u32) -> Result<(), Error> {
        insert(tx, i64::from(depth), "a").await?;
        match depth {
            12 => Ok(()),
            _ => Box::pin(tx.transaction(async |inner| Box::pin(nest(inner, depth + 1)).await)).await,
        }
    }
    let database = database();
    let client = client(&database, 1).await;
    let mut tx = client.begin().await.unwrap();
    nest(&mut tx, 0).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap().len(), 13);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_that_collide_are_run_again() {
    static COUNT: Query = crate::query("Count", "SELECT count(*) AS n FROM t", &[("n", "int8")]);
    #[derive(Debug)]
    struct OwnError;
    impl From<Error> for OwnError {
        fn from(_: Error) -> Self {
            Self
        }
    }
    let database = database();
    let client = client(&database, 4).await;
    let attempts = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (client, attempts) = (client.clone(), attempts.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    let work = client.build_transaction().isolation(Isolation::Serializable).attempts(1_000);
                    // The error that the helper looks for has become another one by then.
                    let outcome: Result<(), OwnError> = work
                        .retry(async |tx| {
                            attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            let count: i64 = tx.fetch_one(&COUNT, &[], |row| row.get(0)).await?;
                            insert(tx, count, "a").await.map_err(OwnError::from)
                        })
                        .await;
                    outcome.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap().len(), 40);
    assert!(attempts.load(std::sync::atomic::Ordering::Relaxed) > 40, "nothing has collided");
}

#[tokio::test]
async fn an_error_that_is_no_collision_is_told_at_once() {
    let database = database();
    let client = client(&database, 1).await;
    let attempts = std::cell::Cell::new(0);
    let outcome: Result<(), Error> = client
        .build_transaction()
        .retry(async |tx| {
            attempts.set(attempts.get() + 1);
            insert(tx, 1, "").await
        })
        .await;
    assert!(outcome.unwrap_err().is_check_violation());
    assert_eq!(attempts.get(), 1);
}

#[tokio::test]
async fn a_connection_that_is_lost_in_a_call_leaves_its_outcome_unknown() {
    static END: Query = crate::query("End", "SELECT pg_terminate_backend(pg_backend_pid())", &[]);
    let database = database();
    run(
        &database,
        "CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER end_session AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION end_session();",
    );
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    insert(&tx, 1, "a").await.unwrap();
    let error = tx.commit().await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_connection(), "{error}");
    assert!(error.to_string().contains("terminating connection due to administrator command"), "{error}");

    let error = client.connection().await.unwrap().exec(&END, &[]).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert!(error.to_string().starts_with("query End (queries/t.sql): the connection was lost"), "{error}");

    let tx = client.begin().await.unwrap();
    let error = tx.exec(&END, &[]).await.unwrap_err();
    assert!(
        !error.is_outcome_unknown() && error.is_connection(),
        "what was not committed is undone: {error}"
    );
}

#[tokio::test]
async fn a_connection_that_was_lost_before_a_call_leaves_nothing_unknown() {
    let database = database();
    let client = client(&database, 2).await;
    let (conn, tx) = (client.connection().await.unwrap(), client.begin().await.unwrap());
    for conn in [&conn, &tx] {
        let pid: i32 = conn.fetch_one(&crate::PID, &[], |row| row.get(0)).await.unwrap();
        run(&database, &format!("SELECT pg_terminate_backend({pid}, 10000)"));
    }
    // The runtime takes in what has happened on its sockets.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    for error in [insert(&conn, 1, "a").await.unwrap_err(), tx.commit().await.unwrap_err()] {
        assert!(!error.is_outcome_unknown() && error.is_connection(), "{error}");
        assert!(error.to_string().contains("terminating connection due to administrator command"), "{error}");
    }
}
