//! `cargo bindery check`: what `BINDERY=check cargo build` does, without building.

use bindery_build::Mode;
use clap::Args;

use super::generate::generate;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Ask PostgreSQL about everything afresh and compare with what is checked in
#[derive(Args)]
#[command(
    after_help = "Examples, in CI:\n  cargo bindery check\n  cargo bindery check --since origin/main\n\nIt writes nothing; a difference is exit status 1, and so is a query that a new migration breaks."
)]
pub struct Check {
    /// Tell what the migrations added since this revision do to the queries of then, instead
    #[arg(long, value_name = "REV")]
    since: Option<String>,
}

impl Check {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.since {
            Some(revision) => since(context, &revision),
            None => generate(context, Mode::Check),
        }
    }
}

fn since(context: &Context, revision: &str) -> Result<Exit, Failure> {
    let impact = context.config()?.impact_since(revision)?;
    context.terminal.report(&impact.effects);
    context.terminal.say(&impact);
    Ok(if impact.breaks() { Exit::Wrong } else { Exit::Success })
}
