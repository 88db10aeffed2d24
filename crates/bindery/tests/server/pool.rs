//! What the pool hands out, and what it tells when it cannot.

use std::time::{Duration, Instant};

use bindery::{Config, DatabaseClient, Query};
use futures_util::FutureExt;

use crate::{SLEEP, client, database, insert, pid, query, run, words};

static BUSY: Query = query(
    "Busy",
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)'",
    &[("count", "int8")],
);

#[tokio::test]
async fn a_client_that_cannot_work_is_none() {
    let database = database();
    let config = Config::from_url(&format!("{}_", database.url())).unwrap();
    let error = DatabaseClient::create(config).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some(&bindery::SqlState::UNDEFINED_DATABASE));
    assert!(error.to_string().starts_with("cannot connect to the database: database \""), "{error}");
    assert!(error.to_string().ends_with("does not exist (3D000)"), "{error}");
    assert!(error.is_connection());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_when_the_time_is_up() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = Config::from_url(&format!("postgresql://u@127.0.0.1:{port}/d")).unwrap();
    let error =
        DatabaseClient::create(config.connection_timeout(Duration::from_millis(200))).await.unwrap_err();
    assert!(error.is_connection() && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_no_longer_than_allowed() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://u@127.0.0.1:{}/d", silent.local_addr().unwrap().port());
    let config = Config::from_url(&url).unwrap().connection_timeout(Duration::from_millis(200));
    let error = DatabaseClient::create(config).await.unwrap_err();
    assert!(error.is_connection() && error.to_string().contains("did not answer in time"), "{error}");
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
async fn a_connection_that_comes_back_clean_is_used_again() {
    let database = database();
    let client = client(&database, 1).await;
    let first = pid(&client).await;
    words(&client.connection().await.unwrap()).await.unwrap();
    insert(&client.connection().await.unwrap(), 1, "").await.unwrap_err();
    assert_eq!(pid(&client).await, first);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_handed_out() {
    let database = database();
    let client = client(&database, 1).await;
    let first = pid(&client).await;
    run(&database, &format!("SELECT pg_terminate_backend({first}, 10000)"));
    // The driver's task reads the end of the connection as soon as it gets its turn.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_ne!(pid(&client).await, first);
}

#[tokio::test]
async fn a_connection_that_was_given_back_unused_is_looked_at_again() {
    let database = database();
    let client = client(&database, 1).await;
    let first = pid(&client).await;
    drop(client.connection().await.unwrap());
    run(&database, &format!("SELECT pg_terminate_backend({first}, 10000)"));
    // The runtime takes in what has happened on its sockets.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_ne!(pid(&client).await, first);
}

#[tokio::test]
async fn a_connection_with_a_session_of_its_own_is_not_handed_on() {
    static BEGIN: Query = query("Begin", "BEGIN", &[]);
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    conn.exec(&BEGIN, &[]).await.unwrap();
    insert(&conn, 1, "never committed").await.unwrap();
    drop(conn);
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_busy_connection_behind() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let sleep = conn.exec(&SLEEP, &[]);
    assert!(tokio::time::timeout(Duration::from_millis(200), sleep).await.is_err());
    drop(conn);
    let idle = async {
        let conn = client.connection().await.unwrap();
        while conn.fetch_one(&BUSY, &[], |row| row.get::<i64>(0)).await.unwrap() > 0 {}
    };
    tokio::time::timeout(Duration::from_secs(5), idle).await.unwrap();
}

#[tokio::test]
async fn a_call_that_is_dropped_harms_none_that_follows_on_its_connection() {
    static NAP: Query = query("Nap", "SELECT pg_sleep(0.3)", &[]);
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    // Both are prepared before, so that the nap starts at once, and is long enough for a cancellation to arrive in it.
    words(&conn).await.unwrap();
    conn.exec(&NAP, &[]).await.unwrap();
    assert!(words(&conn).now_or_never().is_none());
    conn.exec(&NAP, &[]).await.unwrap();
    assert_eq!(words(&conn).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_pool_that_is_busy_says_so() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(1);
    let client = DatabaseClient::create(config.connection_timeout(Duration::from_millis(200))).await.unwrap();
    let _held = client.connection().await.unwrap();
    let error = client.connection().await.unwrap_err();
    assert!(error.is_pool_timeout() && !error.is_connection(), "{error}");
}

#[tokio::test]
async fn a_pool_that_cannot_connect_says_why() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(2);
    let client = DatabaseClient::create(config.connection_timeout(Duration::from_secs(1))).await.unwrap();
    run(&database, "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()");
    // The connection that the client was tried with.
    let _held = client.connection().await.unwrap();
    let started = Instant::now();
    let error = client.connection_within(Duration::from_secs(60)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(30), "waiting does not mend it");
    assert!(!error.is_pool_timeout() && error.is_connection(), "{error}");
    assert!(error.to_string().contains("is not currently accepting connections"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_client_is_shared_between_threads() {
    fn is_shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    is_shared::<DatabaseClient>();
    is_shared::<Config>();
}

#[tokio::test]
async fn callers_are_served_in_the_order_in_which_they_asked() {
    let database = database();
    let client = client(&database, 1).await;
    let held = client.connection().await.unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..20 {
        let (waiting, sender) = (client.clone(), sender.clone());
        tokio::spawn(async move {
            let _conn = waiting.connection().await.unwrap();
            sender.send(number).unwrap();
        });
        wait_until(|| client.stats().waiting == number + 1, &client).await;
    }
    drop(held);
    // One that comes now stands behind those that wait.
    drop(client.connection().await.unwrap());
    let order: Vec<u32> = std::iter::from_fn(|| receiver.try_recv().ok()).collect();
    assert_eq!(order, (0..20).collect::<Vec<_>>());
}

/// Without a clock: other tasks get their turn in between.
async fn wait_until(mut is_so: impl FnMut() -> bool, client: &DatabaseClient) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    assert!(outcome.is_ok(), "{:?}", client.stats());
}

#[tokio::test]
async fn a_queue_that_is_full_says_so_at_once() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(1).max_waiting(1);
    let client = DatabaseClient::create(config).await.unwrap();
    let held = client.connection().await.unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.connection().await.map(|_| ()) }
    });
    wait_until(|| client.stats().waiting == 1, &client).await;
    let error = client.connection().await.unwrap_err();
    assert!(error.is_pool_full() && !error.is_pool_timeout(), "{error}");
    drop(held);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_may_wait_less_than_others() {
    let database = database();
    let client = client(&database, 1).await;
    let _held = client.connection().await.unwrap();
    let error = client.connection_within(Duration::from_millis(50)).await.unwrap_err();
    assert!(error.is_pool_timeout());
    assert_eq!(client.stats().waiting, 0);
}

#[tokio::test]
async fn a_client_that_is_closed_waits_for_its_connections_and_gives_out_none() {
    let database = database();
    let client = client(&database, 2).await;
    let (used, idle) = (client.connection().await.unwrap(), client.connection().await.unwrap());
    drop(idle);
    assert!(client.close(Duration::from_millis(50)).await.is_err(), "one is in use");
    assert!(client.connection().await.unwrap_err().is_pool_closed());
    insert(&used, 1, "a").await.unwrap();
    let closing = tokio::spawn({
        let client = client.clone();
        async move { client.close(Duration::from_secs(20)).await }
    });
    drop(used);
    closing.await.unwrap().unwrap();
    assert_eq!(client.stats().connections, 0);
    assert!(client.is_closed());
    run(
        &database,
        "DO $$ BEGIN WHILE (SELECT count(*) > 1 FROM pg_stat_activity WHERE datname = current_database())
        LOOP PERFORM pg_sleep(0.01); END LOOP; END $$",
    );
}

#[tokio::test]
async fn those_who_wait_are_told_when_the_client_is_closed() {
    let database = database();
    let client = client(&database, 1).await;
    let _held = client.connection().await.unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.connection().await.map(|_| ()) }
    });
    wait_until(|| client.stats().waiting == 1, &client).await;
    let _ = client.close(Duration::ZERO).await;
    assert!(waiting.await.unwrap().unwrap_err().is_pool_closed());
}

