//! `cargo bindery migrate reset`

use bindery_migrate::Command;
use clap::Args;

use super::options::RunOptions;
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Undo all migrations
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate reset --database-url postgres://localhost/scratch")]
pub struct Reset {
    #[command(flatten)]
    options: RunOptions,
}

impl Reset {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, None, Command::Reset)
    }
}
