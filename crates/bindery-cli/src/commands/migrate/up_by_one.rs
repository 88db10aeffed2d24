//! `cargo bindery migrate up-by-one`

use bindery_migrate::Command;
use clap::Args;

use super::options::{Order, RunOptions};
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Apply the next migration; that there is none is an error
#[derive(Args)]
#[command(after_help = "Example:\n  cargo bindery migrate up-by-one")]
pub struct UpByOne {
    #[command(flatten)]
    order: Order,
    #[command(flatten)]
    options: RunOptions,
}

impl UpByOne {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, Some(&self.order), Command::UpByOne)
    }
}
