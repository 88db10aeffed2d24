//! `cargo bindery migrate up-to`

use bindery_migrate::Command;
use clap::Args;

use super::options::{Order, RunOptions};
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Apply those that are pending up to a version, itself included
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate up-to 7")]
pub struct UpTo {
    /// The number that its file begins with
    version: i64,
    #[command(flatten)]
    order: Order,
    #[command(flatten)]
    options: RunOptions,
}

impl UpTo {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, Some(&self.order), Command::UpTo(self.version))
    }
}
