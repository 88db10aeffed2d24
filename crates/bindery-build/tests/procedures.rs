//! Functions and procedures: code is generated for calls of all kinds, built under denied warnings, and run.
//!
//! `procedures/calls` holds the schema, the queries, and the `main.rs` that calls them and compares what comes back. A NULL in a
//! column that is claimed to have none is an error when its row is read.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::Path;

use bindery_build::{Config, Report};

#[test]
fn functions_and_procedures_are_called() {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("procedures");
    let package = workspace.join("procedures");
    let report = generate(&package);
    let warnings: Vec<String> = report.warnings.iter().map(|warning| warning.render()).collect();
    assert!(warnings.is_empty(), "{}", warnings.join("\n"));
    package::assert_pretty(&package.join("src/db"));
    package::write_workspace(&workspace, &["procedures"]);
    package::write(&package.join("Cargo.toml"), &package::manifest("procedures", &[], ""));
    println!("{}", package::run(&workspace, "procedures"));
}

/// Copies the package, and generates its code.
fn generate(package: &Path) -> Report {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/procedures/calls");
    let files = [
        "migrations/1_functions.sql",
        "queries/functions.sql",
        "queries/procedures.sql",
        "queries/utilities.sql",
    ];
    for file in files {
        package::write(&package.join(file), &fs::read_to_string(sources.join(file)).unwrap());
    }
    package::write(&package.join("src/main.rs"), &fs::read_to_string(sources.join("main.rs")).unwrap());
    let _ = fs::remove_file(package.join("bindery.lock"));
    let mut config = Config::new(package);
    config.toml("lint.select-star = 'off'").unwrap().out_dir("src/db");
    config.generate().unwrap_or_else(|error| panic!("{error}"))
}
