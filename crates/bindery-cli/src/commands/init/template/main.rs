//! A list of tasks on a temporary PostgreSQL: `cargo run`.

use std::error::Error;

use bindery::{Config, DatabaseClient};
use bindery_postgres::Server;

/// What `cargo build` makes of `migrations/` and `queries/`.
mod db {
    bindery::include_queries!();
}

fn main() -> Result<(), Box<dyn Error>> {
    // A database for this run only. With one of your own, leave this out and use `Config::from_env()` below.
    let database = Server::start()?.create_database()?;
    let migrations = bindery_migrate::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    bindery_migrate::up(&mut database.connect()?, &migrations)?;
    run(database.url())
}

#[tokio::main]
async fn run(url: &str) -> Result<(), Box<dyn Error>> {
    let client = DatabaseClient::create(Config::from_url(url)?).await?;

    // Functions on one connection, all or nothing.
    client
        .transaction(async |tx| {
            let task = db::tasks::insert_task(tx, "Run the example", None).await?;
            db::tasks::finish_task(tx, task.id).await?;
            db::tasks::insert_task(tx, "Write a query", Some("in queries/tasks.sql")).await
        })
        .await?;

    // Each call on a connection of its own.
    let tasks = db::TaskQueries::new(client);
    for task in tasks.list_tasks().await? {
        let mark = if task.done { 'x' } else { ' ' };
        println!("[{mark}] {} ({})", task.title, task.note.as_deref().unwrap_or("no note"));
    }
    Ok(())
}