#[tokio::test]
async fn connections_are_replaced_when_the_client_is_drained() {
    let database = database();
    let client = client(&database, 1).await;
    let first = pid(&client).await;
    let held = client.connection().await.unwrap();
    client.drain();
    words(&held).await.unwrap();
    drop(held);
    let second = pid(&client).await;
    assert_ne!(second, first);
    assert_eq!(pid(&client).await, second);
    client.drain();
    assert_ne!(pid(&client).await, second, "an idle one is replaced as well");
}

#[tokio::test]
async fn a_connection_does_not_live_longer_than_it_may() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(1);
    let client = DatabaseClient::create(config.max_lifetime(Some(Duration::from_millis(1)))).await.unwrap();
    let conn = client.connection().await.unwrap();
    let first = conn.fetch_one(&crate::PID, &[], |row| row.get::<i32>(0)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
    drop(conn);
    assert_ne!(pid(&client).await, first);
}

#[tokio::test]
async fn connections_that_nobody_needs_are_closed_down_to_the_least() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(8).min_connections(3);
    let client = DatabaseClient::create(config.idle_timeout(Some(Duration::from_millis(100)))).await.unwrap();
    wait_until(|| client.stats().connections == 3, &client).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(client.connection().await.unwrap());
    }
    assert_eq!(client.stats().connections, 8);
    held.clear();
    wait_until(|| client.stats().connections == 3, &client).await;
    assert_eq!(client.stats().idle, 3);
}

