//! What a user sees of mistakes under cargo: on the terminal, and what an editor reads.

#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MIGRATION: &str = "-- +goose Up\nCREATE TABLE cars (id bigint PRIMARY KEY, owner_id bigint);\n";
const GOOD: &str = "-- name: Several :one\nSELECT id FROM cars;\n";
const BAD: &str =
    "-- name: Several :one\nSELECT ownerid FROM cars;\n-- name: A :many\nSELECT 1 FROM trucks;\n";

const CARGO_ERRORS: &str = r#"
error: cargo-errors@0.0.0: column "ownerid" does not exist
error: cargo-errors@0.0.0:  --> queries/cars.sql:2:8
error: cargo-errors@0.0.0:   |
error: cargo-errors@0.0.0: 2 | SELECT ownerid FROM cars;
error: cargo-errors@0.0.0:   |        ^^^^^^^
error: cargo-errors@0.0.0:   |
error: cargo-errors@0.0.0:   = help: Perhaps you meant to reference the column "cars.owner_id".
error: cargo-errors@0.0.0: relation "trucks" does not exist
error: cargo-errors@0.0.0:  --> queries/cars.sql:4:15
error: cargo-errors@0.0.0:   |
error: cargo-errors@0.0.0: 4 | SELECT 1 FROM trucks;
error: cargo-errors@0.0.0:   |               ^^^^^^
error: build script logged errors
"#;

const RUSTC_ERRORS: &str = r#"
error: column "ownerid" does not exist
        --> queries/cars.sql:2:8
         |
       2 | SELECT ownerid FROM cars;
         |        ^^^^^^^
         |
         = help: Perhaps you meant to reference the column "cars.owner_id".
       
       error: relation "trucks" does not exist
        --> queries/cars.sql:4:15
         |
       4 | SELECT 1 FROM trucks;
         |               ^^^^^^
       
 --> src/main.rs:2:10
"#;

const UNKNOWN_MODE: &str = "
error: cargo-errors@0.0.0: BINDERY is `maybe`, which means nothing
error: cargo-errors@0.0.0:  |
error: cargo-errors@0.0.0:  = help: leave it unset, or set it to `locked` or `check`
error: build script logged errors
";

const IN_THE_SQL: &str = "warning: cargo-errors@0.0.0: 2 errors in the SQL, which rustc reports; the code is that of the last build without";

const WARNING: &str = "warning: cargo-errors@0.0.0: `Several` can return more than one row
warning: cargo-errors@0.0.0:  --> queries/cars.sql:1:10
warning: cargo-errors@0.0.0:   |
warning: cargo-errors@0.0.0: 1 | -- name: Several :one
warning: cargo-errors@0.0.0:   |          ^^^^^^^ declared as `:one`
";

