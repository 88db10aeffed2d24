//! `cargo bindery watch`: generates whenever a file is saved, on a server that stays.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use bindery_build::Generator;
use clap::Args;
use notify::{Event, RecursiveMode, Watcher};

use super::generate::summary;
use crate::context::Context;
use crate::exit::{Exit, Failure, Problem};

/// Generate whenever SQL or bindery.toml is saved, on a server that stays
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery watch\n\nIt ends with Ctrl-C, and its server with it.")]
pub struct Watch {}

/// An editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(10);

impl Watch {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut config = context.config()?;
        let (sender, events) = mpsc::channel();
        let failed =
            |error: notify::Error| Failure::Usage(Problem::new(format!("files cannot be watched: {error}")));
        let mut watcher = notify::recommended_watcher(sender).map_err(failed)?;
        for path in config.watched_folders() {
            watcher.watch(&path, RecursiveMode::NonRecursive).map_err(failed)?;
        }
        let mut generator = Generator::new(config);
        loop {
            let begin = Instant::now();
            match generator.generate() {
                Ok(report) => {
                    context.terminal.report(&report.warnings);
                    let time = begin.elapsed().as_millis();
                    context.terminal.say(format_args!("{} ({time} ms)", summary(&report)));
                }
                Err(error) => context.terminal.fail(&Failure::Generate(error)),
            }
            let Some(changed) = next_change(&events) else { return Ok(Exit::Success) };
            if changed == Changed::Settings {
                config = context.config()?;
                generator = Generator::new(config);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Changed {
    Sql,
    Settings,
}

/// Waits for a file to change, and until no other does; none once nobody watches any more.
fn next_change(events: &Receiver<notify::Result<Event>>) -> Option<Changed> {
    let mut changed = None;
    while changed.is_none() {
        changed = events.recv().ok()?.ok().and_then(|event| change_of(&event));
    }
    while let Ok(event) = events.recv_timeout(QUIET) {
        changed = changed.max(event.ok().and_then(|event| change_of(&event)));
    }
    changed
}

/// What Bindery itself writes is no change, nor is reading.
fn change_of(event: &Event) -> Option<Changed> {
    let of_path = |path: &Path| match path.file_name()?.to_str()? {
        "bindery.toml" => Some(Changed::Settings),
        name => name.ends_with(".sql").then_some(Changed::Sql),
    };
    if event.kind.is_access() {
        return None;
    }
    event.paths.iter().filter_map(|path| of_path(path)).max()
}
