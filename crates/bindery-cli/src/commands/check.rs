//! `cargo bindery check`: what `BINDERY=check cargo build` does, without building.

use bindery_build::Mode;
use clap::Args;

use super::generate::generate;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Ask PostgreSQL about everything afresh and compare with what is checked in
#[derive(Args)]
#[command(
    after_help = "Example, in CI:\n  cargo bindery check\n\nIt writes nothing; a difference is exit status 1."
)]
pub struct Check {}

impl Check {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        generate(context, Mode::Check)
    }
}
