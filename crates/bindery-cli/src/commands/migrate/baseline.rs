//! `cargo bindery migrate baseline`

use bindery_migrate::Command;
use clap::Args;

use super::options::RunOptions;
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Note those up to a version as applied, and run none: for a database that another tool has kept until now
#[derive(Args)]
#[command(after_help = "Example, on a database that golang-migrate has brought to version 12:\n  \
                        cargo bindery migrate baseline 12 && cargo bindery migrate up")]
pub struct Baseline {
    /// The number that the file of the newest one begins with
    version: i64,
    #[command(flatten)]
    options: RunOptions,
}

impl Baseline {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, None, Command::Baseline(self.version))
    }
}
