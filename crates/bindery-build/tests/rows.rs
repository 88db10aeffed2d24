//! Rows inside of rows, slices, and rows that queries share: code is generated, built under denied warnings, and run.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::{Path, PathBuf};

use bindery_build::{Config, Mode, Origin};

/// A package with the queries of `rows/embedded`.
fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("embedded_rows/rows");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rows/embedded");
    let text = |file: &str| fs::read_to_string(sources.join(file)).unwrap();
    package::write(&package.join("migrations/1_cars.sql"), &text("migration.sql"));
    for file in ["cars", "shared"] {
        package::write(&package.join(format!("queries/{file}.sql")), &text(&format!("{file}.sql")));
    }
    package::write(&package.join("src/main.rs"), &text("main.rs"));
    package
}

#[test]
fn embedded_rows_are_read_wherever_they_stand() {
    let package = package();
    let _ = fs::remove_file(package.join("bindery.lock"));
    let mut config = Config::new(&package);
    let settings = "rust.types.Car.derive = ['serde::Deserialize']\n\
                    columns.'public.labels.code' = { type = 'crate::Code', via = 'TryFrom' }";
    config.toml(settings).unwrap().out_dir("src/db");
    config.generate().unwrap_or_else(|error| panic!("{error}"));
    package::assert_pretty(&package.join("src/db"));
    let code =
        || ["mod", "cars"].map(|file| fs::read_to_string(package.join(format!("src/db/{file}.rs"))).unwrap());
    let of_server = code();
    let lock = fs::read_to_string(package.join("bindery.lock")).unwrap();
    // Of the one whose second SELECT has other names.
    assert_eq!(lock.matches("keeps_stars = true").count(), 1);
    // No server is asked.
    config.mode(Mode::Locked);
    let report = config.generate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.origin, Origin::Lock);
    assert_eq!(code(), of_server);
    config.mode(Mode::Check);
    config.generate().unwrap_or_else(|error| panic!("{error}"));
    let workspace = package.parent().unwrap();
    package::write_workspace(workspace, &["rows"]);
    package::write(
        &package.join("Cargo.toml"),
        &package::manifest("rows", &["serde"], "serde = { version = \"1\", features = [\"derive\"] }\n"),
    );
    println!("{}", package::run(workspace, "rows"));
}
