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
    let mut connection = database.connect()?;
    bindery_migrate::up(&mut connection, &migrations)?;
    connection.batch_execute("INSERT INTO books (isbn, title) VALUES ('111', 'dune')")?;
    run(database.url())
}

#[tokio::main]
async fn run(url: &str) -> Result<(), Box<dyn Error>> {
    let client = DatabaseClient::create(Config::from_url(url)?).await?;
    for loan in shop::rename(&client, "111").await? {
        println!("{} {:?}", loan.title, loan.member);
    }
    Ok(())
}