#[test]
fn mistakes_are_errors_of_the_build_and_the_code_of_before_stays() {
    let package = Package::new();
    // There is no code that rustc could report them on.
    let first = package.cargo(&["build"], &[]);
    assert!(!first.ok && first.text.ends_with(CARGO_ERRORS), "{}", first.text);
    assert!(!package.cargo(&["build"], &[]).ok);

    package.query(GOOD);
    let good = package.cargo(&["build"], &[]);
    assert!(good.ok && good.text.contains(WARNING), "{}", good.text);
    // Cargo repeats it without running the script.
    let again = package.cargo(&["build"], &[("BINDERY_PG_BIN", "")]);
    assert!(again.ok && again.text.contains(WARNING), "{}", again.text);

    package.query(BAD);
    let bad = package.cargo(&["build"], &[]);
    assert!(!bad.ok && bad.text.contains(RUSTC_ERRORS) && bad.text.contains(IN_THE_SQL), "{}", bad.text);
    // The only error: the code of before is there.
    assert!(bad.text.ends_with("due to 1 previous error\n"), "{}", bad.text);
    let quiet = package.cargo(&["build", "--quiet"], &[]);
    assert!(!quiet.ok && quiet.text.starts_with(&RUSTC_ERRORS[1..]), "{}", quiet.text);
    // The reason may lie outside of all files: the script runs each time, until there are no errors.
    let no_server = package.cargo(&["build"], &[("BINDERY_PG_BIN", "/nowhere")]);
    assert!(!no_server.ok && no_server.text.contains("BINDERY_PG_BIN is of no use"), "{}", no_server.text);
    assert!(package.cargo(&["build"], &[]).text.contains(RUSTC_ERRORS));

    // An editor finds them at the call in the user's file.
    let json = package.cargo(&["build", "--message-format=json"], &[]);
    let message = json.text.lines().find(|line| line.contains("\"reason\":\"compiler-message\"")).unwrap();
    let call = message.contains("\"file_name\":\"src/main.rs\"");
    assert!(call && message.contains("column \\\"ownerid\\\" does not exist"), "{message}");
    assert!(
        json.text.contains("\"reason\":\"build-script-executed\""),
        "the editor knows the code of before"
    );

    // What CI sets does not depend on any code being compiled.
    let locked = package.cargo(&["build"], &[("BINDERY", "locked")]);
    let stale = "error: cargo-errors@0.0.0: bindery.lock is not up to date: query `A` is new\n";
    assert!(!locked.ok && locked.text.contains(stale), "{}", locked.text);
    let check = package.cargo(&["build"], &[("BINDERY", "check")]);
    assert!(!check.ok && check.text.ends_with(CARGO_ERRORS), "{}", check.text);

    let unknown = package.cargo(&["build"], &[("BINDERY", "maybe")]);
    assert!(!unknown.ok && unknown.text.ends_with(UNKNOWN_MODE), "{}", unknown.text);

    package.query(GOOD);
    assert!(package.cargo(&["build"], &[]).ok);
    let rested = package.cargo(&["build"], &[]);
    assert!(rested.ok && !rested.text.contains("Compiling"), "{}", rested.text);

    // A variable that a migration is completed with is watched.
    let town = "-- +goose ENVSUB ON\n-- +goose Up\nALTER TABLE cars ADD town text DEFAULT '${BINDERY_TEST_TOWN:-Bonn}';\n";
    write(&package.root.join("migrations/2_town.sql"), town);
    let is_built = |value: &str| {
        let build = package.cargo(&["build"], &[("BINDERY_TEST_TOWN", value)]);
        assert!(build.ok, "{}", build.text);
        build.text.contains("Compiling")
    };
    assert_eq!(["Berlin", "Berlin", "Paris"].map(is_built), [true, false, true]);
}

struct Package {
    root: PathBuf,
}

struct Outcome {
    ok: bool,
    /// What it prints, with standard output first.
    text: String,
}

impl Package {
    /// One that was never built.
    fn new() -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-errors");
        let _ = fs::remove_dir_all(&root);
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let bindery = |name: &str| project.join("crates").join(name);
        let manifest = format!(
            "[workspace]\n[package]\nname = \"cargo-errors\"\nedition = \"2024\"\n\
             [dependencies]\nbindery = {{ path = {:?} }}\n\
             [build-dependencies]\nbindery-build = {{ path = {:?} }}\n",
            bindery("bindery"),
            bindery("bindery-build")
        );
        write(&root.join("Cargo.toml"), &manifest);
        fs::copy(project.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        write(&root.join("build.rs"), "fn main() { bindery_build::run() }\n");
        let main = "#![deny(warnings)]\nmod db { bindery::include_queries!(); }\nfn main() {}\n";
        write(&root.join("src/main.rs"), main);
        write(&root.join("migrations/1_cars.sql"), MIGRATION);
        let package = Self { root };
        package.query(BAD);
        package.cargo(&["clean", "--package", "cargo-errors"], &[]);
        package
    }

    fn query(&self, text: &str) {
        write(&self.root.join("queries/cars.sql"), text);
    }

    /// Runs cargo with the dependencies that this workspace has built already.
    fn cargo(&self, arguments: &[&str], envs: &[(&str, &str)]) -> Outcome {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
        let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(arguments)
            .arg("--offline")
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_TERM_COLOR", "never")
            .env("RUSTFLAGS", "")
            .env_remove("BINDERY")
            .env_remove("OUT_DIR")
            .envs(envs.iter().copied())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|part| String::from_utf8(part).unwrap()).concat();
        // Depends on what cargo compiles beside the script.
        let text = text.replace("warning: build failed, waiting for other jobs to finish...\n", "");
        Outcome { ok: output.status.success(), text }
    }
}

/// A file that is written is newer, and cargo builds again.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
