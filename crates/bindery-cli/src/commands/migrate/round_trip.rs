//! `cargo bindery migrate round-trip`

use bindery_build::{RoundTripOutcome, RoundTripped};
use clap::Args;
use serde_json::{Value, json};

use super::options::Files;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Apply, undo and apply again every migration on a temporary database, and compare the schemas
#[derive(Args)]
#[command(
    after_help = "Example, in CI:\n  cargo bindery migrate round-trip\n\nA migration that does not come back is exit status 1, and does not keep the others from being looked at."
)]
pub struct RoundTrip {
    #[command(flatten)]
    files: Files,
    /// Exit with 1 for a migration without a way back too
    #[arg(long)]
    strict: bool,
    /// Print JSON: an array of migrations
    #[arg(long)]
    json: bool,
}

impl RoundTrip {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let report = self.files.config(context)?.round_trip()?;
        let lacks = report.migrations.iter().any(|one| matches!(one.outcome, RoundTripOutcome::NoDown));
        if self.json {
            let migrations = report.migrations.iter().map(json).collect();
            context.terminal.print(format_args!("{:#}\n", Value::Array(migrations)));
        } else {
            context.terminal.print(report.migrations.iter().map(ToString::to_string).collect::<String>());
            let same = report.migrations.iter().filter(|one| matches!(one.outcome, RoundTripOutcome::Same));
            let (same, all) = (same.count(), report.migrations.len());
            context.terminal.say(format_args!("{same} of {all} migrations come back the same"));
        }
        Ok(if report.has_errors() || self.strict && lacks { Exit::Wrong } else { Exit::Success })
    }
}

fn json(migration: &RoundTripped) -> Value {
    let (word, undone, again, error) = match &migration.outcome {
        RoundTripOutcome::Same => ("same", json!([]), json!([]), Value::Null),
        RoundTripOutcome::NoDown => ("no_down", json!([]), json!([]), Value::Null),
        RoundTripOutcome::Differs { undone, again } => ("differs", json!(undone), json!(again), Value::Null),
        RoundTripOutcome::Failed { error, .. } => ("failed", json!([]), json!([]), json!(error.to_string())),
        _ => ("other", json!([]), json!([]), Value::Null),
    };
    json!({ "file": migration.path, "outcome": word, "undone": undone, "again": again, "error": error })
}
