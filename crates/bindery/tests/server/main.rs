//! The run time on a real server.

// Seeds are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod abort;
mod batch;
mod calls;
mod copy;
mod dynamic;
mod explain;
mod listen;
mod migrate;
mod pool;
mod portal;
mod sql;
mod stream;
mod telemetry;
mod transactions;
mod values;
mod verify;

use std::time::Duration;

use bindery::{Config, Connection, DatabaseClient, Error, Query};
use bindery_postgres::{Database, Server};

static INSERT: Query = Query {
    name: "Insert",
    file: "queries/t.sql",
    sql: "INSERT INTO t (id, word) VALUES ($1, $2)",
    params: &["int8", "public.word"],
    columns: &[],
};
static WORDS: Query = query("Words", "SELECT word FROM t ORDER BY id", &[("word", "text")]);
static SLEEP: Query = query("Sleep", "SELECT pg_sleep(60)", &[]);
static PID: Query = query("Pid", "SELECT pg_backend_pid() AS pid", &[("pid", "int4")]);

const SCHEMA: &str = "CREATE DOMAIN word AS text CHECK (VALUE <> '');
    CREATE TABLE t (id bigint PRIMARY KEY, word word NOT NULL);";

/// A query without parameters.
const fn query(
    name: &'static str,
    sql: &'static str,
    columns: &'static [(&'static str, &'static str)],
) -> Query {
    Query { name, file: "queries/t.sql", sql, params: &[], columns }
}

async fn insert(conn: &Connection, id: i64, word: &str) -> Result<(), Error> {
    conn.exec(&INSERT, &[&id, &word]).await?;
    Ok(())
}

async fn words(conn: &Connection) -> Result<Vec<String>, Error> {
    conn.fetch_many(&WORDS, &[], |row| row.get(0)).await
}

/// What tells the server's sessions apart.
async fn pid(client: &DatabaseClient) -> i32 {
    own_pid(&client.connection().await.unwrap()).await
}

async fn own_pid(conn: &Connection) -> i32 {
    conn.fetch_one(&PID, &[], |row| row.get(0)).await.unwrap()
}

fn database() -> Database {
    let database = Server::start().unwrap().create_database().unwrap();
    run(&database, SCHEMA);
    database
}

/// Runs SQL on a connection that has nothing to do with the client.
fn run(database: &Database, sql: &str) {
    let (url, sql) = (database.url().to_owned(), sql.to_owned());
    let run =
        move || bindery_postgres::Client::connect(&url, bindery_postgres::NoTls).unwrap().batch_execute(&sql);
    std::thread::spawn(run).join().unwrap().unwrap();
}

async fn client(database: &Database, connections: u32) -> DatabaseClient {
    let config = Config::from_url(database.url()).unwrap().max_connections(connections);
    DatabaseClient::create(config.connection_timeout(Duration::from_secs(10))).await.unwrap()
}
