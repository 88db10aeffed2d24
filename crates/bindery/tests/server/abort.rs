//! Every operation is dropped at every point where it waits, on a pool of one: whoever comes next finds a session that is
//! idle and clean.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bindery::{DatabaseClient, Error, Isolation, Queries, Query};
use futures_util::future::{BoxFuture, try_join};

use crate::{INSERT, PID, WORDS, client, database, insert, query, words};

static NAP: Query = query("Nap", "SELECT pg_sleep(0.02)", &[]);
static MANY: Query = query("Many", "SELECT n FROM generate_series(1, 20000) AS n", &[("n", "int4")]);
static VACUUM: Query = query("Vacuum", "VACUUM t", &[]);
static BEGIN: Query = query("Begin", "BEGIN", &[]);
static LOCK: Query = query("Lock", "SET lock_timeout = '5s'", &[]);
static QUERIES: Queries = Queries {
    queries: &[&WORDS, &MANY, &PID],
    relations: &[],
    enums: &[],
    composites: &[],
    domains: &[],
    migrations: &[],
    migration_table: "goose_db_version",
};

/// What the last user could have left.
static LEFT: Query = query(
    "Left",
    "SELECT concat_ws(', ',
        CASE WHEN current_setting('lock_timeout') <> '0' THEN 'a setting' END,
        (SELECT 'a lock' FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' LIMIT 1),
        (SELECT 'half a transaction' FROM t HAVING count(*) % 2 = 1)) AS left",
    &[("left", "text")],
);

type Operation = (&'static str, fn(DatabaseClient) -> BoxFuture<'static, Result<(), Error>>);

/// Each writes two rows or none.
const OPERATIONS: [Operation; 23] = [
    ("a check-out", |client| Box::pin(async move { client.connection().await.map(|_| ()) })),
    ("a row", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            conn.fetch_one(&PID, &[], |row| row.get::<i32>(0)).await.map(|_| ())
        })
    }),
    ("many rows", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            conn.fetch_many(&MANY, &[], |row| row.get::<i32>(0)).await.map(|_| ())
        })
    }),
    ("a slow call", |client| {
        Box::pin(async move { client.connection().await?.exec(&NAP, &[]).await.map(|_| ()) })
    }),
    ("calls at the same time", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            try_join(conn.exec(&NAP, &[]), words(&conn)).await.map(|_| ())
        })
    }),
    ("a transaction", |client| {
        Box::pin(async move {
            let tx = client.begin().await?;
            insert_two(&tx).await?;
            tx.commit().await
        })
    }),
    ("a transaction that is rolled back", |client| {
        Box::pin(async move {
            let tx = client.begin().await?;
            insert_two(&tx).await?;
            tx.rollback().await
        })
    }),
    ("savepoints", |client| {
        Box::pin(async move {
            let mut tx = client.begin().await?;
            insert_two(&tx).await?;
            let mut one = tx.savepoint("one\"; --").await?;
            insert_two(&one).await?;
            one.rollback_to().await?;
            let two = one.begin().await?;
            insert_two(&two).await?;
            two.rollback().await?;
            one.commit().await?;
            tx.commit().await
        })
    }),
    ("a closure with a closure in it", |client| {
        Box::pin(async move {
            client
                .transaction(async |tx| {
                    insert_two(tx).await?;
                    tx.transaction(async |inner| insert_two(inner).await).await
                })
                .await
        })
    }),
    ("a serializable transaction that is repeated", |client| {
        Box::pin(async move {
            let work = client.build_transaction().isolation(Isolation::Serializable);
            work.retry(async |tx| insert_two(tx).await).await
        })
    }),
    ("a setting", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            conn.set("lock_timeout", "5s").await?;
            conn.exec(&LOCK, &[]).await.map(|_| ())
        })
    }),
    ("a transaction by hand", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            conn.exec(&BEGIN, &[]).await?;
            insert_two(&conn).await
        })
    }),
    ("a comparison with the schema", |client| {
        Box::pin(async move { client.verify(&QUERIES).await.map(|_| ()) })
    }),
    ("a warm-up", |client| Box::pin(async move { client.warm_up(&QUERIES).await })),
    ("a stream", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            let mut rows = conn.stream(&MANY, &[], |row| row.get::<i32>(0)).await?;
            while let Some(row) = rows.next().await {
                row?;
            }
            Ok(())
        })
    }),
    ("a stream that is left after its first row", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            let mut rows = conn.into_stream(&MANY, &[], |row| row.get::<i32>(0)).await?;
            rows.next().await.transpose().map(|_| ())
        })
    }),
    ("a batch", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            let first: i64 = conn.fetch_one(&NEXT, &[], |row| row.get(0)).await?;
            let batch = [first, first + 1];
            conn.batch_exec(&INSERT, batch, |id, bind| bind(&[&id, &"batch"])).await.map(|_| ())
        })
    }),
    ("a COPY", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            let first: i64 = conn.fetch_one(&NEXT, &[], |row| row.get(0)).await?;
            let copy = "COPY t (id, word) FROM STDIN (FORMAT binary)";
            let rows = [first, first + 1];
            conn.copy_from(&INSERT, copy, rows, |id, bind| bind(&[&id, &"copy"])).await.map(|_| ())
        })
    }),
    ("a COPY out", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            let sql = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 300)) TO STDOUT";
            let mut data = conn.copy_out(sql).await?;
            while let Some(bytes) = data.next().await {
                bytes?;
            }
            Ok(())
        })
    }),
    ("a portal", |client| {
        Box::pin(async move {
            let tx = client.begin().await?;
            let mut portal = tx.portal(&MANY, &[], |row| row.get::<i32>(0)).await?;
            portal.next_page(10).await?;
            insert_two(&tx).await?;
            portal.next_page(10).await?;
            drop(portal);
            tx.commit().await
        })
    }),
    ("SQL outside the files", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            conn.batch_execute("SET lock_timeout = '5s'; CREATE TEMP TABLE mine (id int)").await?;
            conn.execute("SELECT pg_advisory_lock($1)", &[&1_i64]).await?;
            conn.query::<(i32,)>("SELECT 1 FROM mine", &[]).await.map(|_| ())
        })
    }),
    ("a plan", |client| {
        Box::pin(async move {
            let conn = client.connection().await?;
            INSERT.explain_analyze(&conn, &[&-1_i64, &"undone"], bindery::PlanFormat::Text).await.map(|_| ())
        })
    }),
    ("a listener", |client| {
        Box::pin(async move {
            let mut listener = client.listen(&["a", "b"]).await?;
            listener.unlisten("a").await
        })
    }),
];

