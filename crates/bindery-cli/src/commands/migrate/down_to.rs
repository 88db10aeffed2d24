//! `cargo bindery migrate down-to`

use bindery_migrate::Command;
use clap::Args;

use super::options::RunOptions;
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Undo all that are newer than a version, what was applied last first; 0 undoes all
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate down-to 7")]
pub struct DownTo {
    /// The number that its file begins with
    version: i64,
    #[command(flatten)]
    options: RunOptions,
}

impl DownTo {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, None, Command::DownTo(self.version))
    }
}
