//! From a database's URL to a client of a database that is up to date.

use std::error::Error;

use bindery::{Config, DatabaseClient};

use crate::db::QUERIES;

/// Applies the migrations that the database has not seen, and says which they were.
///
/// # Errors
/// The database cannot be reached, or a migration fails.
pub fn migrate(url: &str) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    let config: bindery_postgres::Config = url.parse()?;
    let mut client = config.connect(bindery_postgres::NoTls)?;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let migrations = bindery_migrate::read_dir(folder)?;
    Ok(bindery_migrate::up(&mut client, &migrations)?.applied().map(str::to_owned).collect())
}

/// Migrates, off the async threads, connects, and has a look whether the database is what the code was generated for.
///
/// # Errors
/// The database cannot be reached, a migration fails, or somebody else has changed the schema.
pub async fn open(url: &str) -> Result<DatabaseClient, Box<dyn Error + Send + Sync>> {
    let owned = url.to_owned();
    tokio::task::spawn_blocking(move || migrate(&owned)).await??;
    let client = DatabaseClient::create(Config::from_url(url)?.application_name("garage")).await?;
    client.verify(&QUERIES).await?.into_result()?;
    Ok(client)
}
