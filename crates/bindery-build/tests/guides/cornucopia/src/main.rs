//! Runs what the guide shows, on a temporary database.

use std::error::Error;

use bindery::{Config, DatabaseClient};

mod shop;
mod db {
    bindery::include_queries!();
}

fn main() -> Result<(), Box<dyn Error>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    let migrations = bindery_migrate::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))?;
    bindery_migrate::up(&mut database.connect()?, &migrations)?;
    run(database.url())
}

#[tokio::main]
async fn run(url: &str) -> Result<(), Box<dyn Error>> {
    let client = DatabaseClient::create(Config::from_url(url)?).await?;
    let loans = client
        .transaction(async |tx| {
            db::books::add_book(tx, "111", "dune", None).await?;
            shop::rename(tx, "111").await
        })
        .await?;
    for loan in loans {
        println!("{} {:?}", loan.title, loan.member);
    }
    Ok(())
}
