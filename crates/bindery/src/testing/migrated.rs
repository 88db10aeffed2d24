//! Migrated databases that tests copy: one for each set of migrations.
//!
//! ```text
//! migrations -> key -> Template        in the cache, or shared with other processes: bindery_postgres::Template
//!                         |-- copy     for each test
//!                         `-- copy     for all tests that are rolled back
//! ```

use std::collections::HashMap;
use std::env;
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use bindery_migrate::{Migration, TransactionMode};
use bindery_postgres::{Database, Template};
use sha2::{Digest, Sha256};

use crate::client::DatabaseClient;
use crate::config::Config;
use crate::error::Error;
use crate::migrate::Migrations;
use crate::value::BoxError;

/// Part of every key: raise it when something else is done besides migrating.
const LAYOUT: &str = "bindery::test 1";

/// The template of one set of migrations. It is dropped before the copy, which as the last database of a temporary server
/// then goes with it, without a DROP DATABASE.
pub(crate) struct Migrated {
    template: RwLock<Template>,
    /// The copy that tests share which are rolled back.
    shared: Mutex<Option<Database>>,
}

/// What came of a set of migrations. What is wrong is told by each of its tests, and not tried again.
type Slot = Arc<OnceLock<Result<Migrated, String>>>;

/// By the place where the migrations are in memory, which is cheaper to compare than they are.
static SETS: Mutex<Option<HashMap<usize, Slot>>> = Mutex::new(None);

/// A copy of the migrated database for one test.
///
/// # Errors
/// There is no server, a migration fails, or the server makes no copy.
pub(crate) fn copy(migrations: &'static Migrations) -> Result<Database, String> {
    with(migrations, |migrated| migrated.copy())
}

/// The URL of the copy that tests share which are rolled back.
///
/// # Errors
/// As [`copy`].
pub(crate) fn shared_url(migrations: &'static Migrations) -> Result<String, String> {
    with(migrations, |migrated| {
        let mut shared = migrated.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match shared.take() {
            Some(database) => database,
            None => migrated.copy()?,
        };
        Ok(shared.insert(database).url().to_owned())
    })
}

impl Migrated {
    fn copy(&self) -> Result<Database, String> {
        let database = match is_only_test() {
            true => self.template.write().unwrap_or_else(PoisonError::into_inner).create_last_database(),
            // Several at a time: they wait for the disk.
            false => self.template.read().unwrap_or_else(PoisonError::into_inner).create_database(),
        };
        database.map_err(|error| format!("{error:?}"))
    }

    fn open(migrations: &Migrations) -> Result<Self, String> {
        let key = key(&migrations.read().map_err(|error| error.to_string())?, migrations.table);
        let template = Template::open(&key, |database| migrate(database, migrations));
        let template = template.map_err(|error| match error.downcast::<bindery_postgres::Error>() {
            Ok(error) => format!("{error:?}"),
            Err(error) => super::failure::with_causes(&*error),
        })?;
        Ok(Self { template: RwLock::new(template), shared: Mutex::new(None) })
    }
}

fn with<T>(
    migrations: &'static Migrations,
    work: impl FnOnce(&Migrated) -> Result<T, String>,
) -> Result<T, String> {
    let slot = {
        let mut sets = SETS.lock().unwrap_or_else(PoisonError::into_inner);
        let sets = sets.get_or_insert_with(|| {
            end_with_process();
            HashMap::new()
        });
        sets.entry(ptr::from_ref(migrations).addr()).or_default().clone()
    };
    match slot.get_or_init(|| Migrated::open(migrations)) {
        Ok(migrated) => work(migrated),
        Err(message) => Err(message.clone()),
    }
}

/// Whether the process has one test, which nextest says: a third less time for each.
fn is_only_test() -> bool {
    env::var("NEXTEST_EXECUTION_MODE").is_ok_and(|mode| mode == "process-per-test")
}

/// As an application does it when it starts. Nobody is connected afterwards.
fn migrate(database: &Database, migrations: &Migrations) -> Result<(), BoxError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = DatabaseClient::create(Config::from_url(database.url())?).await?;
        let outcome = client.migrate(migrations).await;
        client.close(Duration::from_secs(10)).await?;
        outcome.map(|_| ()).map_err(|error: Error| error.into())
    })
}

/// Names all that the migrated database depends on, but for the server's version.
fn key(migrations: &[Migration], table: &str) -> String {
    let mut hasher = Sha256::new();
    // Each part with its length, so that no two sets read alike.
    let mut part = |text: &str| {
        hasher.update(text.len().to_le_bytes());
        hasher.update(text);
    };
    part(LAYOUT);
    part(table);
    for migration in migrations {
        part(&migration.version.unwrap_or_default().to_string());
        part(if migration.up.transaction == TransactionMode::None { "no transaction" } else { "" });
        part(&migration.checksum());
        // As they are sent, with the values of environment variables.
        part(&migration.up.statements.len().to_string());
        migration.up.statements.iter().for_each(|statement| part(&statement.sql));
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Nothing drops what is in a static. A temporary server ends with the process by itself; on a given one somebody has to
/// drop the databases.
fn end_with_process() {
    // SAFETY: the function is there for as long as the program is.
    let _ = unsafe { libc::atexit(end) };
}

extern "C" fn end() {
    drop(SETS.lock().unwrap_or_else(PoisonError::into_inner).take());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(files: &[(&'static str, &'static str)], table: &str) -> String {
        let files = files
            .iter()
            .map(|(path, text)| (path.to_string(), format!("-- +goose Up\n{text}")))
            .map(|(path, text)| bindery_migrate::File { path, text });
        let files: Vec<_> = files.collect();
        key(&bindery_migrate::Reader::new().read(&files).expect("migrations"), table)
    }

    #[test]
    fn another_key_for_whatever_makes_another_database() {
        let keys = [
            key_of(&[("1_a.sql", "SELECT 1;")], "t"),
            key_of(&[("1_a.sql", "SELECT 2;")], "t"),
            key_of(&[("2_a.sql", "SELECT 1;")], "t"),
            key_of(&[("1_a.sql", "SELECT 1;")], "u"),
            key_of(&[("1_a.sql", "SELECT 1;"), ("2_b.sql", "SELECT 2;")], "t"),
            key_of(&[("1_a.sql", "-- +goose NO TRANSACTION\nSELECT 1;")], "t"),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key), "{index}");
        }
        assert_eq!(keys[0], key_of(&[("a/1_b.sql", "SELECT 1;")], "t"));
    }
}
