//! Runs migrations, and says how it goes.

use bindery_build::MigrationFiles;
use bindery_migrate::{Command, Event, Migrator, Report, Strictness};

use super::options::{Order, RunOptions};
use super::{dry_run, failure, report};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

/// Runs `command`; `order` is of those that apply files.
pub fn run(
    context: &Context,
    options: &RunOptions,
    order: Option<&Order>,
    command: Command,
) -> Result<Exit, Failure> {
    let config = options.files.config(context)?;
    let files = config.read_migrations(Strictness::Strict)?;
    let mut migrator = options.migrator(&files, order);
    tell(&mut migrator, &context.terminal, options.json);
    let mut client = config.connect(&options.database.database_url)?;
    let outcome = migrator.run_blocking(&mut client, command);
    if options.json {
        let steps = if options.dry_run { dry_run::json(&files, &outcome) } else { None };
        context.terminal.print(format_args!("{:#}\n", report::json(&outcome, steps)));
    }
    match outcome {
        Ok(done) => {
            if !options.json {
                say(context, options, &files, command, &done);
            }
            report::warn_of_edited(
                &context.terminal,
                &files,
                options.database.table.of(&files),
                &done.edited,
            );
            Ok(Exit::Success)
        }
        Err(error) => Err(failure::of(&files, &error)),
    }
}

/// A line for each migration when it is done, and one of progress meanwhile.
fn tell(migrator: &mut Migrator, terminal: &Terminal, is_json: bool) {
    let (terminal, progress) = (terminal.clone(), terminal.progress());
    migrator.on_event(move |event| match event {
        Event::Waiting => {
            terminal.remark("waiting for somebody else who migrates this database");
            progress.show("waiting");
        }
        Event::Begin { number, of, path, direction } => {
            progress.show(format_args!("{number} of {of}: {path}, {direction}"));
        }
        Event::Done(done) if !is_json => terminal.say(report::line(done)),
        _ => {}
    });
}

/// What is to be said at the end.
fn say(context: &Context, options: &RunOptions, files: &MigrationFiles, command: Command, report: &Report) {
    if options.dry_run {
        context.terminal.print(dry_run::text(files, &report.done));
    }
    let version = match options.no_versioning {
        true => String::new(),
        false => format!(", version {}", report.version),
    };
    let line = match (report.done.len(), command) {
        (0, Command::Up | Command::UpByOne | Command::UpTo(_)) => format!("nothing to apply{version}"),
        (0, Command::Baseline(_)) => format!("nothing to note{version}"),
        (0, _) => format!("nothing to undo{version}"),
        (count, _) if options.dry_run => format!("-- nothing was written; it would be {count} done{version}"),
        (count, _) => format!("{count} done{version}"),
    };
    context.terminal.say(line);
}
