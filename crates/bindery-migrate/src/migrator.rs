//! Runs migrations on a database: under goose's lock, with what is done noted in goose's table.
//!
//! ```text
//! lock -> version table -> plan -> each step: BEGIN, statements, note, COMMIT -> unlock
//! ```
//!
//! What is to be run is known, and was read, before anything is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::command::Command;
use crate::error::{ApplyError, RunError, RunErrorKind};
use crate::execute::{execute, execute_registered};
use crate::lock::{NoLock, lock, unlock};
use crate::migration::{Direction, Migration, Section, TransactionMode};
use crate::other_tool::{OtherTool, other_tool};
use crate::plan::{NoPlan, OutOfOrder, Plan, plan};
use crate::report::{Done, Event, MigrationStatus, Report, State, Status};
use crate::session::{Session, Timeouts};
use crate::version_table::{Applied, VersionTable};

/// How long the lock is waited for unless it is said otherwise: as long as goose does.
const LOCK_PATIENCE: Duration = Duration::from_secs(300);

/// Runs a set of migrations, with settings.
#[derive(Clone)]
pub struct Migrator {
    sources: Vec<Source>,
    table: String,
    versions: Versions,
    out_of_order: OutOfOrder,
    lock_patience: Option<Duration>,
    timeouts: Timeouts,
    is_dry_run: bool,
    tell: Option<Arc<Tell>>,
}

type Tell = dyn Fn(Event<'_>) + Send + Sync;

/// Whether it is noted what was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// It is, in goose's table. The default.
    Noted,
    /// It is not: all migrations are run each time, as seeds are (goose's `-no-versioning`).
    Ignored,
}

#[derive(Clone, Debug)]
enum Source {
    Sql(Migration),
    Registered { version: i64, name: String, transaction: TransactionMode },
}

/// One direction of one migration.
struct Step<'m> {
    source: &'m Source,
    direction: Direction,
    /// It is noted, and not run.
    is_baseline: bool,
}

impl Migrator {
    /// Of `migrations`, in the order given.
    pub fn new(migrations: Vec<Migration>) -> Self {
        Self {
            sources: migrations.into_iter().map(Source::Sql).collect(),
            table: "goose_db_version".to_owned(),
            versions: Versions::Noted,
            out_of_order: OutOfOrder::Refuse,
            lock_patience: Some(LOCK_PATIENCE),
            timeouts: Timeouts::default(),
            is_dry_run: false,
            tell: None,
        }
    }

    /// Adds a migration that the connection runs itself ([`Client::run_registered`]): one that is written in Rust.
    pub fn register(
        &mut self,
        version: i64,
        name: impl Into<String>,
        transaction: TransactionMode,
    ) -> &mut Self {
        self.sources.push(Source::Registered { version, name: name.into(), transaction });
        self.sources.sort_by_key(Source::version);
        self
    }

    /// The table that notes what is applied, with its schema if that is not the first of the `search_path`; as goose's, it
    /// stands in SQL as it is given here. The default is `goose_db_version`.
    pub fn table(&mut self, name: impl Into<String>) -> &mut Self {
        self.table = name.into();
        self
    }

    /// Whether it is noted what was run. The default is [`Versions::Noted`].
    pub fn versions(&mut self, versions: Versions) -> &mut Self {
        self.versions = versions;
        self
    }

    /// What to do about files that are older than the database's version. The default is [`OutOfOrder::Refuse`].
    pub fn out_of_order(&mut self, out_of_order: OutOfOrder) -> &mut Self {
        self.out_of_order = out_of_order;
        self
    }

    /// How long to wait for somebody else who migrates the database. The default is 5 minutes; none takes no lock, for
    /// poolers such as PgBouncer that give each transaction another session.
    pub fn lock_patience(&mut self, patience: Option<Duration>) -> &mut Self {
        self.lock_patience = patience;
        self
    }

    /// How long a statement may wait for a lock on a table or row (PostgreSQL's `lock_timeout`). The default is what the
    /// connection has.
    pub fn lock_timeout(&mut self, time: Duration) -> &mut Self {
        self.timeouts.lock = Some(time);
        self
    }

    /// How long a statement may take (PostgreSQL's `statement_timeout`). The default is what the connection has.
    pub fn statement_timeout(&mut self, time: Duration) -> &mut Self {
        self.timeouts.statement = Some(time);
        self
    }

