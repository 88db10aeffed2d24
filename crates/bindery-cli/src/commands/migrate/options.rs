//! What the commands have in common: which files, which database, and how to run.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use bindery_build::{Config, MigrationFiles};
use bindery_migrate::{InvalidDuration, Migrator, OutOfOrder, Versions, parse_duration};
use clap::{Args, ValueHint};

use crate::context::Context;
use crate::exit::{Failure, Problem};

/// Which files.
#[derive(Args)]
pub struct Files {
    /// A folder of migrations, for which no bindery.toml is read [default: those of the package]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}

/// Which database.
#[derive(Args)]
pub struct Database {
    /// The database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    #[command(flatten)]
    pub table: Table,
}

#[derive(Args)]
pub struct Table {
    /// The table that notes what is applied, with its schema if need be
    /// [default: `migrate.table` in bindery.toml, goose_db_version]
    #[arg(long = "table", value_name = "NAME")]
    pub name: Option<String>,
}

/// For what applies migrations.
#[derive(Args)]
pub struct Order {
    /// Apply files that are older than the database's version, too
    #[arg(long)]
    pub allow_out_of_order: bool,
}

/// For what runs migrations.
#[derive(Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub files: Files,
    /// Note nothing and run all files each time, as seeds are
    #[arg(long)]
    pub no_versioning: bool,
    /// Print the statements that would be run, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How long a statement may wait for a lock on a table or row: 500ms, 5s, 2min, 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub statement_timeout: Option<Duration>,
    /// How long to wait for somebody else who migrates the database [default: 5min]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
    /// Take no lock, for poolers that give each transaction another session
    #[arg(long, conflicts_with = "wait")]
    pub no_lock: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn duration(text: &str) -> Result<Duration, InvalidDuration> {
    parse_duration(text)
}

impl Files {
    /// The settings of the package, or of a folder by itself.
    ///
    /// # Errors
    /// There is no package, and no folder is named.
    pub fn config(&self, context: &Context) -> Result<Config, Failure> {
        let Some(dir) = &self.dir else { return context.config() };
        let here = env::current_dir().map_err(|error| {
            Failure::Usage(Problem::new(format!("the current folder cannot be read: {error}")))
        })?;
        let mut config = Config::new(here);
        config.migrations([dir]).queries(None::<PathBuf>);
        Ok(config)
    }
}

impl Table {
    /// The name that is given here, in bindery.toml or by goose.
    pub fn of<'n>(&'n self, files: &'n MigrationFiles) -> &'n str {
        self.name.as_deref().unwrap_or(files.table())
    }

    /// A runner of the files that uses it.
    pub fn migrator(&self, files: &MigrationFiles) -> Migrator {
        let mut migrator = files.migrator();
        migrator.table(self.of(files));
        migrator
    }
}

impl RunOptions {
    /// A runner of the files, with all that is said here.
    pub fn migrator(&self, files: &MigrationFiles, order: Option<&Order>) -> Migrator {
        let mut migrator = self.database.table.migrator(files);
        if order.is_some_and(|order| order.allow_out_of_order) {
            migrator.out_of_order(OutOfOrder::Apply);
        }
        if self.no_versioning {
            migrator.versions(Versions::Ignored);
        }
        if self.dry_run {
            migrator.dry_run();
        }
        if let Some(time) = self.lock_timeout {
            migrator.lock_timeout(time);
        }
        if let Some(time) = self.statement_timeout {
            migrator.statement_timeout(time);
        }
        if self.wait.is_some() || self.no_lock {
            migrator.lock_patience(self.wait);
        }
        migrator
    }
}
