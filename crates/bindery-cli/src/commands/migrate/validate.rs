//! `cargo bindery migrate validate`

use bindery_migrate::{Migration, Strictness, TransactionMode};
use clap::Args;

use super::options::Files;
use super::report::name;
use super::table;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Read every file both ways, without a database
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate validate -v")]
pub struct Validate {
    #[command(flatten)]
    files: Files,
    /// Print a line a file: how many statements lead up and down, and whether in a transaction
    #[arg(short, long)]
    verbose: bool,
    /// Take what goose takes, even where it runs something else than is written
    #[arg(long)]
    compat: bool,
}

impl Validate {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let strictness = if self.compat { Strictness::LikeGoose } else { Strictness::Strict };
        let files = self.files.config(context)?.read_migrations(strictness)?;
        let migrations = files.migrations();
        if self.verbose {
            let rows = migrations.iter().map(row);
            context.terminal.print(table::text(["TYPE", "TX", "UP", "DOWN", "NAME"], rows));
        }
        context.terminal.say(match migrations.len() {
            1 => "1 migration is well formed".to_owned(),
            count => format!("{count} migrations are well formed"),
        });
        Ok(Exit::Success)
    }
}

/// As goose has it: `sql  true  1  1  00001_cars.sql`.
fn row(migration: &Migration) -> [String; 5] {
    let is_in_transaction = migration.up.transaction == TransactionMode::PerFile;
    let downs = migration.down.as_ref().map_or(0, |down| down.statements.len());
    [
        "sql".to_owned(),
        is_in_transaction.to_string(),
        migration.up.statements.len().to_string(),
        downs.to_string(),
        name(&migration.path).to_owned(),
    ]
}