    /// Only says what would be run, and writes nothing. The default is to run it.
    pub fn dry_run(&mut self) -> &mut Self {
        self.is_dry_run = true;
        self
    }

    /// Is told what a run is at.
    pub fn on_event(&mut self, tell: impl Fn(Event<'_>) + Send + Sync + 'static) -> &mut Self {
        self.tell = Some(Arc::new(tell));
        self
    }

    /// Runs `command`. Settings that the connection has by `SET` are what each migration begins with, and are there again
    /// at the end.
    ///
    /// # Errors
    /// There is no plan, the lock is not got in time, or a migration fails: [`RunErrorKind`] says which, and what was done
    /// before stays.
    pub async fn run<C: Client>(&self, client: &mut C, command: Command) -> Result<Report, RunError> {
        self.check_numbers()?;
        if self.is_dry_run {
            return self.rehearse(client, command).await;
        }
        let before = Session::begin(client).await?;
        if let Some(patience) = self.lock_patience {
            lock(client, patience, || self.tell(Event::Waiting)).await?;
        }
        let outcome = self.run_locked(client, &before, command).await;
        // A connection that is lost has no lock either; what went wrong first is what is told.
        let restored = before.restore(client).await;
        let unlocked = match self.lock_patience {
            Some(_) => unlock(client).await,
            None => Ok(()),
        };
        let report = outcome?;
        restored.and(unlocked)?;
        Ok(report)
    }

    /// What the database has of the migrations. Nothing is written, and no lock is taken.
    ///
    /// # Errors
    /// Nothing is noted in a run without versions, a file has no number, or the table cannot be read.
    pub async fn status<C: Client>(&self, client: &mut C) -> Result<Status, RunError> {
        self.check_numbers()?;
        if self.versions == Versions::Ignored {
            return Err(RunError::new(RunErrorKind::NeedsVersions));
        }
        let applied = self.look(client).await?;
        let current = applied.versions.iter().copied().max().unwrap_or(0);
        let mut migrations = BTreeMap::new();
        for source in &self.sources {
            let version = source.version();
            let state = match applied.times.get(&version) {
                Some(at) => State::Applied { at: at.clone(), is_edited: source.is_edited(&applied) },
                None if version < current => State::PassedOver,
                None => State::Pending,
            };
            migrations.insert(version, (Some(source.path().to_owned()), state));
        }
        for (version, at) in &applied.times {
            let state = State::Applied { at: at.clone(), is_edited: false };
            migrations.entry(*version).or_insert((None, state));
        }
        let migrations = migrations
            .into_iter()
            .map(|(version, (path, state))| MigrationStatus { version, path, state })
            .collect();
        Ok(Status { version: current, migrations })
    }

    async fn run_locked<C: Client>(
        &self,
        client: &mut C,
        before: &Session,
        command: Command,
    ) -> Result<Report, RunError> {
        let session = before.with_timeouts(client, self.timeouts).await?;
        let (table, applied) = match self.versions {
            Versions::Ignored => (None, Applied::default()),
            Versions::Noted => {
                let table = self.open_table(client, command).await?;
                let applied = table.applied(client).await?;
                (Some(table), applied)
            }
        };
        let steps = self.steps(command, &applied)?;
        let mut report = self.report(&applied);
        for (index, step) in steps.iter().enumerate() {
            let (path, direction) = (step.source.path(), step.direction);
            self.tell(Event::Begin { number: index + 1, of: steps.len(), path, direction });
            let start = Instant::now();
            let note = table.as_ref().map_or_else(String::new, |table| step.note(table));
            if let Err(error) = step.run(client, &session.restore_and(&note)).await {
                let rest = steps[index + 1..].iter().map(|step| step.source.path().to_owned());
                return Err(RunError::after(RunErrorKind::Failed(error), report.done, rest.collect()));
            }
            let done = step.done(start.elapsed());
            self.tell(Event::Done(&done));
            report.done.push(done);
        }
        report.version = version_after(&applied, &report.done);
        Ok(report)
    }

    /// The version table. It is not made where another tool keeps the database: all migrations would run again.
    async fn open_table<C: Client>(
        &self,
        client: &mut C,
        command: Command,
    ) -> Result<VersionTable, RunError> {
        let is_new = VersionTable::find(client, &self.table).await?.is_none();
        if is_new
            && !matches!(command, Command::Baseline(_))
            && let Some(OtherTool { tool, table }) = other_tool(client).await?
        {
            return Err(RunError::new(RunErrorKind::OtherTool { tool, table }));
        }
        Ok(VersionTable::open(client, &self.table).await?)
    }

    /// What a run would do.
    async fn rehearse<C: Client>(&self, client: &mut C, command: Command) -> Result<Report, RunError> {
        let applied = match self.versions {
            Versions::Ignored => Applied::default(),
            Versions::Noted => self.look(client).await?,
        };
        let steps = self.steps(command, &applied)?;
        let mut report = self.report(&applied);
        report.done.extend(steps.iter().map(|step| step.done(Duration::ZERO)));
        report.version = version_after(&applied, &report.done);
        Ok(report)
    }

    /// What is applied, without making the table.
    async fn look<C: Client>(&self, client: &mut C) -> Result<Applied, RunError> {
        match VersionTable::find(client, &self.table).await? {
            Some(table) => Ok(table.applied(client).await?),
            None => Ok(Applied::default()),
        }
    }

    fn report(&self, applied: &Applied) -> Report {
        let edited = self.sources.iter().filter(|source| source.is_edited(applied));
        Report { edited: edited.map(|source| source.path().to_owned()).collect(), ..Report::default() }
    }

    fn steps(&self, command: Command, applied: &Applied) -> Result<Vec<Step<'_>>, RunError> {
        let steps = match self.versions {
            Versions::Noted => self.noted_steps(command, applied)?,
            Versions::Ignored => self.all_steps(command)?,
        };
        let lacks_down = |step: &&Step<'_>| step.direction == Direction::Down && !step.source.has_down();
        let lacking: Vec<String> =
            steps.iter().filter(lacks_down).map(|step| step.source.path().to_owned()).collect();
        match lacking.is_empty() {
            true => Ok(steps),
            false => Err(RunError::new(RunErrorKind::NoDown(lacking))),
        }
    }

