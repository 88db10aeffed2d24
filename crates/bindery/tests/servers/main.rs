//! The run time on servers of its own: with TLS and passwords, with copies, and where things break.

// Seeds are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod bank;
mod hosts;
mod listen;
mod login;
mod network;
mod pgbouncer;
mod proxy;
mod replicas;
mod server;
mod tls;

use bindery::Query;

/// A query without parameters.
const fn query(
    name: &'static str,
    sql: &'static str,
    columns: &'static [(&'static str, &'static str)],
) -> Query {
    Query { name, file: "queries/faults.sql", sql, params: &[], columns }
}

/// Runs SQL on a connection that has nothing to do with the client.
async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}
