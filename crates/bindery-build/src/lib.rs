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

mod dynamic;
mod lex;
mod parse;
mod project;
mod query;

mod analyze;
mod calls;
mod catalog;
mod columns;
mod describe;
mod embeds;
mod expand;
mod impact;
mod inspect;
mod lint;
mod migrated;
mod migration_files;
mod migrations;
mod overrule;
mod relations;
mod server_error;
mod session;
mod suggest;
mod user_types;
mod utilities;
mod variants;
mod wire;

mod description;
mod lock;

mod generate;
mod names;
mod nearest;
mod refusals;
mod revision;
mod stamp;
mod trees;
mod types;
mod write;

mod cargo;
mod copy;
mod cores;
mod diagnostic;
mod drift;
mod error;
mod explain;
mod given;
mod pipeline;
mod progress;
mod round_trip;

pub use bindery_migrate::Format as MigrationFormat;
pub use config::{Config, Mode};
pub use diagnostic::{Diagnostic, Severity};
pub use drift::{Drift, DriftChange, DriftKind, DriftReport, DriftSeverity};
pub use error::Error;
pub use explain::{ExplainOptions, Plan, PlanFormat, PlanOutcome};
pub use impact::Impact;
pub use inspect::{FieldInfo, QueryInfo};
pub use migration_files::MigrationFiles;
pub use pipeline::{Generator, Origin, Report};
pub use progress::Step;
pub use round_trip::{RoundTrip, RoundTripOutcome, RoundTripped};

/// Does everything that a build script has to: settings, code, lock, cargo's directives, diagnostics.
///
/// It never panics, and it returns whatever happens. On an error every diagnostic, of all files, becomes an error of the
/// build: rustc's, at the `bindery::include_queries!()` call and with the code of the last build that had none, or
/// cargo's, where there is no such code in `OUT_DIR` or `BINDERY` is set. Use [`Config::load`] and [`Config::generate`]
/// to do something else about them.
///
/// Cargo runs the script again when the migrations, the queries, `bindery.toml`, `bindery.lock` or a variable that is
/// read changes; but it does not see a `bindery.toml` appear where there was none before something else changes. A
/// script that reads other files too has to print its own `cargo::rerun-if-changed` lines for them.
pub fn run() {
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return cargo::tell_cargo(&error),
    };
    let outcome = config.generate();
    cargo::watch(&config);
    match outcome {
        Ok(report) => {
            cargo::watch_variables(&report.variables);
            cargo::warn(&report.warnings);
        }
        Err(error) => cargo::fail(&config, &error),
    }
}
