//! Migrations that are part of the program: run at its start, or by whoever holds a client.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bindery_migrate::{Client, File, Reader};
use tokio_postgres::SimpleQueryMessage;

pub use bindery_migrate::{
    Command, Direction, Done, Event, Format, MigrationStatus, OutOfOrder, Report, RunError, RunErrorKind,
    State, Status, TransactionMode, Versions,
};

use crate::clean;
use crate::client::DatabaseClient;
use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::manager;
use crate::value::BoxError;

/// The migrations that a package was built with. Generated modules have them as `MIGRATIONS`.
#[derive(Debug)]
pub struct Migrations {
    /// The files, in the order in which they were read.
    pub files: &'static [MigrationFile],
    /// Which tool's files they are.
    pub format: Format,
    /// golang-migrate's `x-multi-statement`; false for all other tools.
    pub multi_statement: bool,
    /// The table that notes what is applied: `goose_db_version` unless bindery.toml says otherwise.
    pub table: &'static str,
}

/// A migration file that a package was built with.
#[derive(Debug)]
pub struct MigrationFile {
    /// Where it was in the package.
    pub path: &'static str,
    /// What was in it.
    pub text: &'static str,
}

/// A migration that is written in Rust, as some of goose's are written in Go: for data that SQL cannot compute.
///
/// The build knows nothing of it, so it should leave the schema as it is. It runs generated functions as any code does;
/// but those were made for the newest schema, and it may run before later migrations.
///
/// ```no_run
/// use bindery::migrate::{Migrations, RustMigration};
/// use bindery::{Connection, DatabaseClient, Error};
///
/// struct NormalizePlates;
///
/// impl RustMigration for NormalizePlates {
///     async fn up(&self, conn: &Connection) -> Result<(), Error> {
///         for (id, plate) in conn.query::<(i64, String)>("SELECT id, plate FROM cars", &[]).await? {
///             let plate = plate.to_uppercase();
///             conn.execute("UPDATE cars SET plate = $2 WHERE id = $1", &[&id, &plate]).await?;
///         }
///         Ok(())
///     }
///
///     async fn down(&self, _: &Connection) -> Result<(), Error> {
///         Ok(()) // nothing to undo
///     }
/// }
///
/// # async fn example(client: DatabaseClient, migrations: &'static Migrations) -> Result<(), Error> {
/// let mut migrator = migrations.migrator()?;
/// migrator.register(7, "normalize plates", NormalizePlates);
/// client.migrate_with(&migrator, bindery::migrate::Command::Up).await?;
/// # Ok(()) }
/// ```
pub trait RustMigration: Send + Sync + 'static {
    /// Leads to the newer state.
    ///
    /// # Errors
    /// What stands in the way; a transaction is rolled back then.
    fn up(&self, conn: &Connection) -> impl Future<Output = Result<(), Error>> + Send;

    /// Leads back.
    ///
    /// # Errors
    /// As [`up`](Self::up).
    fn down(&self, conn: &Connection) -> impl Future<Output = Result<(), Error>> + Send;

    /// Whether it runs in a transaction, which is begun and ended for it. The default is that it does.
    fn transaction(&self) -> TransactionMode {
        TransactionMode::PerFile
    }
}

/// Runs migrations, with the settings of [`bindery_migrate::Migrator`] and with migrations in Rust.
#[derive(Clone)]
pub struct Migrator {
    inner: bindery_migrate::Migrator,
    registered: BTreeMap<i64, Arc<dyn Registered>>,
}

impl Migrations {
    /// The migrations, for [`DatabaseClient::migrate_with`].
    ///
    /// # Errors
    /// A file cannot be read. The build read all of them, so that only what differs between its environment and this one
    /// can do that: a variable that goose's ENVSUB asks for.
    pub fn migrator(&self) -> Result<Migrator, Error> {
        let mut inner = bindery_migrate::Migrator::new(self.read()?);
        inner.table(self.table);
        Ok(Migrator { inner, registered: BTreeMap::new() })
    }

    /// The files, understood.
    pub(crate) fn read(&self) -> Result<Vec<bindery_migrate::Migration>, Error> {
        let file = |file: &MigrationFile| File { path: file.path.to_owned(), text: file.text.to_owned() };
        let files: Vec<File> = self.files.iter().map(file).collect();
        Reader::new().format(self.format).multi_statement(self.multi_statement).read(&files).map_err(
            |mistakes| {
                let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                Error::new(Kind::Migrations(mistakes.join("; ")))
            },
        )
    }
}

impl Migrator {
    /// Adds a migration in Rust, with a version that no file has and a name for messages.
    pub fn register(
        &mut self,
        version: i64,
        name: impl Into<String>,
        migration: impl RustMigration,
    ) -> &mut Self {
        self.inner.register(version, name, migration.transaction());
        self.registered.insert(version, Arc::new(migration));
        self
    }
}

