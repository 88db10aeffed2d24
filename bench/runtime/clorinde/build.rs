//! Has Clorinde generate its crate from `queries/` on a temporary server.

use std::env;
use std::path::PathBuf;

use bindery_postgres::Server;
use tokio::runtime::Runtime;

fn main() {
    for read in ["queries", "../migrations"] {
        println!("cargo::rerun-if-changed={read}");
    }
    let database = Server::start().unwrap().create_database().unwrap();
    let migration = include_str!("../migrations/00001_items.sql");
    database.connect().unwrap().batch_execute(migration.split("-- +goose Down").next().unwrap()).unwrap();
    let runtime = Runtime::new().unwrap();
    let connect = tokio_postgres::connect(database.url(), tokio_postgres::NoTls);
    let (client, connection) = runtime.block_on(connect).unwrap();
    runtime.spawn(async { connection.await.unwrap() });
    let destination = PathBuf::from(env::var_os("OUT_DIR").unwrap()).join("clorinde");
    let config = clorinde::config::Config::builder()
        .queries("queries")
        .destination(destination)
        .r#async(true)
        .sync(false)
        .build();
    clorinde::gen_live(&client, config).unwrap();
}
