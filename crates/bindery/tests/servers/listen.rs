//! Listeners of servers that go away.

use std::time::Duration;

use bindery::{Config, DatabaseClient, Event};

use crate::server::Server;

#[tokio::test]
async fn a_server_that_restarts_is_a_gap() {
    let server = Server::start();
    let config = || Config::from_url(&server.url("postgres")).unwrap();
    let client = DatabaseClient::create(config().max_connections(1)).await.unwrap();
    let mut listener = client.listen(&["a"]).await.unwrap();
    server.down("immediate");
    // It tries to connect while there is nobody.
    let early = tokio::time::timeout(Duration::from_millis(300), listener.next()).await;
    assert!(early.is_err(), "{early:?}");
    server.up();
    let gap = tokio::time::timeout(Duration::from_secs(60), listener.next()).await.unwrap().unwrap();
    assert_eq!(gap, Event::Gap);
    let other = DatabaseClient::create(config()).await.unwrap();
    let conn = other.connection().await.unwrap();
    conn.batch_execute("NOTIFY a, 'again'").await.unwrap();
    let event = tokio::time::timeout(Duration::from_secs(60), listener.next()).await.unwrap().unwrap();
    assert!(matches!(event, Event::Notification(sent) if sent.payload == "again"));
}
