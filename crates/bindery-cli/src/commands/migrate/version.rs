//! `cargo bindery migrate version`

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
        let files = self.files.read(context)?;
        let migrator = self.database.table.migrator(&files);
        let mut client = files.connect(&self.database.database_url)?;
        let status = migrator.status_blocking(&mut client).map_err(|error| failure::of(&files, &error))?;
        context.terminal.print(format_args!("{}\n", status.version));
        Ok(Exit::Success)
    }
}
