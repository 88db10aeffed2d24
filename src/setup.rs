//! From a database's URL to a client of a database that is up to date.

use bindery::{Config, DatabaseClient, Error};

use crate::db::{MIGRATIONS, QUERIES};

/// Connects, applies the migrations that the database has not seen, and has a look whether it is what the code was
/// generated for.
///
/// # Errors
/// The database cannot be reached, a migration fails, or somebody else has changed the schema.
pub async fn open(url: &str) -> Result<DatabaseClient, Error> {
    let client = DatabaseClient::create(Config::from_url(url)?.application_name("garage")).await?;
    client.migrate(&MIGRATIONS).await?;
    client.verify(&QUERIES).await?.into_result()?;
    Ok(client)
}
