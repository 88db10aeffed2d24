//! Reads on a streaming standby.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bindery::{Config, DatabaseClient, Query};

use crate::server::Server;
use crate::{query, run};

static PORT: Query = query("Port", "SELECT current_setting('port') AS port", &[("port", "text")]);
static ADD: Query = query("Add", "INSERT INTO t DEFAULT VALUES", &[]);
static COUNT: Query = query("Count", "SELECT count(*) AS n FROM t", &[("n", "int8")]);

async fn read_at(client: &DatabaseClient) -> u16 {
    let conn = client.read_connection().await.unwrap();
    conn.fetch_one(&PORT, &[], |row| row.get::<String>(0)).await.unwrap().parse().unwrap()
}

async fn count(client: &DatabaseClient) -> i64 {
    client.read_connection().await.unwrap().fetch_one(&COUNT, &[], |row| row.get(0)).await.unwrap()
}

async fn add(client: &DatabaseClient) {
    client.connection().await.unwrap().exec(&ADD, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_to_the_replica_and_can_be_had_up_to_date() {
    let primary = Server::start();
    run(&primary.url("postgres"), "CREATE TABLE t (id int)").await;
    let standby = primary.standby();
    let handed_out = Arc::new(AtomicU32::new(0));
    let times = handed_out.clone();
    let replicas = Config::from_url(&standby.url("postgres")).unwrap().max_connections(2);
    let replicas = replicas.on_check_out(move |_| {
        times.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    });
    let config = Config::from_url(&primary.url("postgres")).unwrap().max_connections(2);
    let client =
        DatabaseClient::create(config.replicas(replicas).connection_timeout(Duration::from_secs(10)))
            .await
            .unwrap();
    assert_eq!(read_at(&client).await, standby.port);
    assert_eq!(handed_out.load(Ordering::Relaxed), 1, "a replica's hooks are its own");
    assert_eq!(read_at(&client.primary()).await, primary.port);

    // What was written is seen, wherever it is read.
    for written in 1..=30 {
        add(&client).await;
        let up_to_date = client.reading_after(client.position().await.unwrap());
        assert_eq!(count(&up_to_date).await, written);
    }
    let position = client.position().await.unwrap();
    while read_at(&client.reading_after(position)).await != standby.port {
        tokio::task::yield_now().await;
    }

    // A replica that stands still is behind, and is not asked by those who must not see the past.
    run(&standby.url("postgres"), "SELECT pg_wal_replay_pause()").await;
    run(
        &standby.url("postgres"),
        "DO $$ BEGIN WHILE pg_get_wal_replay_pause_state() <> 'paused' LOOP PERFORM pg_sleep(0.01); END LOOP; END $$",
    )
    .await;
    add(&client).await;
    assert_eq!(count(&client).await, 30);
    assert_eq!(count(&client.primary()).await, 31);
    assert_eq!(count(&client.reading_after(client.position().await.unwrap())).await, 31);

    // Without it the primary answers.
    tokio::task::block_in_place(|| standby.down("immediate"));
    let answered = async {
        loop {
            let Ok(conn) = client.read_connection().await else { continue };
            if let Ok(count) = conn.fetch_one(&COUNT, &[], |row| row.get::<i64>(0)).await {
                return count;
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), answered).await.unwrap(), 31);
    assert!(client.replica_stats().is_some());
}