impl Deref for Migrator {
    type Target = bindery_migrate::Migrator;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Migrator {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

impl DatabaseClient {
    /// Applies the migrations that the database has not seen, in order, and says which they were.
    ///
    /// Whoever else migrates the database is waited for, Bindery or goose: replicas of a service may all call it when they
    /// start. It runs on a connection beside those of the pool, whose time limits do not hold for it; connections of the
    /// pool are replaced afterwards if anything was done. If the call is dropped, the statement that is under way is
    /// cancelled.
    ///
    /// ```no_run
    /// # async fn example(migrations: &'static bindery::migrate::Migrations) -> Result<(), bindery::Error> {
    /// # use bindery::{Config, DatabaseClient};
    /// let client = DatabaseClient::create(Config::from_env()?).await?;
    /// for file in client.migrate(migrations).await?.applied() {
    ///     println!("applied {file}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// One fails, in which case those before it stay applied and noted; there is one that is older than the newest that
    /// is applied; or the lock is not got in 5 minutes. [`Error::migration`] has the details.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<Report, Error> {
        self.migrate_with(&migrations.migrator()?, Command::Up).await
    }

    /// As [`migrate`](Self::migrate), for any command, with settings.
    ///
    /// # Errors
    /// As there.
    pub async fn migrate_with(&self, migrator: &Migrator, command: Command) -> Result<Report, Error> {
        let mut runner = Runner::open(self, migrator).await?;
        let report = migrator.inner.run(&mut runner, command).await.map_err(failed)?;
        if !report.done.is_empty() {
            self.drain();
        }
        Ok(report)
    }

    /// What the database has of the migrations. Nothing is written.
    ///
    /// # Errors
    /// A file has no number, or the table cannot be read.
    pub async fn migration_status(&self, migrator: &Migrator) -> Result<Status, Error> {
        let mut runner = Runner::open(self, migrator).await?;
        migrator.inner.status(&mut runner).await.map_err(failed)
    }
}

fn failed(error: RunError) -> Error {
    Error::migrating(error)
}

/// [`RustMigration`] as an object.
trait Registered: Send + Sync {
    fn run<'c>(&'c self, conn: &'c Connection, direction: Direction) -> BoxFuture<'c>;

    fn mode(&self) -> TransactionMode;
}

type BoxFuture<'c> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'c>>;

impl<M: RustMigration> Registered for M {
    fn run<'c>(&'c self, conn: &'c Connection, direction: Direction) -> BoxFuture<'c> {
        match direction {
            Direction::Up => Box::pin(self.up(conn)),
            Direction::Down => Box::pin(self.down(conn)),
        }
    }

    fn mode(&self) -> TransactionMode {
        self.transaction()
    }
}

/// A connection of its own.
struct Runner<'m> {
    /// None once it was dropped.
    conn: Option<Connection>,
    registered: &'m BTreeMap<i64, Arc<dyn Registered>>,
}

impl<'m> Runner<'m> {
    async fn open(client: &DatabaseClient, migrator: &'m Migrator) -> Result<Self, Error> {
        let conn = manager::open(client.config(), 0).await?;
        Ok(Self { conn: Some(conn), registered: &migrator.registered })
    }

    fn conn(&self) -> &Connection {
        self.conn.as_ref().expect("it is taken out only when it is dropped")
    }

    async fn registered(&self, version: i64, direction: Direction) -> Result<(), Error> {
        let Some(migration) = self.registered.get(&version) else { return Ok(()) };
        let session = self.conn().session();
        session.set_in_transaction(migration.mode() == TransactionMode::PerFile);
        let outcome = migration.run(self.conn(), direction).await;
        session.set_in_transaction(false);
        outcome
    }
}

impl Client for Runner<'_> {
    async fn batch_execute(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let session = self.conn().session();
        session.run(session.client.batch_execute(sql)).await
    }

    async fn simple_query(&mut self, sql: &str) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        let session = self.conn().session();
        session.run(session.client.simple_query(sql)).await
    }

    async fn pause(&mut self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn run_registered(&mut self, version: i64, direction: Direction) -> Result<(), BoxError> {
        self.registered(version, direction).await.map_err(BoxError::from)
    }
}

impl Drop for Runner<'_> {
    /// Has the server stop a statement that nobody waits for any more: it holds the lock.
    fn drop(&mut self) {
        let Some(session) = self.conn.take().and_then(Connection::into_own) else { return };
        if !session.driver.is_abandoned() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // One that cannot be told ends with its statement.
            drop(runtime.spawn(async move { clean::stop(&session).await }));
        }
    }
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered: Vec<&i64> = self.registered.keys().collect();
        f.debug_struct("Migrator").field("inner", &self.inner).field("registered", &registered).finish()
    }
}
