//! Runs what the guide shows, on a temporary database.

use std::error::Error;

use bindery::{Config, DatabaseClient};

mod shop;
mod db {
    bindery::include_queries!();
}

fn main() -> Result<(), Box<dyn Error>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    let migrations = bindery_migrate::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/db/migrations"))?;
    bindery_migrate::up(&mut database.connect()?, &migrations)?;
    run(database.url())
}

#[tokio::main]
async fn run(url: &str) -> Result<(), Box<dyn Error>> {
    let client = DatabaseClient::create(Config::from_url(url)?).await?;
    let books = db::BookQueries::new(client.clone());
    let added = books.add_book("111", "dune", None).await?;
    assert_eq!(added.published, None);
    println!("{}", shop::rename(&client, "111").await?);
    Ok(())
}
