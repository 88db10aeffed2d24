//! `cargo run`: the day of [`garage::scenario`] on a temporary database, or on the one that `DATABASE_URL` names.

use std::error::Error;

use bindery_postgres::Server;
use garage::{scenario, setup};

#[tokio::main]
#[allow(clippy::print_stdout, reason = "what it shows")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    if let Ok(url) = std::env::var("DATABASE_URL") {
        print!("{}", scenario::play(&setup::open(&url).await?).await?);
        return Ok(());
    }
    // The server starts and stops in blocking calls, and the database goes with its handle.
    let database = tokio::task::spawn_blocking(|| Server::start()?.create_database()).await??;
    let client = setup::open(database.url()).await?;
    print!("{}", scenario::play(&client).await?);
    drop(client);
    tokio::task::spawn_blocking(move || drop(database)).await?;
    Ok(())
}