    fn noted_steps(&self, command: Command, applied: &Applied) -> Result<Vec<Step<'_>>, RunError> {
        let files: Vec<i64> = self.sources.iter().map(Source::version).collect();
        let Plan { down, up, noted } = plan(command, &files, &applied.versions, self.out_of_order)
            .map_err(|no_plan| RunError::new(self.no_plan(no_plan)))?;
        let without_file: Vec<i64> =
            down.iter().copied().filter(|version| self.source(*version).is_none()).collect();
        if !without_file.is_empty() {
            return Err(RunError::new(RunErrorKind::NoFile(without_file)));
        }
        let steps = |versions: Vec<i64>, direction, is_baseline| {
            let sources = versions.into_iter().filter_map(|version| self.source(version));
            sources.map(move |source| Step { source, direction, is_baseline })
        };
        let run = steps(down, Direction::Down, false).chain(steps(up, Direction::Up, false));
        Ok(run.chain(steps(noted, Direction::Up, true)).collect())
    }

    /// Without versions: all of them up, the last one down (goose 3.27 without versioning, its command line).
    fn all_steps(&self, command: Command) -> Result<Vec<Step<'_>>, RunError> {
        let last = self.sources.last().ok_or_else(|| RunError::new(RunErrorKind::NothingApplied));
        let step = |source, direction| Step { source, direction, is_baseline: false };
        let newer = |version| self.sources.iter().rev().filter(move |source| source.version() > version);
        Ok(match command {
            Command::Up => self.sources.iter().map(|source| step(source, Direction::Up)).collect(),
            Command::UpTo(version) => {
                let sources = self.sources.iter().filter(|source| source.version() <= version);
                sources.map(|source| step(source, Direction::Up)).collect()
            }
            Command::UpByOne | Command::Baseline(_) => {
                return Err(RunError::new(RunErrorKind::NeedsVersions));
            }
            Command::Down => vec![step(last?, Direction::Down)],
            Command::Redo => {
                let last = last?;
                vec![step(last, Direction::Down), step(last, Direction::Up)]
            }
            Command::DownTo(version) => newer(version).map(|source| step(source, Direction::Down)).collect(),
            Command::Reset => self.sources.iter().rev().map(|source| step(source, Direction::Down)).collect(),
        })
    }

    fn no_plan(&self, no_plan: NoPlan) -> RunErrorKind {
        match no_plan {
            NoPlan::NothingPending => RunErrorKind::NothingPending,
            NoPlan::NothingApplied => RunErrorKind::NothingApplied,
            NoPlan::OutOfOrder { missing, current } => {
                let missing = missing.iter().filter_map(|version| self.source(*version));
                let missing = missing.map(|source| source.path().to_owned()).collect();
                RunErrorKind::OutOfOrder { missing, current }
            }
        }
    }

    fn source(&self, version: i64) -> Option<&Source> {
        self.sources.iter().find(|source| source.version() == version)
    }

    /// Where versions are noted each migration has one of its own.
    fn check_numbers(&self) -> Result<(), RunError> {
        if self.versions == Versions::Ignored {
            return Ok(());
        }
        for (index, source) in self.sources.iter().enumerate() {
            if source.version() == 0 {
                return Err(RunError::new(RunErrorKind::Unnumbered(source.path().to_owned())));
            }
            let same = self.sources[..index].iter().find(|other| other.version() == source.version());
            if let Some(other) = same {
                let (first, second) = (other.path().to_owned(), source.path().to_owned());
                return Err(RunError::new(RunErrorKind::Duplicate(first, second)));
            }
        }
        Ok(())
    }

    fn tell(&self, event: Event<'_>) {
        if let Some(tell) = &self.tell {
            tell(event);
        }
    }
}