async fn insert_two(conn: &bindery::Connection) -> Result<(), Error> {
    let first: i64 = conn.fetch_one(&NEXT, &[], |row| row.get(0)).await?;
    insert(conn, first, "a").await?;
    insert(conn, first + 1, "b").await
}

static NEXT: Query = query("Next", "SELECT coalesce(max(id), 0) + 1 AS next FROM t", &[("next", "int8")]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_that_is_dropped_leaves_a_clean_connection() {
    let database = database();
    for (name, operation) in OPERATIONS {
        // A new connection has statements to prepare, one that was used has not.
        for is_warm in [false, true] {
            let client = client(&database, 1).await;
            if is_warm {
                operation(client.clone()).await.unwrap();
            }
            let mut polls = 0;
            while polled(operation(client.clone()), polls).await.is_none() {
                polls += 1;
                check(&client, name, polls).await;
            }
            check(&client, name, polls).await;
            println!("{name}: dropped at {polls} points");
        }
    }
}

/// The next borrower.
async fn check(client: &DatabaseClient, name: &str, polls: usize) {
    let found = async {
        let conn = client.connection().await?;
        // It is refused in a transaction.
        conn.exec(&VACUUM, &[]).await?;
        conn.fetch_one(&LEFT, &[], |row| row.get::<String>(0)).await
    };
    let found = tokio::time::timeout(Duration::from_secs(5), found).await;
    let found = found.unwrap_or_else(|_| panic!("{name}, dropped at poll {polls}: no connection")).unwrap();
    assert_eq!(found, "", "{name}, dropped at poll {polls}");
}

/// Polls `work` so often at most, and drops it.
async fn polled<T>(work: impl Future<Output = T>, most: usize) -> Option<T> {
    let mut work = pin!(work);
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == most {
            return Poll::Ready(None);
        }
        polls += 1;
        match work.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            // The last one is not waited for.
            Poll::Pending if polls == most => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What the others rely on: it is noticed when something is left.
#[tokio::test]
async fn what_is_left_is_noticed() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    conn.exec(&BEGIN, &[]).await.unwrap();
    conn.exec(&LOCK, &[]).await.unwrap();
    conn.exec(&INSERT, &[&1_i64, &"a"]).await.unwrap();
    let left = conn.fetch_one(&LEFT, &[], |row| row.get::<String>(0)).await.unwrap();
    assert_eq!(left, "a setting, half a transaction");
    assert_eq!(conn.exec(&VACUUM, &[]).await.unwrap_err().sqlstate().unwrap().code(), "25001");
}
