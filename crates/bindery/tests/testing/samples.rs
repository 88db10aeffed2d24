//! Tests that other tests run, in processes of their own.

use std::io::{self, Write};

use bindery::testing::TestDatabase;
use bindery::{Connection, DatabaseClient};

use crate::migrations::{BROKEN, MIGRATIONS};

#[bindery::test]
#[ignore = "run by other tests"]
async fn passes(client: DatabaseClient) {
    let migrated: Vec<(i32,)> =
        client.connection().await.unwrap().query("SELECT session FROM migrated", &[]).await.unwrap();
    println!("migrated by {}", migrated[0].0);
}

#[bindery::test]
#[ignore = "run by other tests"]
async fn panics(client: DatabaseClient) {
    let conn = client.connection().await.unwrap();
    conn.execute("INSERT INTO owners (name) VALUES ('Linus')", &[]).await.unwrap();
    panic!("as it was written");
}

#[bindery::test]
#[ignore = "run by other tests"]
async fn returns_an_error(_client: DatabaseClient) -> Result<(), String> {
    Err("as it was returned".to_owned())
}

#[bindery::test]
#[ignore = "run by other tests"]
#[should_panic]
async fn is_to_panic(_client: DatabaseClient) {
    panic!("as is to be");
}

/// Until somebody writes a line, or kills it.
#[bindery::test]
#[ignore = "run by other tests"]
async fn waits(database: TestDatabase, conn: Connection) {
    conn.execute("INSERT INTO owners (name) VALUES ('Ada')", &[]).await.unwrap();
    let migrated: Vec<(i32,)> = conn.query("SELECT session FROM migrated", &[]).await.unwrap();
    println!("migrated by {}", migrated[0].0);
    println!("waits on {}", database.url());
    io::stdout().flush().unwrap();
    io::stdin().read_line(&mut String::new()).unwrap();
}

/// Connections that nobody closes, and a thread that nobody ends.
#[bindery::test(flavor = "multi_thread")]
#[ignore = "run by other tests"]
async fn leaks(database: TestDatabase, client: DatabaseClient) {
    std::mem::forget(client.connection().await.unwrap());
    std::mem::forget(client.begin().await.unwrap());
    tokio::task::spawn_blocking(|| {
        loop {
            std::thread::park();
        }
    });
    std::mem::forget((client, database.clone(), database));
}

#[bindery::test(fixtures("broken"))]
#[ignore = "run by other tests"]
async fn has_a_broken_fixture() {}

#[bindery::test(rollback, fixtures("owners", "broken"))]
#[ignore = "run by other tests"]
async fn has_a_broken_fixture_and_is_rolled_back(_conn: &Connection) {}

#[bindery::test(migrations = BROKEN)]
#[ignore = "run by other tests"]
async fn has_a_broken_migration() {}

#[bindery::test(rollback)]
#[ignore = "run by other tests"]
async fn commits(conn: &Connection) {
    conn.execute("COMMIT", &[]).await.unwrap();
}
