//! The database of a test, and what a test takes of it.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use bindery_postgres::Database;

use super::failure::fail;
use crate::client::DatabaseClient;
use crate::config::Config;
use crate::connection::Connection;
use crate::error::Error;
use crate::manager;
use crate::value::BoxError;

/// The database of a test. Clones are the same one; it is dropped when the test ends.
#[derive(Clone)]
pub struct TestDatabase {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    url: String,
    config: Config,
    /// None once the test has ended, though it may have left a clone somewhere.
    database: Mutex<Option<Database>>,
}

impl TestDatabase {
    pub(crate) fn new(database: Database) -> Result<Self, Error> {
        let (name, url) = (database.name().to_owned(), database.url().to_owned());
        let config = Config::from_url(&url)?;
        Ok(Self { inner: Arc::new(Inner { name, url, config, database: Mutex::new(Some(database)) }) })
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// A URL for it, as psql and other drivers take it. The folder of a Unix socket is its host, percent-encoded.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// How to connect to it, for clients with settings of their own.
    pub fn config(&self) -> Config {
        self.inner.config.clone()
    }

    /// A new client of it, with a pool of its own.
    ///
    /// # Errors
    /// As [`DatabaseClient::create`].
    pub async fn client(&self) -> Result<DatabaseClient, Error> {
        DatabaseClient::create(self.config()).await
    }

    /// The end of the test, whatever it has left: the database is dropped, or left to whoever wants to look at it.
    pub(crate) fn take(&self) -> Option<Database> {
        self.inner.database.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

/// What a test can take: something that is made of its database.
///
/// Implement it for what many tests begin with:
///
/// ```
/// use bindery::DatabaseClient;
/// use bindery::testing::{FromTestDatabase, TestDatabase};
///
/// struct Garage {
///     client: DatabaseClient,
/// }
///
/// impl FromTestDatabase for Garage {
///     async fn from_test_database(database: &TestDatabase) -> Result<Self, bindery::BoxError> {
///         let client = database.client().await?;
///         // put a car into it
///         Ok(Self { client })
///     }
/// }
/// ```
///
/// Nothing else can be taken:
///
/// ```compile_fail,E0277
/// # fn takes<T: bindery::testing::FromTestDatabase>() {}
/// takes::<u32>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a test on a database cannot take `{Self}`",
    label = "not made of a test's database",
    note = "a test takes `DatabaseClient`, `Connection`, `TestDatabase`, or what implements `FromTestDatabase`; with \
            `rollback` it takes `&mut Transaction`, `&Transaction` or `&Connection`"
)]
pub trait FromTestDatabase: Sized {
    /// Makes it, after the fixtures have run.
    ///
    /// # Errors
    /// Whatever stands in the way; the test fails with it.
    fn from_test_database(database: &TestDatabase) -> impl Future<Output = Result<Self, BoxError>>;
}

impl FromTestDatabase for TestDatabase {
    async fn from_test_database(database: &TestDatabase) -> Result<Self, BoxError> {
        Ok(database.clone())
    }
}

impl FromTestDatabase for DatabaseClient {
    async fn from_test_database(database: &TestDatabase) -> Result<Self, BoxError> {
        Ok(database.client().await?)
    }
}

/// In no pool.
impl FromTestDatabase for Connection {
    async fn from_test_database(database: &TestDatabase) -> Result<Self, BoxError> {
        Ok(manager::open(&database.config(), 0).await?)
    }
}

/// An argument of a test.
///
/// # Panics
/// It cannot be made.
pub async fn argument<T: FromTestDatabase>(database: &TestDatabase) -> T {
    match T::from_test_database(database).await {
        Ok(argument) => argument,
        Err(error) => fail("the test's argument cannot be made", &*error),
    }
}
