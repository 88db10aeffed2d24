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
async fn a_connection_with_a_session_of_its_own_is_not_handed_on() {
    static BEGIN: Query = query("Begin", "BEGIN", &[]);
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    conn.execute(&BEGIN, &[]).await.unwrap();
    insert(&conn, 1, "never committed").await.unwrap();
    drop(conn);
    assert_eq!(words(&client.connection().await.unwrap()).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_busy_connection_behind() {
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let sleep = conn.execute(&SLEEP, &[]);
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
    conn.execute(&NAP, &[]).await.unwrap();
    assert!(words(&conn).now_or_never().is_none());
    conn.execute(&NAP, &[]).await.unwrap();
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
