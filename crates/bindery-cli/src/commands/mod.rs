//! The commands, a file each.

mod check;
mod completions;
mod describe;
mod drift;
mod explain;
mod generate;
mod init;
mod lint;
mod migrate;
mod watch;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// The words after `cargo bindery`, in the order of `--help`.
#[derive(Subcommand)]
pub enum Command {
    Init(init::Init),
    Generate(generate::Generate),
    Check(check::Check),
    Describe(describe::Describe),
    Explain(explain::Explain),
    Lint(lint::Lint),
    Drift(drift::Drift),
    Migrate(migrate::Migrate),
    Watch(watch::Watch),
    Completions(completions::Completions),
}

impl Command {
    /// Does what it is called for.
    ///
    /// # Errors
    /// Something keeps it from that.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Init(command) => command.run(context),
            Self::Generate(command) => command.run(context),
            Self::Check(command) => command.run(context),
            Self::Describe(command) => command.run(context),
            Self::Explain(command) => command.run(context),
            Self::Lint(command) => command.run(context),
            Self::Drift(command) => command.run(context),
            Self::Migrate(command) => command.run(context),
            Self::Watch(command) => command.run(context),
            Self::Completions(command) => command.run(context),
        }
    }
}
