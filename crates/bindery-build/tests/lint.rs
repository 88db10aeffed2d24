//! The lint: each folder of `lint/` holds the queries and migrations of a rule, and the report they have to give. All of
//! them begin with the migration `lint/0001_cars.sql`; those with a `data.sql` are looked at on a database that has it.
//!
//! `BINDERY_ACCEPT=1 cargo test -p bindery-build --test lint` writes the reports down; read them before committing.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};

use bindery_build::{Config, Mode};
use bindery_postgres::Server;

const MIGRATION: &str = "0001_cars.sql";

/// Tables of more rows than these are big.
const ROWS: u64 = 10_000;

#[test]
fn every_rule_is_reported() {
    let mut failures = Vec::new();
    let folders = folders();
    for folder in &folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let report = report(folder);
        let expected = folder.join("expected.txt");
        if std::env::var_os("BINDERY_ACCEPT").is_some() {
            fs::write(&expected, report).unwrap();
            continue;
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if report != wanted {
            failures.push(format!("{name}: expected\n{wanted}\nbut got\n{report}\n"));
        }
    }
    println!("{} cases", folders.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_documented_rule_has_a_case() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    let docs = fs::read_to_string(docs).unwrap();
    let documented: Vec<&str> =
        docs.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
    for rule in &documented {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint").join(rule);
        assert!(folder.is_dir(), "{rule} has no case");
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        assert!(expected.contains(&format!("rule `{rule}`")), "{rule}");
    }
    // The rules themselves are compared with the page where they are known, in `src/lint/tests.rs`.
    assert!(documented.len() > 15);
}

/// A build warns as the lint does, and an error keeps code from being generated.
#[test]
fn a_build_reports_the_queries() {
    let folders = folders();
    let of = |name: &str| package(folders.iter().find(|folder| folder.ends_with(name)).unwrap());
    let star = config(&of("select-star")).generate().unwrap();
    assert_eq!(star.warnings.len(), 3, "{:?}", star.warnings);
    // Of many it tells a few, and how many there are.
    let many = of("select-star");
    let query = |number: usize| format!("-- name: Star{number} :many\nSELECT * FROM cars;\n");
    fs::write(many.join("queries/many.sql"), (0..10).map(query).collect::<String>()).unwrap();
    let warnings = config(&many).generate().unwrap().warnings;
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert_eq!(warnings[0].message(), "`select-star` is found 10 more times");
    let help = "`cargo bindery lint` tells all; switch it off with `select-star = \"off\"` under `[lint]` in bindery.toml";
    assert!(warnings[0].render().contains(help), "{:?}", warnings[0]);
    assert_eq!(config(&many).lint().unwrap().len(), 13);
    // A database that is not migrated plans none of them.
    let empty = Server::start().unwrap().create_database().unwrap();
    let told = config(&many).lint_database(empty.url(), ROWS).unwrap();
    let unplanned = "this database does not plan `Star0`: relation \"cars\" does not exist";
    assert!(told.iter().any(|warning| warning.message() == unplanned), "{told:?}");
    let error = config(&of("settings")).generate().unwrap_err().to_string();
    assert!(error.contains("error: DELETE without WHERE"), "{error}");
}

fn folders() -> Vec<PathBuf> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn report(case: &Path) -> String {
    let root = package(case);
    let config = config(&root);
    let outcome = match fs::read_to_string(case.join("data.sql")) {
        Ok(data) => {
            let database = Server::start().unwrap().create_database().unwrap();
            let mut client = database.connect().unwrap();
            bindery_migrate::up(&mut client, &bindery_migrate::read_dir(root.join("migrations")).unwrap())
                .unwrap();
            client.batch_execute(&data).unwrap();
            config.lint_database(database.url(), ROWS)
        }
        Err(_) => config.lint(),
    };
    match outcome {
        Ok(warnings) => warnings.iter().map(|warning| format!("{}\n\n", warning.render())).collect(),
        Err(error) => format!("{error}\n"),
    }
}

/// A copy of a case's SQL.
fn package(case: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lint").join(case.file_name().unwrap());
    let _ = fs::remove_dir_all(&root);
    for part in ["migrations", "queries"] {
        fs::create_dir_all(root.join(part)).unwrap();
        for file in fs::read_dir(case.join(part)).into_iter().flatten() {
            let file = file.unwrap();
            fs::copy(file.path(), root.join(part).join(file.file_name())).unwrap();
        }
    }
    fs::copy(case.with_file_name(MIGRATION), root.join("migrations").join(MIGRATION)).unwrap();
    let settings = case.join("bindery.toml");
    if settings.exists() {
        fs::copy(settings, root.join("bindery.toml")).unwrap();
    }
    root
}

fn config(root: &Path) -> Config {
    let mut config = Config::new(root);
    config.mode(Mode::Update).out_dir("code");
    if let Ok(settings) = fs::read_to_string(root.join("bindery.toml")) {
        config.toml(&settings).unwrap();
    }
    config
}
