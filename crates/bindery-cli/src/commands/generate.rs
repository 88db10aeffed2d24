//! `cargo bindery generate`: what a build does, by hand.

use bindery_build::{Mode, Origin, Report};
use clap::Args;

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Bring bindery.lock, and code that is checked in (`out` in bindery.toml), up to date
#[derive(Args)]
#[command(
    after_help = "Example, after a query was changed:\n  cargo bindery generate && git diff bindery.lock"
)]
pub struct Generate {}

impl Generate {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        generate(context, Mode::Update)
    }
}

/// Runs the pipeline on the package, and says what came out.
pub fn generate(context: &Context, mode: Mode) -> Result<Exit, Failure> {
    let report = context.config()?.mode(mode).generate().map_err(Failure::Generate)?;
    context.terminal.report(&report.warnings);
    context.terminal.say(summary(&report));
    Ok(Exit::Success)
}

/// `59 queries, as in bindery.lock`
pub fn summary(report: &Report) -> String {
    let origin = match report.origin {
        Origin::Lock => "as in bindery.lock",
        Origin::Server => "as PostgreSQL says",
    };
    let queries = if report.queries == 1 { "query" } else { "queries" };
    format!("{} {queries}, {origin}", report.queries)
}
