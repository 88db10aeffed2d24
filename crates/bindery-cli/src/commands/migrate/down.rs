//! `cargo bindery migrate down`

use bindery_migrate::Command;
use clap::Args;

use super::options::RunOptions;
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Undo the migration that was applied last
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate down --dry-run")]
pub struct Down {
    #[command(flatten)]
    options: RunOptions,
}

impl Down {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, None, Command::Down)
    }
}
