//! `cargo bindery init`: from a package as `cargo new` makes it to one that runs queries.
//!
//! The package is looked at as a whole first ([`Plan`]); only if nothing stands in the way is anything written.

mod manifest;
mod plan;
mod source;
mod workflow;

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use crate::context::Context;
use crate::exit::{Exit, Failure, Problem};
use plan::Plan;

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
        let mut plan = Plan::new(package.root.clone());
        let example = source::plan(&mut plan, &package);
        manifest::plan(&mut plan, &package, crates.as_deref(), example);
        if self.ci == Some(Ci::Github) {
            workflow::plan(&mut plan);
        }
        plan.check()?;
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
