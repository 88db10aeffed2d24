//! Notifications.

use std::time::Duration;

use bindery::{Config, Connection, DatabaseClient, Event, Listener};
use futures_util::StreamExt;

use crate::{client, database, run};

/// Far beyond what anything here takes.
const LONG: Duration = Duration::from_secs(60);

async fn next(listener: &mut Listener) -> Event {
    tokio::time::timeout(LONG, listener.next()).await.unwrap().unwrap()
}

async fn payload(listener: &mut Listener) -> String {
    match next(listener).await {
        Event::Notification(notification) => notification.payload,
        Event::Gap => panic!("there is a gap"),
    }
}

async fn notify(conn: &Connection, channel: &str, payload: &str) {
    conn.execute("SELECT pg_notify($1, $2)", &[&channel, &payload]).await.unwrap();
}

const LISTENERS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE query LIKE 'LISTEN%' AND datname = current_database()";

/// Waits until so many sessions listen.
async fn listeners(client: &DatabaseClient, expected: i64) {
    let conn = client.connection().await.unwrap();
    let wait = async {
        while conn.query_one::<(i64,)>(LISTENERS, &[]).await.unwrap() != (expected,) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap();
}

#[tokio::test]
async fn notifications_come_in_order_with_their_payload() {
    let database = database();
    let client = client(&database, 1).await;
    let mut listener = client.listen(&["Cars \"new\"", "owners"]).await.unwrap();
    let conn = client.connection().await.unwrap();
    let odd = "it's \"quoted\" \\ ä\n";
    notify(&conn, "cars \"new\"", "another channel").await;
    notify(&conn, "Cars \"new\"", odd).await;
    let Event::Notification(first) = next(&mut listener).await else { panic!("there is a gap") };
    let (pid,): (i32,) = conn.query_one("SELECT pg_backend_pid()", &[]).await.unwrap();
    assert_eq!((first.channel.as_str(), first.payload.as_str()), ("Cars \"new\"", odd));
    assert_eq!(first.process_id, pid);

    let sql = "SELECT pg_notify('owners', n::text) FROM generate_series(1, 10000) AS n";
    conn.execute(sql, &[]).await.unwrap();
    for expected in 1..=10_000 {
        assert_eq!(payload(&mut listener).await, expected.to_string());
    }
}

#[tokio::test]
async fn channels_are_added_and_taken_away() {
    let database = database();
    let client = client(&database, 1).await;
    let mut listener = client.listen(&[]).await.unwrap();
    let conn = client.connection().await.unwrap();
    notify(&conn, "a", "too early").await;
    listener.listen("a").await.unwrap();
    listener.listen("b").await.unwrap();
    notify(&conn, "a", "1").await;
    // It comes while something else is waited for.
    listener.unlisten("a").await.unwrap();
    notify(&conn, "a", "too late").await;
    notify(&conn, "b", "2").await;
    assert_eq!(payload(&mut listener).await, "1");
    assert_eq!(payload(&mut listener).await, "2");
    assert_eq!(listener.channels(), ["b"]);
    let error = listener.listen("").await.unwrap_err();
    assert!(error.as_db_error().is_some(), "{error}");
    assert_eq!(listener.channels(), ["b"]);
}

#[tokio::test]
async fn a_lost_connection_is_a_gap_and_then_goes_on() {
    let database = database();
    let client = client(&database, 1).await;
    let mut listener = client.listen(&["a"]).await.unwrap();
    listener.listen("b").await.unwrap();
    listener.unlisten("a").await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE query LIKE '%LISTEN%' AND pid <> pg_backend_pid() AND datname = current_database()";
    for round in 0..3 {
        run(&database, kill);
        assert_eq!(next(&mut listener).await, Event::Gap, "{round}");
        let conn = client.connection().await.unwrap();
        notify(&conn, "a", "not listened to").await;
        notify(&conn, "b", "here").await;
        assert_eq!(payload(&mut listener).await, "here");
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_nothing() {
    let database = database();
    let client = client(&database, 1).await;
    let mut listener = client.listen(&["a"]).await.unwrap().keepalive(Duration::from_millis(1));
    let conn = client.connection().await.unwrap();
    conn.execute("SELECT pg_notify('a', n::text) FROM generate_series(1, 500) AS n", &[]).await.unwrap();
    let mut received = Vec::new();
    while received.len() < 500 {
        // Most are dropped before they are done, in the middle of asking the server whether it is there.
        let once = tokio::time::timeout(Duration::from_micros(300), listener.next());
        if let Ok(event) = once.await {
            let Event::Notification(notification) = event.unwrap() else { panic!("there is a gap") };
            received.push(notification.payload);
        }
    }
    let expected: Vec<_> = (1..=500).map(|number| number.to_string()).collect();
    assert_eq!(received, expected);
}

#[tokio::test]
async fn a_listener_that_is_dropped_closes_its_connection() {
    let database = database();
    let client = client(&database, 1).await;
    let listener = client.listen(&["a"]).await.unwrap();
    listeners(&client, 1).await;
    drop(listener);
    listeners(&client, 0).await;
}

#[tokio::test]
async fn events_are_a_stream() {
    let database = database();
    let client = client(&database, 1).await;
    let config = Config::from_url(database.url()).unwrap();
    let events = Listener::connect(config, &["a"]).await.unwrap().into_stream();
    let conn = client.connection().await.unwrap();
    notify(&conn, "a", "1").await;
    notify(&conn, "a", "2").await;
    let payloads = events.take(2).map(|event| match event.unwrap() {
        Event::Notification(notification) => notification.payload,
        Event::Gap => "gap".to_owned(),
    });
    assert_eq!(payloads.collect::<Vec<_>>().await, ["1", "2"]);
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_is_an_error() {
    let database = database();
    let config = Config::from_url(database.url()).unwrap().database("not_there");
    let error = Listener::connect(config, &["a"]).await.unwrap_err();
    assert!(error.is_connection() && error.to_string().contains("not_there"), "{error}");
}

#[tokio::test]
async fn what_waits_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let database = database();
    let mut listener = client(&database, 1).await.listen(&["a"]).await.unwrap();
    is_send(&listener.next());
    is_send(&listener.listen("b"));
    is_send(&listener.into_stream());
}
