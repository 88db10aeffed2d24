//! The commands, a file each.

mod check;
mod completions;
mod generate;

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// The words after `cargo bindery`, in the order of `--help`.
#[derive(Subcommand)]
pub enum Command {
    Generate(generate::Generate),
    Check(check::Check),
    Completions(completions::Completions),
}

impl Command {
    /// Does what it is called for.
    ///
    /// # Errors
    /// Something keeps it from that.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Generate(command) => command.run(context),
            Self::Check(command) => command.run(context),
            Self::Completions(command) => command.run(context),
        }
    }
}
