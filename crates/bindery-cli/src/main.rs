//! `cargo bindery`: what the build script does, by hand.

use std::env;
use std::process::ExitCode;

use bindery_build::{Config, Error, Mode, Origin, Report};

const USAGE: &str = "\
Compiles SQL migrations and queries to typed Rust, with PostgreSQL as the judge.

Usage: cargo bindery <COMMAND>

Commands:
  generate  Bring bindery.lock, and code that is checked in (`out` in bindery.toml), up to date
  check     Ask PostgreSQL about everything afresh and compare with what is checked in
  help      Print this

Exit status: 0 if all is well, 1 if something is wrong in the SQL or out of date, 2 for a wrong call.
";

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's answer")]
fn main() -> ExitCode {
    // Cargo passes its subcommand's own name first.
    let arguments: Vec<String> = env::args().skip(1).skip_while(|argument| argument == "bindery").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["generate"] => run(Mode::Update),
        ["check"] => run(Mode::Check),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        ["--version" | "-V"] => {
            println!("cargo-bindery {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(report) => {
            for warning in &report.warnings {
                eprintln!("{}", warning.render());
            }
            println!("{}", summary(&report));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs in the package of the current folder.
fn run(mode: Mode) -> Result<Report, Error> {
    let mut config = Config::load()?;
    config.mode(mode).generate()
}

fn summary(report: &Report) -> String {
    let origin = match report.origin {
        Origin::Lock => "as in bindery.lock",
        Origin::Server => "as PostgreSQL says",
    };
    let queries = if report.queries == 1 { "query" } else { "queries" };
    format!("{} {queries}, {origin}", report.queries)
}