#[tokio::test]
async fn hooks_run_when_a_connection_is_made_handed_out_and_given_back() {
    static TIMEOUT: Query =
        query("Timeout", "SELECT current_setting('lock_timeout') AS value", &[("value", "text")]);
    static SET: Query = query("Set", "SET lock_timeout = '7s'", &[]);
    let database = database();
    let released = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = released.clone();
    let config = Config::from_url(database.url())
        .unwrap()
        .max_connections(1)
        .on_connect(|conn| Box::pin(conn.set("lock_timeout", "3s")))
        .on_check_out(|conn| Box::pin(async move { insert(conn, 1, "handed out").await }))
        .on_release(move |conn| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::pin(async move { conn.exec(&DELETE, &[]).await.map(|_| ()) })
        });
    static DELETE: Query = query("Delete", "DELETE FROM t", &[]);
    let client = DatabaseClient::create(config).await.unwrap();
    let first = pid(&client).await;
    let conn = client.connection().await.unwrap();
    assert_eq!(words(&conn).await.unwrap(), ["handed out"]);
    conn.exec(&SET, &[]).await.unwrap();
    drop(conn);
    let conn = client.connection().await.unwrap();
    let timeout = conn.fetch_one(&TIMEOUT, &[], |row| row.get::<String>(0)).await.unwrap();
    assert_eq!(timeout, "3s", "what was set is reset, and the hook has set its own again");
    assert_eq!(conn.fetch_one(&crate::PID, &[], |row| row.get::<i32>(0)).await.unwrap(), first);
    assert_eq!(released.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_hook_that_fails_fails_the_call() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap();
    let config = config.on_connect(|conn| Box::pin(conn.set("no_such_setting", "1")));
    let error = DatabaseClient::create(config).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some(&bindery::SqlState::UNDEFINED_OBJECT), "{error}");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_cancelled() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(1);
    let client = DatabaseClient::create(config.call_timeout(Duration::from_millis(100))).await.unwrap();
    let first = pid(&client).await;
    let conn = client.connection().await.unwrap();
    let error = conn.exec(&SLEEP, &[]).await.unwrap_err();
    assert!(error.is_call_timeout(), "{error}");
    assert_eq!(words(&conn).await.unwrap(), [""; 0], "the connection goes on");
    drop(conn);
    assert_eq!(pid(&client).await, first);
}

#[tokio::test]
async fn each_query_is_prepared_once_a_connection_and_not_too_many_are_kept() {
    static PREPARED: Query = query(
        "Prepared",
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT word FROM t%'",
        &[("count", "int8")],
    );
    let database = database();
    let config = Config::from_url(database.url()).unwrap().max_connections(1);
    let client = DatabaseClient::create(config.max_statements(2)).await.unwrap();
    let conn = client.connection().await.unwrap();
    let prepared = async || conn.fetch_one(&PREPARED, &[], |row| row.get::<i64>(0)).await.unwrap();
    // All at the same time, on a connection that does not know it yet.
    futures_util::future::join_all((0..50).map(|_| words(&conn))).await;
    assert_eq!(prepared().await, 1);
    conn.fetch_one(&crate::PID, &[], |row| row.get::<i32>(0)).await.unwrap();
    assert_eq!(prepared().await, 0, "the least used one was closed");
    words(&conn).await.unwrap();
}

#[tokio::test]
async fn all_queries_can_be_prepared_ahead() {
    static WRONG: Query = query("Wrong", "SELECT nothing FROM t", &[("nothing", "int4")]);
    static GOOD: bindery::Queries = bindery::Queries {
        queries: &[&crate::WORDS, &crate::PID, &crate::INSERT],
        relations: &[],
        enums: &[],
        composites: &[],
        domains: &[],
        migrations: &[],
        migration_table: "goose_db_version",
    };
    static BAD: bindery::Queries = bindery::Queries { queries: &[&crate::WORDS, &WRONG], ..GOOD };
    let database = database();
    let config = Config::from_url(database.url()).unwrap().on_connect(|conn| Box::pin(conn.prepare(&GOOD)));
    let client = DatabaseClient::create(config).await.unwrap();
    let error = client.warm_up(&BAD).await.unwrap_err();
    assert_eq!(error.query(), Some("Wrong"), "{error}");
}

#[tokio::test]
async fn what_is_counted_adds_up() {
    let database = database();
    let client = client(&database, 1).await;
    for id in 0..10 {
        insert(&client.connection().await.unwrap(), id, "a").await.unwrap();
    }
    drop(client.begin().await.unwrap());
    pid(&client).await;
    let stats = client.stats();
    assert_eq!((stats.requests, stats.requests_waited, stats.requests_failed), (12, 1, 0));
    assert_eq!((stats.connects, stats.connections, stats.cleaned, stats.discarded), (1, 1, 1, 0));
    assert_eq!((stats.in_use, stats.idle, stats.waiting), (0, 1, 0));
    assert!(stats.usage_time > Duration::ZERO);
}
