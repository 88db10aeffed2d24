//! From a test to its outcome.
//!
//! ```text
//! copy of the migrated database -> fixtures -> arguments -> test -> connections end -> drop, or keep
//! shared copy -> BEGIN -> fixtures -> test -> ROLLBACK
//! ```

use std::env;
use std::ops::AsyncFnOnce;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bindery_postgres::Database;
use tokio::runtime;
use tokio_postgres::error::SqlState;

use super::database::TestDatabase;
use super::failure::fail;
use super::fixture::{self, Fixture};
use super::migrated;
use super::outcome::Outcome;
use crate::config::Config;
use crate::connection::Connection;
use crate::error::Error;
use crate::manager;
use crate::migrate::Migrations;
use crate::transaction::Transaction;

/// A test as the attribute describes it.
#[derive(Debug)]
pub struct Test {
    /// Its path, as `cargo test` takes it, behind the name of the crate.
    pub name: &'static str,
    /// What is applied to its database.
    pub migrations: &'static Migrations,
    /// What is run on its database then.
    pub fixtures: &'static [Fixture],
    /// What drives it.
    pub runtime: Runtime,
    /// Whether it fails by not panicking.
    pub is_to_panic: bool,
}

/// What drives a test: see tokio's own attribute.
#[derive(Clone, Copy, Debug)]
pub enum Runtime {
    /// The test's thread.
    CurrentThread,
    /// Several threads, by default as many as the machine has cores.
    MultiThread {
        /// How many.
        worker_threads: Option<usize>,
    },
}

/// Runs a test on a database of its own.
///
/// # Panics
/// The test does, or it cannot begin.
pub fn run<T: Outcome>(test: &Test, body: impl AsyncFnOnce(&TestDatabase) -> T) -> T {
    let database = migrated::copy(test.migrations)
        .unwrap_or_else(|message| panic!("no database for the test: {message}"));
    let database =
        TestDatabase::new(database).unwrap_or_else(|error| fail("no database for the test", &error));
    let runtime = test.runtime.build();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            prepare(test, &database).await;
            body(&database).await
        })
    }));
    // Ends all connections. A thread that blocks is not waited for.
    runtime.shutdown_background();
    let has_failed = match &outcome {
        Ok(outcome) => outcome.is_failure() || test.is_to_panic,
        Err(_) => !test.is_to_panic,
    };
    match database.take() {
        Some(database) if has_failed && is_to_be_kept() => keep(test, database),
        other => drop(other),
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Runs a test in a transaction that is rolled back, on a database that it shares with others.
///
/// # Panics
/// The test does, it cannot begin, or it has ended the transaction.
pub fn run_rolled_back<T: Outcome>(test: &Test, body: impl AsyncFnOnce(&mut Transaction) -> T) -> T {
    let url = migrated::shared_url(test.migrations)
        .unwrap_or_else(|message| panic!("no database for the test: {message}"));
    let runtime = test.runtime.build();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut transaction =
                begin(test, &url).await.unwrap_or_else(|error| fail("no transaction for the test", &error));
            let outcome = body(&mut transaction).await;
            if let Err(error) = end(transaction).await {
                fail("the test's transaction cannot be rolled back", &error);
            }
            outcome
        })
    }));
    runtime.shutdown_background();
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

impl Runtime {
    fn build(self) -> runtime::Runtime {
        let mut builder = match self {
            Self::CurrentThread => runtime::Builder::new_current_thread(),
            Self::MultiThread { worker_threads } => {
                let mut builder = runtime::Builder::new_multi_thread();
                if let Some(count) = worker_threads {
                    builder.worker_threads(count);
                }
                builder
            }
        };
        builder.enable_all().build().unwrap_or_else(|error| fail("no runtime for the test", &error))
    }
}

async fn prepare(test: &Test, database: &TestDatabase) {
    if test.fixtures.is_empty() {
        return;
    }
    match manager::open(&database.config(), 0).await {
        Ok(conn) => apply(test, &conn).await,
        Err(error) => fail("no connection for the test's fixtures", &error),
    }
}

async fn apply(test: &Test, conn: &Connection) {
    if let Err(message) = fixture::apply(test.fixtures, conn).await {
        panic!("a fixture of the test cannot be run: {message}");
    }
}

async fn begin(test: &Test, url: &str) -> Result<Transaction, Error> {
    let transaction = manager::open(&Config::from_url(url)?, 0).await?.begin().await?;
    apply(test, &transaction).await;
    Ok(transaction)
}

/// A savepoint can be made in a transaction only: without one, what the test has written is in the database that others
/// use.
async fn end(transaction: Transaction) -> Result<(), Error> {
    match transaction.send("SAVEPOINT bindery_end").await {
        Err(error) if error.sqlstate() == Some(&SqlState::NO_ACTIVE_SQL_TRANSACTION) => {
            panic!(
                "the test has ended its transaction, which tests with `rollback` must not: give it a database of its own"
            )
        }
        // A statement of the test has failed.
        Ok(()) | Err(_) => transaction.rollback().await,
    }
}

fn is_to_be_kept() -> bool {
    env::var_os("BINDERY_KEEP").is_some_and(|value| !value.is_empty())
}

fn keep(test: &Test, database: Database) {
    match database.keep() {
        Ok(kept) => eprintln!(
            "the database of {} is kept:\n    {}\n  and is removed with\n    {}",
            test.name, kept.psql, kept.removal
        ),
        Err(error) => eprintln!("the database of {} is not kept: {error:?}", test.name),
    }
}
