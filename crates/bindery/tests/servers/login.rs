//! Who is let in, and what those are told that are not: at once, in the server's own words.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bindery::{Config, DatabaseClient};

use crate::run;
use crate::server::Server;

const RULES: &str = "host all postgres all trust\nhost all all all scram-sha-256\n";

async fn server() -> Server {
    let server = Server::start_with("", RULES, &[]);
    run(&server.url("postgres"), "CREATE ROLE member LOGIN PASSWORD 'it''s: secret'").await;
    server
}

async fn refusal(text: &str) -> String {
    let started = Instant::now();
    let error = DatabaseClient::create(Config::from_url(text).unwrap()).await.unwrap_err();
    // A pool would try for 30 seconds, and then say that time ran out.
    assert!(started.elapsed() < Duration::from_secs(10), "{error}");
    assert!(error.is_connection());
    error.to_string()
}

#[tokio::test]
async fn what_cannot_heal_is_told_at_once() {
    let server = server().await;
    let at = format!("hostaddr=127.0.0.1 port={} connect_timeout=60", server.port);
    let said = refusal(&format!("{at} dbname=nowhere user=postgres")).await;
    assert_eq!(said, "cannot connect to the database: database \"nowhere\" does not exist (3D000)");
    let said = refusal(&format!("{at} dbname=postgres user=member password=wrong")).await;
    assert_eq!(
        said,
        "cannot connect to the database: password authentication failed for user \"member\" (28P01)"
    );
    let said = refusal(&format!("{at} dbname=postgres user=nobody password=wrong")).await;
    assert_eq!(
        said,
        "cannot connect to the database: password authentication failed for user \"nobody\" (28P01)"
    );
    let said = refusal(&format!("{at} dbname=postgres user=member")).await;
    assert!(said.ends_with("password missing"), "{said}");
    let said = refusal("host=no-such-host.invalid dbname=postgres user=member").await;
    assert!(said.starts_with("the host `no-such-host.invalid` cannot be found: "), "{said}");
}

#[tokio::test]
async fn what_can_heal_is_tried_again() {
    let server = server().await;
    server.down("fast");
    let config = Config::from_url(&server.url("postgres")).unwrap();
    let client = tokio::spawn(DatabaseClient::create(config));
    // It has met a closed port by then.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!client.is_finished());
    let _server = tokio::task::spawn_blocking(move || {
        server.up();
        server
    })
    .await
    .unwrap();
    client.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_password_comes_from_the_file_or_is_asked_for() {
    let server = server().await;
    let path = std::env::temp_dir().join(format!("bindery-login-{}", std::process::id()));
    std::fs::write(&path, format!("127.0.0.1:{}:postgres:member:it's\\: secret\n", server.port)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let at = format!("host=127.0.0.1 port={} dbname=postgres user=member", server.port);
    let config = Config::from_url(&format!("{at} passfile={}", path.display())).unwrap();
    DatabaseClient::create(config).await.unwrap();
    std::fs::remove_file(path).unwrap();

    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let config = Config::from_url(&at).unwrap().max_connections(2).password_from(move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok("it's: secret".to_owned()) }
    });
    let client = DatabaseClient::create(config).await.unwrap();
    let _both = (client.connection().await.unwrap(), client.connection().await.unwrap());
    assert_eq!(asked.load(Ordering::Relaxed), 2, "once for each connection");
    let config = Config::from_url(&at).unwrap().password_from(|| async { Err("the vault is closed".into()) });
    let error = DatabaseClient::create(config).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no password for the new connection: the vault is closed");
}
