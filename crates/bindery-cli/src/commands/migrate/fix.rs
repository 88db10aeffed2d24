//! `cargo bindery migrate fix`

use std::collections::BTreeMap;
use std::fs;

use bindery_build::Config;
use bindery_migrate::{Renumbering, State, Strictness, renumber};
use clap::Args;

use super::options::{Files, Table};
use super::{failure, report};
use crate::context::Context;
use crate::exit::{Exit, Failure, Problem};
use crate::package::shown;

/// Turn timestamps into sequential numbers, before a release
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo bindery migrate fix --dry-run
  cargo bindery migrate fix --database-url postgres://localhost/app && cargo build

A database that was given a file by its timestamp takes the renumbered one for another: with --database-url it is told \
which they are. Nothing is written there.")]
pub struct Fix {
    #[command(flatten)]
    files: Files,
    /// Print what would be renamed, and rename nothing
    #[arg(long)]
    dry_run: bool,
    /// A database to look at: which of the files are applied there?
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    table: Table,
}

impl Fix {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let config = self.files.config(context)?;
        let paths: Vec<String> =
            config.migration_paths()?.iter().filter_map(|path| path.to_str()).map(str::to_owned).collect();
        let renumberings = renumber(&paths);
        if renumberings.is_empty() {
            context.terminal.say("no file has a timestamp for its number");
            return Ok(Exit::Success);
        }
        check(&renumberings)?;
        self.warn(context, &config, &renumberings)?;
        if !self.dry_run {
            rename_all(&renumberings)?;
        }
        for Renumbering { from, to, .. } in &renumberings {
            context.terminal.print(format_args!("{} -> {}\n", shown(from.as_ref()), shown(to.as_ref())));
        }
        if !self.dry_run && self.files.dir.is_none() {
            context.terminal.say("Next: `cargo build`, since bindery.lock names the files.");
        }
        Ok(Exit::Success)
    }

    /// What becomes of databases.
    fn warn(&self, context: &Context, config: &Config, renumberings: &[Renumbering]) -> Result<(), Failure> {
        let Some(url) = &self.database_url else {
            context.terminal.remark(
                "note: a database that has files by their timestamps would be given them again; --database-url tells which",
            );
            return Ok(());
        };
        let files = config.read_migrations(Strictness::Strict)?;
        let mut client = config.connect(url)?;
        let status = self.table.migrator(&files).status_blocking(&mut client);
        let status = status.map_err(|error| failure::of(&files, &error))?;
        let applied = status.migrations.iter().filter(|one| matches!(one.state, State::Applied { .. }));
        let new: BTreeMap<i64, i64> = renumberings
            .iter()
            .map(|renumbering| (renumbering.old_version, renumbering.new_version))
            .collect();
        let applied: BTreeMap<i64, i64> =
            applied.filter_map(|one| Some((one.version, *new.get(&one.version)?))).collect();
        match applied.is_empty() {
            true => context.terminal.remark("the database has none of them yet"),
            false => context.terminal.warn(&renumbered_there(&applied, self.table.of(&files))),
        }
        Ok(())
    }
}

/// The database would be given these again.
fn renumbered_there(applied: &BTreeMap<i64, i64>, table: &str) -> Problem {
    let versions: Vec<String> = applied.keys().map(ToString::to_string).collect();
    let message = format!(
        "the database has {} by these numbers: under the new ones they are pending there, and would run again",
        versions.join(", ")
    );
    let checksums = report::checksums(table);
    let statements = applied.iter().map(|(old, new)| {
        let update = |table: &str| format!("UPDATE {table} SET version_id = {new} WHERE version_id = {old};");
        format!("\n    {}\n    {}", update(table), update(&checksums))
    });
    Problem::new(message).help(format!("renumber them there too:{}", statements.collect::<String>()))
}

/// # Errors
/// A new name is taken: all that are.
fn check(renumberings: &[Renumbering]) -> Result<(), Failure> {
    let taken = renumberings.iter().filter(|renumbering| fs::symlink_metadata(&renumbering.to).is_ok());
    let problems: Vec<Problem> = taken
        .map(|Renumbering { from, to, .. }| {
            let (from, to) = (shown(from.as_ref()), shown(to.as_ref()));
            Problem::new(format!("`{from}` would become `{to}`, which is there already"))
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Package(problems)) }
}

/// All or, if one fails, none.
fn rename_all(renumberings: &[Renumbering]) -> Result<(), Failure> {
    for (index, Renumbering { from, to, .. }) in renumberings.iter().enumerate() {
        let Err(error) = fs::rename(from, to) else { continue };
        let mut problems =
            vec![Problem::new(format!("`{}` cannot be renamed: {error}", shown(from.as_ref())))];
        for Renumbering { from, to, .. } in renumberings[..index].iter().rev() {
            if let Err(error) = fs::rename(to, from) {
                let (from, to) = (shown(from.as_ref()), shown(to.as_ref()));
                problems.push(Problem::new(format!(
                    "`{to}` was `{from}`, and cannot be named so again: {error}"
                )));
            }
        }
        return Err(Failure::Package(problems));
    }
    Ok(())
}
