//! Compiles SQL migrations and queries to typed Rust, from `build.rs`, with PostgreSQL as the judge.
//!
//! ```no_run
//! // the whole of `main` in build.rs
//! bindery_build::run();
//! ```
//!
//! The migrations (goose format) in `migrations/` are applied to a temporary PostgreSQL, every query (sqlc's format) in
//! `queries/` is prepared on it, and what the server says of types, names and NULLs becomes async functions and row
//! structs, which the package takes in with `mod db { bindery::include_queries!(); }`. The answers are kept in
//! `bindery.lock`: commit it, and a build whose SQL has not changed needs no server.
//!
//! The variable `BINDERY` says how strict a build is: see [`Mode`]. The server is the one that `BINDERY_DATABASE_URL`
//! names, where a temporary database is made and dropped, or one started from the PostgreSQL binaries on this machine.

// The stages, in order.
mod config;
mod settings;
mod source;
mod toml_file;

mod lex;
mod parse;
mod project;
mod query;

mod analyze;
mod catalog;
mod columns;
mod describe;
mod impact;
mod migrated;
mod migrations;
mod relations;
mod server_error;
mod session;
mod user_types;
mod wire;

mod description;
mod lock;

mod generate;
mod names;
mod refusals;
mod revision;
mod stamp;
mod trees;
mod types;
mod write;

mod diagnostic;
mod error;
mod pipeline;
mod progress;

pub use config::{Config, Mode};
pub use diagnostic::{Diagnostic, Severity};
pub use error::Error;
pub use impact::Impact;
pub use pipeline::{Generator, Origin, Report};
pub use progress::Step;

/// Does everything that a build script has to: settings, code, lock, cargo's directives, diagnostics.
///
/// It never panics. On an error it prints every diagnostic, of all files, and ends the process with a failure, so it has
/// to be the build script's last call; use [`Config::load`] and [`Config::generate`] to go on after an error.
///
/// Cargo runs the script again when the migrations, the queries, `bindery.toml`, `bindery.lock` or a variable that is
/// read changes. A script that reads other files too has to print its own `cargo::rerun-if-changed` lines for them.
pub fn run() {
    let outcome = Config::load().and_then(|config| {
        let outcome = config.generate();
        print_watched(&config);
        outcome
    });
    match outcome {
        Ok(report) => report.warnings.iter().for_each(|warning| print_directive("warning", warning)),
        Err(error) => fail(&error),
    }
}

/// Variables that decide what is generated or with which server.
const VARIABLES: [&str; 4] = ["BINDERY", "BINDERY_DATABASE_URL", "BINDERY_PG_BIN", "BINDERY_CACHE_DIR"];

#[allow(clippy::print_stdout, reason = "cargo reads a build script's standard output")]
fn print_watched(config: &Config) {
    for path in config.watched() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    for variable in VARIABLES {
        println!("cargo::rerun-if-env-changed={variable}");
    }
}

#[allow(clippy::print_stdout, reason = "cargo reads a build script's standard output")]
fn print_directive(kind: &str, diagnostic: &Diagnostic) {
    for line in diagnostic.render().lines() {
        println!("cargo::{kind}={line}");
    }
}

#[allow(clippy::print_stderr, reason = "cargo shows the standard error of a script that fails")]
fn fail(error: &Error) {
    eprintln!("{error}");
    std::process::exit(1);
}
