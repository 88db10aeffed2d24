//! `cargo bindery explain`: the plan that PostgreSQL has for each query.

use std::time::Duration;

use bindery_build::{ExplainOptions, PlanFormat, PlanOutcome};
use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Show the generic plan of queries
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo bindery explain FindCar\n  cargo bindery explain FindCar --database-url postgres://localhost/app --analyze --param plate=KA-01\n\nWithout --database-url the tables are empty. --analyze runs the query in a transaction that is rolled back."
)]
pub struct Explain {
    /// Queries by name, or by file and name [default: all]
    queries: Vec<String>,
    /// The database to ask [default: a temporary one with the migrations]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Run the queries too, and roll back
    #[arg(long)]
    analyze: bool,
    /// Tell how many pages were touched
    #[arg(long)]
    buffers: bool,
    /// For --analyze: a parameter's value; without `=` it is NULL
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// How long a query may run, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// How plans are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Explain {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let param = |param: String| match param.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (param, None),
        };
        let mut options = ExplainOptions::default();
        options.queries = self.queries;
        options.url = self.database_url;
        options.analyze = self.analyze;
        options.buffers = self.buffers;
        options.params = self.params.into_iter().map(param).collect();
        options.timeout = Duration::from_secs(self.timeout);
        options.format = match self.format {
            Format::Text => PlanFormat::Text,
            Format::Json => PlanFormat::Json,
        };
        let plans = context.config()?.explain(&options)?;
        let texts: Vec<String> = plans.iter().map(|plan| format!("{plan}\n")).collect();
        context.terminal.print(texts.join("\n"));
        let is_refused = plans.iter().any(|plan| matches!(plan.outcome, PlanOutcome::Refused(_)));
        Ok(if is_refused { Exit::Wrong } else { Exit::Success })
    }
}
