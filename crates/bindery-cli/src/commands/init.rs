//! `cargo bindery init`: from a package as `cargo new` makes it to one that runs queries.
//!
//! The package is looked at as a whole first ([`Plan`]); only if nothing stands in the way is anything written.

mod from_sqlc;
mod manifest;
mod plan;
mod source;
mod workflow;

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use crate::context::Context;
use crate::exit::{Exit, Failure, Problem};
use crate::package::Package;
use from_sqlc::Import;
use manifest::Traits;
use plan::Plan;
use source::Sql;

/// Set Bindery up in a package: Cargo.toml, build.rs, a first migration and query
#[derive(Args)]
#[command(after_help = "\
Example:
  cargo new app && cd app && cargo bindery init && cargo run

It overwrites nothing but the `Hello, world!` of `cargo new`. Where it may not change a file, it says what to write.")]
pub struct Init {
    /// Depend on the crates in this folder (DIR/bindery, DIR/bindery-build, ...) instead of the published ones
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    path: Option<PathBuf>,
    /// Take over a configuration of sqlc (sqlc.yaml, sqlc.json) instead of writing an example
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from: Option<PathBuf>,
    /// The set of SQL to take where --from has several: its name, or its number from 1
    #[arg(long, value_name = "SET", requires = "from")]
    set: Option<String>,
    /// Write a CI workflow too: github
    #[arg(long, value_name = "SERVICE", hide_possible_values = true)]
    ci: Option<Ci>,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ci {
    Github,
}

/// What CI has to run, wherever that is.
const CI: &str = "\
In CI, with PostgreSQL installed, this also compares bindery.lock with what the server says:

    BINDERY=check cargo build
";

impl Init {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let package = context.package()?;
        let name = package.name.clone();
        let crates = self.path.as_deref().map(manifest::check_crates).transpose().map_err(Failure::Usage)?;
        let import = self.import(&package)?;
        let mut plan = Plan::new(package.root.clone());
        let sql = if import.is_some() { Sql::Named } else { Sql::Found };
        let example = source::plan(&mut plan, &package, sql);
        let has_serde = import.as_ref().is_some_and(|import| import.has_serde);
        let traits = if has_serde { Traits::Serde } else { Traits::None };
        manifest::plan(&mut plan, &package, crates.as_deref(), example, traits);
        if let Some(import) = &import {
            import.plan(&mut plan);
        }
        if self.ci == Some(Ci::Github) {
            workflow::plan(&mut plan);
        }
        plan.check()?;
        if let Some(import) = &import {
            context.terminal.print(import.findings() + "\n");
        }
        if self.dry_run {
            context.terminal.print(plan.description());
            return Ok(Exit::Success);
        }
        let does_nothing = plan.steps.is_empty();
        for line in plan.carry_out() {
            context.terminal.say(line.map_err(|problem| Failure::Package(vec![problem]))?);
        }
        for line in &plan.todo {
            context.terminal.print(format_args!("\nleft to you: {line}\n"));
        }
        match (does_nothing, plan.todo.is_empty()) {
            (true, true) => context.terminal.say(format_args!("all is there in package `{name}`")),
            (true, false) => {}
            (false, _) => context.terminal.say(format_args!("\n{}", next(example, self.ci))),
        }
        Ok(Exit::Success)
    }
}

impl Init {
    /// What the configuration of sqlc says, if one is named.
    fn import(&self, package: &Package) -> Result<Option<Import>, Failure> {
        let Some(from) = &self.from else { return Ok(None) };
        let read = from_sqlc::read(from, self.set.as_deref(), &package.root);
        read.map(Some).map_err(|problem| Failure::Package(vec![problem]))
    }
}

/// What a user does next.
fn next(example: source::Example, ci: Option<Ci>) -> String {
    let command = match example {
        source::Example::Runs => "cargo run",
        source::Example::None => "cargo build",
    };
    let next = format!("Next: `{command}`, then commit bindery.lock along with the rest.");
    match ci {
        Some(Ci::Github) => next,
        None => format!("{next}\n{}", CI.trim_end()),
    }
}

/// A file that cannot be read or written, as a problem.
fn of_file(path: &std::path::Path, error: &std::io::Error) -> Problem {
    Problem::new(format!("`{}`: {error}", crate::package::shown(path)))
}
