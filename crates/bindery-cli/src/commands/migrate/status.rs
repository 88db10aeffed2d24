//! `cargo bindery migrate status`

use bindery_migrate::{MigrationStatus, State, Strictness};
use clap::Args;
use serde_json::{Value, json};

use super::options::{Database, Files};
use super::report::{name, warn_of_edited};
use super::{failure, table};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Show which migrations a database has
#[derive(Args)]
#[command(
    after_help = "Example, before a deployment:\n  cargo bindery migrate status --check --database-url postgres://reader@localhost/app\n\nThe database is only read."
)]
pub struct Status {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    files: Files,
    /// Exit with 1 if a migration is pending, passed over or edited
    #[arg(long)]
    check: bool,
    /// Print JSON: an array of migrations
    #[arg(long)]
    json: bool,
}

impl Status {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let config = self.files.config(context)?;
        let files = config.read_migrations(Strictness::Strict)?;
        let migrator = self.database.table.migrator(&files);
        let mut client = config.connect(&self.database.database_url)?;
        let status = migrator.status_blocking(&mut client).map_err(|error| failure::of(&files, &error))?;
        if self.json {
            let migrations: Vec<Value> = status.migrations.iter().map(json).collect();
            context.terminal.print(format_args!("{:#}\n", Value::Array(migrations)));
        } else {
            let rows = status.migrations.iter().map(row);
            context.terminal.print(table::text(["VERSION", "APPLIED AT", "FILE"], rows));
        }
        let edited: Vec<String> = status
            .migrations
            .iter()
            .filter(|one| is_edited(one))
            .filter_map(|one| one.path.clone())
            .collect();
        warn_of_edited(&context.terminal, &files, self.database.table.of(&files), &edited);
        let is_wrong = status.migrations.iter().any(|one| is_edited(one) || !is_applied(one));
        Ok(if self.check && is_wrong { Exit::Wrong } else { Exit::Success })
    }
}

fn is_edited(migration: &MigrationStatus) -> bool {
    matches!(migration.state, State::Applied { is_edited: true, .. })
}

fn is_applied(migration: &MigrationStatus) -> bool {
    matches!(migration.state, State::Applied { .. })
}

/// `applied`, and when if that is known.
fn word(state: &State) -> &'static str {
    match state {
        State::Applied { .. } => "applied",
        State::PassedOver => "passed over",
        _ => "pending",
    }
}

fn row(migration: &MigrationStatus) -> [String; 3] {
    let state = match &migration.state {
        State::Applied { at, .. } if !at.is_empty() => at,
        state => word(state),
    };
    let file = match &migration.path {
        Some(path) if is_edited(migration) => format!("{} (edited)", name(path)),
        Some(path) => name(path).to_owned(),
        None => "no file".to_owned(),
    };
    [migration.version.to_string(), state.to_owned(), file]
}

fn json(migration: &MigrationStatus) -> Value {
    let at = match &migration.state {
        State::Applied { at, .. } if !at.is_empty() => Some(at),
        _ => None,
    };
    json!({
        "version": migration.version,
        "file": migration.path,
        "state": word(&migration.state),
        "applied_at": at,
        "edited": is_edited(migration),
    })
}
