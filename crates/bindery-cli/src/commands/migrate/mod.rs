//! `cargo bindery migrate`: what goose's command line does, by its names, on files and databases of the user's.

// The commands, a file each.
mod baseline;
mod create;
mod down;
mod down_to;
mod fix;
mod redo;
mod reset;
mod round_trip;
mod status;
mod up;
mod up_by_one;
mod up_to;
mod validate;
mod version;

// What they share.
mod dry_run;
mod failure;
mod options;
mod report;
mod run;
mod table;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Run the migrations on a database, as goose does; make, renumber and validate their files
#[derive(Args)]
#[command(after_help = "\
Examples:
  cargo bindery migrate create add seats
  cargo bindery migrate up --database-url postgres://localhost/app
  cargo bindery migrate status --check
  cargo bindery migrate up --no-versioning --dir seeds

`cargo bindery migrate help COMMAND` prints the options. The database is that of --database-url, else of DATABASE_URL.")]
pub struct Migrate {
    #[command(subcommand)]
    command: Command,
}

/// The words after `cargo bindery migrate`.
#[derive(Subcommand)]
enum Command {
    Up(up::Up),
    UpByOne(up_by_one::UpByOne),
    UpTo(up_to::UpTo),
    Down(down::Down),
    DownTo(down_to::DownTo),
    Redo(redo::Redo),
    Reset(reset::Reset),
    Baseline(baseline::Baseline),
    Status(status::Status),
    Version(version::Version),
    Create(create::Create),
    Fix(fix::Fix),
    Validate(validate::Validate),
    RoundTrip(round_trip::RoundTrip),
}

impl Migrate {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.command {
            Command::Up(command) => command.run(context),
            Command::UpByOne(command) => command.run(context),
            Command::UpTo(command) => command.run(context),
            Command::Down(command) => command.run(context),
            Command::DownTo(command) => command.run(context),
            Command::Redo(command) => command.run(context),
            Command::Reset(command) => command.run(context),
            Command::Baseline(command) => command.run(context),
            Command::Status(command) => command.run(context),
            Command::Version(command) => command.run(context),
            Command::Create(command) => command.run(context),
            Command::Fix(command) => command.run(context),
            Command::Validate(command) => command.run(context),
            Command::RoundTrip(command) => command.run(context),
        }
    }
}
