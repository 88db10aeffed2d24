//! `cargo bindery drift`: whether a live database fits the migrations and the queries.

use bindery_build::{Drift as Found, DriftSeverity};
use clap::Args;
use serde_json::{Value, json};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Compare a live database with the migrations and the queries
#[derive(Args)]
#[command(
    after_help = "Example:\n  cargo bindery drift --database-url postgres://reader@localhost/app\n\nThe database is only read; a role that may only read will do."
)]
pub struct Drift {
    /// The live database
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Exit with 1 for warnings too
    #[arg(long)]
    strict: bool,
    /// Print JSON: an array of differences
    #[arg(long)]
    json: bool,
}

impl Drift {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let report = context.config()?.drift(&self.database_url)?;
        if self.json {
            let drifts: Vec<Value> = report.drifts.iter().map(json).collect();
            context.terminal.print(format_args!("{:#}\n", Value::Array(drifts)));
        } else {
            context.terminal.print(report.drifts.iter().map(line).collect::<String>());
            let fits = if report.drifts.is_empty() { "no drift" } else { "compared" };
            let (objects, queries) = (report.objects, report.queries);
            context.terminal.say(format_args!("{fits}: {objects} objects, {queries} queries"));
        }
        let is_warned = report.drifts.iter().any(|drift| drift.severity == DriftSeverity::Warning);
        let is_wrong = report.has_errors() || self.strict && is_warned;
        Ok(if is_wrong { Exit::Wrong } else { Exit::Success })
    }
}

fn line(drift: &Found) -> String {
    format!("{}: {drift}\n", word(drift.severity))
}

fn word(severity: DriftSeverity) -> &'static str {
    match severity {
        DriftSeverity::Error => "error",
        DriftSeverity::Warning => "warning",
        DriftSeverity::Note => "note",
    }
}

fn json(drift: &Found) -> Value {
    json!({
        "severity": word(drift.severity),
        "kind": drift.kind.word(),
        "object": drift.object,
        "part": drift.part,
        "message": drift.to_string(),
        "queries": drift.queries,
        "location": drift.location,
    })
}
