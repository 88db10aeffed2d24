//! Several hosts: which of them is used, and what happens when it goes.

use std::net::TcpListener;
use std::time::Duration;

use bindery::{Config, DatabaseClient, Query};

use crate::server::Server;
use crate::{query, run};

static PORT: Query = query("Port", "SELECT current_setting('port') AS port", &[("port", "text")]);
static WRITE: Query = query("Write", "INSERT INTO t VALUES (1)", &[]);

async fn port(client: &DatabaseClient) -> Result<u16, bindery::Error> {
    let conn = client.connection().await?;
    Ok(conn.fetch_one(&PORT, &[], |row| row.get::<String>(0)).await?.parse().unwrap())
}

fn config(ports: &[u16], more: &str) -> Config {
    let hosts = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",");
    Config::from_url(&format!("postgresql://postgres@{hosts}/postgres?connect_timeout=2&{more}")).unwrap()
}

#[tokio::test]
async fn a_host_that_is_dead_or_silent_is_left_for_the_next() {
    let server = Server::start();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ports = [dead, silent.local_addr().unwrap().port(), server.port];
    let client = DatabaseClient::create(config(&ports, "")).await.unwrap();
    assert_eq!(port(&client).await.unwrap(), server.port);
    let config = config(&ports[..2], "").connection_timeout(Duration::from_millis(100));
    let error = DatabaseClient::create(config).await.unwrap_err();
    assert!(error.is_connection(), "{error}");
}

#[tokio::test]
async fn each_host_is_told_of_when_none_can_be_used() {
    let server = Server::start();
    let url = config(&[server.port, server.port], "target_session_attrs=standby");
    let error = DatabaseClient::create(url.connection_timeout(Duration::from_secs(2))).await.unwrap_err();
    let one = "127.0.0.1: the server lets us in, but it is not a standby";
    assert_eq!(error.to_string(), format!("none of the hosts can be used: {one}; {one}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kind_of_server_is_chosen_and_followed_when_it_moves() {
    let primary = Server::start();
    run(&primary.url("postgres"), "CREATE TABLE t (id int)").await;
    let standby = primary.standby();
    let ports = [standby.port, primary.port];
    for (target, expected) in [
        ("any", standby.port),
        ("read-write", primary.port),
        ("primary", primary.port),
        ("read-only", standby.port),
        ("standby", standby.port),
        ("prefer-standby", standby.port),
    ] {
        let client =
            DatabaseClient::create(config(&ports, &format!("target_session_attrs={target}"))).await.unwrap();
        assert_eq!(port(&client).await.unwrap(), expected, "{target}");
    }
    let ports = [primary.port, primary.port];
    let client = DatabaseClient::create(config(&ports, "target_session_attrs=prefer-standby")).await.unwrap();
    assert_eq!(port(&client).await.unwrap(), primary.port, "there is none");

    // Fail-over: the standby takes over while the client lives.
    let ports = [primary.port, standby.port];
    let client = DatabaseClient::create(config(&ports, "target_session_attrs=read-write").max_connections(2))
        .await
        .unwrap();
    client.connection().await.unwrap().exec(&WRITE, &[]).await.unwrap();
    tokio::task::block_in_place(|| {
        primary.down("immediate");
        standby.promote();
    });
    let written = async {
        loop {
            // The first call may meet a connection to the dead one.
            let Ok(conn) = client.connection().await else { continue };
            if conn.exec(&WRITE, &[]).await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), written).await.unwrap();
    assert_eq!(port(&client).await.unwrap(), standby.port);
}
