//! `cargo bindery migrate redo`

use bindery_migrate::Command;
use clap::Args;

use super::options::RunOptions;
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Undo the migration that was applied last, and apply it again
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate redo")]
pub struct Redo {
    #[command(flatten)]
    options: RunOptions,
}

impl Redo {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, None, Command::Redo)
    }
}
