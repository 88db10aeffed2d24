//! `cargo bindery migrate up`

use bindery_migrate::Command;
use clap::Args;

use super::options::{Order, RunOptions};
use super::run::run;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Apply all migrations that are pending
#[derive(Args)]
#[command(
    after_help = "Example:\n  cargo bindery migrate up --database-url postgres://localhost/app --lock-timeout 5s"
)]
pub struct Up {
    #[command(flatten)]
    order: Order,
    #[command(flatten)]
    options: RunOptions,
}

impl Up {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        run(context, &self.options, Some(&self.order), Command::Up)
    }
}
