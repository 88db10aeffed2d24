//! `cargo bindery`: what the build script does, by hand, and what goes with it.
//!
//! A command is a file in `commands/` and a variant of [`Command`](commands::Command). What it needs comes from
//! [`Context`]: the package, its settings, the terminal.

mod arguments;
mod commands;
mod context;
mod exit;
mod package;
mod progress;
mod terminal;

use std::process::ExitCode;

use arguments::Arguments;
use context::Context;

fn main() -> ExitCode {
    let Arguments { options, command } = Arguments::read();
    let context = Context::new(options);
    let outcome = command.run(&context);
    let exit = outcome.unwrap_or_else(|failure| {
        context.terminal.fail(&failure);
        failure.exit()
    });
    exit.into()
}