impl Source {
    /// 0 for a file without a number.
    fn version(&self) -> i64 {
        match self {
            Self::Sql(migration) => migration.version.unwrap_or(0),
            Self::Registered { version, .. } => *version,
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Sql(migration) => &migration.path,
            Self::Registered { name, .. } => name,
        }
    }

    fn has_down(&self) -> bool {
        match self {
            Self::Sql(migration) => migration.down.is_some(),
            Self::Registered { .. } => true,
        }
    }

    fn checksum(&self) -> Option<String> {
        match self {
            Self::Sql(migration) => Some(migration.checksum()),
            Self::Registered { .. } => None,
        }
    }

    fn is_edited(&self, applied: &Applied) -> bool {
        let then =
            applied.checksums.get(&self.version()).filter(|_| applied.times.contains_key(&self.version()));
        then.is_some_and(|then| self.checksum().is_some_and(|now| now != *then))
    }
}

impl Step<'_> {
    fn section(&self) -> Option<&Section> {
        match self.source {
            Source::Sql(migration) => migration.section(self.direction),
            Source::Registered { .. } => None,
        }
    }

    fn note(&self, table: &VersionTable) -> String {
        table.note(self.source.version(), self.direction, self.source.checksum().as_deref())
    }

    async fn run<C: Client>(&self, client: &mut C, note: &str) -> Result<(), ApplyError> {
        match (self.source, self.section()) {
            _ if self.is_baseline => {
                let noted = client.batch_execute(note).await;
                noted.map_err(|error| ApplyError::around(self.source.path(), TransactionMode::PerFile, error))
            }
            (Source::Registered { version, name, transaction }, _) => {
                execute_registered(client, *version, self.direction, name, *transaction, note).await
            }
            (Source::Sql(_), Some(section)) => execute(client, section, note).await,
            (Source::Sql(_), None) => Ok(()),
        }
    }

    fn done(&self, duration: Duration) -> Done {
        let is_empty = self.section().is_some_and(|section| section.statements.is_empty());
        let version = Some(self.source.version()).filter(|version| *version != 0);
        let path = self.source.path().to_owned();
        Done { version, path, direction: self.direction, is_empty, is_baseline: self.is_baseline, duration }
    }
}

impl From<NoLock> for RunError {
    fn from(no_lock: NoLock) -> Self {
        Self::new(match no_lock {
            NoLock::Held(holder) => RunErrorKind::Locked(holder),
            NoLock::Server(error) => RunErrorKind::Server(error),
        })
    }
}

/// The newest version after steps.
fn version_after(applied: &Applied, done: &[Done]) -> i64 {
    let mut versions = applied.versions.clone();
    for done in done {
        let Some(version) = done.version else { continue };
        versions.retain(|applied| *applied != version);
        if done.direction == Direction::Up {
            versions.push(version);
        }
    }
    versions.into_iter().max().unwrap_or(0)
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migrator").field("sources", &self.sources.len()).finish_non_exhaustive()
    }
}
