//! What the command is called with.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum, ValueHint};

use crate::commands::Command;

/// Compiles SQL migrations and queries to typed Rust, with PostgreSQL as the judge.
#[derive(Parser)]
#[command(
    name = "cargo-bindery",
    bin_name = "cargo bindery",
    version,
    arg_required_else_help = true,
    after_help = "Exit status: 0 if all is well, 1 if something is wrong or out of date, 2 for a wrong call."
)]
pub struct Arguments {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Args)]
pub struct Options {
    /// The Cargo.toml of the package [default: of this folder or the nearest above]
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub manifest_path: Option<PathBuf>,
    /// When to color: auto, always, never [default: auto]
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true)]
    pub color: Option<ColorChoice>,
    /// Print only what is wrong, and what was asked for
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

impl Arguments {
    /// Reads them; a wrong call ends the process with 2, and a call for help with 0.
    pub fn read() -> Self {
        let mut words: Vec<OsString> = env::args_os().collect();
        // Cargo passes its subcommand's own name first.
        if words.get(1).is_some_and(|word| word == "bindery") {
            words.remove(1);
        }
        Self::parse_from(words)
    }
}
