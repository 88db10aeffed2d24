//! Every supported major version of PostgreSQL gives the same lock, but for the line that names it.
//!
//! `BINDERY_MAJORS` lists the folders of other servers' programs, one a line, as `scripts/postgres.sh` prints them;
//! without it the test says that it compares nothing.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `cargo bindery` looks for the nearest one.
const PACKAGE: &str = "[workspace]\n[package]\nname = \"majors\"\n";

/// A package at `name` with what lies in `migrations` and `queries`.
fn package(name: &str, migrations: &Path, queries: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("majors").join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("Cargo.toml"), PACKAGE).unwrap();
    for (folder, from) in [("migrations", migrations), ("queries", queries)] {
        fs::create_dir_all(root.join(folder)).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), root.join(folder).join(entry.file_name())).unwrap();
        }
    }
    root
}

/// The queries that lie beside the project, in `../shared/conformance/nullability`, as a package.
fn shared_package() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/nullability");
    let queries = fs::read_to_string(folder.join("queries.txt")).ok()?;
    let lines = queries.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let named = lines.map(|line| {
        let mut parts = line.splitn(3, '|');
        let (id, _, sql) = (parts.next().unwrap(), parts.next(), parts.next().unwrap());
        format!("-- name: {id} :many\n{};\n", sql.split("--@").next().unwrap().trim())
    });
    // A row as a value has no Rust type yet.
    let named = named.filter(|query| !query.contains("SELECT b FROM"));
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("majors/shared");
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join("migrations")).unwrap();
    fs::create_dir_all(root.join("queries")).unwrap();
    fs::write(root.join("Cargo.toml"), PACKAGE).unwrap();
    let schema = fs::read_to_string(folder.join("schema.sql")).unwrap();
    fs::write(root.join("migrations/1_schema.sql"), format!("-- +goose Up\n{schema}")).unwrap();
    fs::write(root.join("queries/shared.sql"), named.collect::<String>()).unwrap();
    Some(root)
}

/// The lock that a server gives, without the line that names its version; `bin` is none for the usual server.
fn lock(root: &Path, bin: Option<&str>) -> (String, String) {
    let _ = fs::remove_file(root.join("bindery.lock"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
    command.args(["bindery", "generate"]).current_dir(root);
    for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR"] {
        command.env_remove(variable);
    }
    if let Some(bin) = bin {
        command.env("BINDERY_PG_BIN", bin).env_remove("BINDERY_DATABASE_URL");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{bin:?}: {}", String::from_utf8_lossy(&output.stderr));
    let lock = fs::read_to_string(root.join("bindery.lock")).unwrap();
    let is_version = |line: &&str| line.starts_with("postgres = ");
    let version = lock.lines().find(is_version).unwrap().to_owned();
    (version, lock.lines().filter(|line| !is_version(line)).map(|line| format!("{line}\n")).collect())
}

#[test]
fn every_major_gives_the_same_lock() {
    let bins = std::env::var("BINDERY_MAJORS").unwrap_or_default();
    if bins.trim().is_empty() {
        println!("skipped: BINDERY_MAJORS names no other servers; scripts/postgres.sh fetches them");
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (garage, own) = (here.join("../.."), here.join("tests/majors"));
    let mut packages = vec![
        package("garage", &garage.join("migrations"), &garage.join("queries")),
        package("own", &own.join("migrations"), &own.join("queries")),
    ];
    match shared_package() {
        Some(root) => packages.push(root),
        None => println!("left out: ../shared/conformance/nullability is not here"),
    }
    for root in packages {
        let (usual, expected) = lock(&root, None);
        for bin in bins.lines().filter(|line| !line.trim().is_empty()) {
            let (version, found) = lock(&root, Some(bin));
            let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
            assert!(found == expected, "{}: {version} differs from {usual}: {differing:?}", root.display());
            println!("{}: {version} as {usual}", root.file_name().unwrap().display());
        }
    }
}
