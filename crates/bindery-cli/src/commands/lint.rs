//! `cargo bindery lint`: what PostgreSQL accepts and is a mistake all the same.

use bindery_build::Diagnostic;
use clap::Args;

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Look for mistakes that PostgreSQL accepts, in queries and in all migrations
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo bindery lint\n  cargo bindery lint --database-url postgres://localhost/app --rows 100000\n\nWith a database, migrations are told of big tables only, and so are queries that read all of one.\n`-- @allow: RULE` above a query and `[lint]` in bindery.toml switch rules off."
)]
pub struct Lint {
    /// A migrated database to take the sizes of tables and the plans from; it is only read
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// With --database-url: more rows make a table big
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    rows: u64,
    /// Exit with 1 if anything is found
    #[arg(long)]
    strict: bool,
}

impl Lint {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let config = context.config()?;
        let found: Vec<Diagnostic> = match &self.database_url {
            Some(url) => config.lint_database(url, self.rows)?,
            None => config.lint()?,
        };
        context.terminal.report(&found);
        context.terminal.say(match found.len() {
            0 => "nothing was found".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        });
        Ok(if self.strict && !found.is_empty() { Exit::Wrong } else { Exit::Success })
    }
}
