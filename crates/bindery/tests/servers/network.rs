//! A network that is cut, or swallows what is sent.

use std::time::{Duration, Instant};

use bindery::{Config, DatabaseClient, Query};

use crate::proxy::{Network, Proxy};
use crate::query;
use crate::server::Server;

static ONE: Query = query("One", "SELECT 1 AS one", &[("one", "int4")]);

async fn one(client: &DatabaseClient) -> Result<i32, bindery::Error> {
    client.connection().await?.fetch_one(&ONE, &[], |row| row.get(0)).await
}

fn config(proxy: &Proxy) -> Config {
    Config::from_url(&format!("{}?connect_timeout=1", proxy.url("postgres"))).unwrap().max_connections(1)
}

#[tokio::test]
async fn a_network_that_was_cut_serves_again() {
    let server = Server::start();
    let proxy = Proxy::to(server.port).await;
    let client = DatabaseClient::create(config(&proxy)).await.unwrap();
    assert_eq!(one(&client).await.unwrap(), 1);
    let conn = client.connection().await.unwrap();
    proxy.cut();
    let mut calls = 0;
    let error = loop {
        // The first may still get through.
        match conn.fetch_one(&ONE, &[], |row| row.get::<i32>(0)).await {
            Ok(_) if calls < 100 => calls += 1,
            Ok(_) => panic!("the connection was not cut"),
            Err(error) => break error,
        }
    };
    assert!(error.is_connection(), "{error}");
    drop(conn);
    assert_eq!(one(&client).await.unwrap(), 1);
}

#[tokio::test]
async fn a_call_into_a_black_hole_ends_in_time_and_the_next_one_works() {
    let server = Server::start();
    let proxy = Proxy::to(server.port).await;
    let client = DatabaseClient::create(config(&proxy).call_timeout(Duration::from_secs(1))).await.unwrap();
    one(&client).await.unwrap();
    proxy.set(Network::Swallows);
    let error = one(&client).await.unwrap_err();
    assert!(error.is_call_timeout(), "{error}");
    proxy.set(Network::Works);
    // The connection is given up, since nothing answers on it.
    assert_eq!(one(&client).await.unwrap(), 1);
    assert_eq!(client.stats().discarded, 1);
}

#[tokio::test]
async fn an_idle_connection_into_a_black_hole_is_not_handed_out() {
    let server = Server::start();
    let proxy = Proxy::to(server.port).await;
    let client = DatabaseClient::create(config(&proxy).check_after_idle(Duration::ZERO)).await.unwrap();
    one(&client).await.unwrap();
    proxy.set(Network::Swallows);
    let started = Instant::now();
    // The check gives up, and no new connection can be made.
    let error = client.connection_within(Duration::from_secs(4)).await.unwrap_err();
    assert!(error.is_pool_timeout(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
    // Attempts that were swallowed end in time as well.
    proxy.set(Network::Works);
    assert_eq!(one(&client).await.unwrap(), 1);
}

#[tokio::test]
async fn a_commit_into_a_black_hole_ends_in_time_with_an_unknown_outcome() {
    let server = Server::start();
    let proxy = Proxy::to(server.port).await;
    let client = DatabaseClient::create(config(&proxy).call_timeout(Duration::from_secs(1))).await.unwrap();
    let tx = client.begin().await.unwrap();
    tx.fetch_one(&ONE, &[], |row| row.get::<i32>(0)).await.unwrap();
    proxy.set(Network::Swallows);
    let error = tx.commit().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    proxy.set(Network::Works);
    assert_eq!(one(&client).await.unwrap(), 1);
}
