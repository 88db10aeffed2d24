//! `cargo bindery migrate version`

use bindery_migrate::Migrator;
use clap::Args;

use super::failure;
use super::options::{Database, Files};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Print the newest version that a database has
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate version\n\nIt is 0 if no migration is applied.")]
pub struct Version {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    files: Files,
}

impl Version {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let config = self.files.config(context)?;
        let mut client = config.connect(&self.database.database_url)?;
        // No file is read: one that is malformed changes nothing about it.
        let mut migrator = Migrator::new(Vec::new());
        migrator.table(self.database.table.name.as_deref().unwrap_or(config.migration_table()));
        let status = migrator.status_blocking(&mut client).map_err(|error| failure::of_no_file(&error))?;
        context.terminal.print(format_args!("{}\n", status.version));
        Ok(Exit::Success)
    }
}
