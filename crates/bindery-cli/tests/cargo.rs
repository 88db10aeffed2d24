//! The binary and the build script as a user meets them: in a package of its own, under cargo.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MIGRATION: &str =
    "-- +goose Up\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL UNIQUE);\n";
const QUERY: &str = "-- name: FindCar :opt\nSELECT * FROM cars WHERE plate = @plate;\n";

/// A package with one migration and one query.
struct Package {
    root: PathBuf,
}

impl Package {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let package = Self { root };
        // `cargo bindery` looks for the nearest one.
        package.write("Cargo.toml", &format!("[workspace]\n[package]\nname = {name:?}\n"));
        package.write("migrations/1_cars.sql", MIGRATION);
        package.write("queries/cars.sql", QUERY);
        package
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that is written is newer, and cargo builds again.
        if fs::read_to_string(&path).ok().as_deref() != Some(text) {
            fs::write(path, text).unwrap();
        }
    }

    fn lock(&self) -> Option<String> {
        fs::read_to_string(self.root.join("bindery.lock")).ok()
    }

    fn bindery(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
        command.arg("bindery").args(arguments).current_dir(&self.root);
        for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR"] {
            command.env_remove(variable);
        }
        command
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// As on a machine that has no PostgreSQL.
fn without_postgres(command: &mut Command) -> &mut Command {
    command.env("BINDERY_PG_BIN", "/nowhere").env_remove("BINDERY_DATABASE_URL")
}

#[test]
fn no_postgres_is_an_error_only_when_one_is_needed() {
    let package = Package::new("no-postgres");
    package.write("bindery.toml", "[lint]\nselect-star = \"off\"\n");
    let output = without_postgres(&mut package.bindery(&["generate"])).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("BINDERY_PG_BIN is of no use"), "{}", text(&output));
    assert_eq!(package.lock(), None);
    assert!(package.bindery(&["generate"]).output().unwrap().status.success());
    let output = without_postgres(&mut package.bindery(&["generate"])).output().unwrap();
    assert_eq!(text(&output), "1 query, as in bindery.lock\n");
}

#[test]
fn a_query_that_can_return_more_rows_than_it_says_is_a_warning() {
    let package = Package::new("several-rows");
    let generate = || text(&package.bindery(&["generate"]).output().unwrap());
    let query = "-- name: FindById :opt\nSELECT plate FROM cars WHERE id > $1;\n";
    package.write("queries/cars.sql", query);
    let warning = "warning: `FindById` can return more than one row\n --> queries/cars.sql:1:10\n  |\n\
        1 | -- name: FindById :opt\n  |          ^^^^^^^^ declared as `:opt`\n  |\n  \
        = note: a second row is an error when the query runs\n  \
        = note: rule `several-rows`; switch it off with `-- @allow: several-rows`\n  \
        = help: compare every column of a unique key: cars (id) or cars (plate); or add LIMIT 1, use `:many`, or write \
        `-- @rows: at most one` if you know better\n";
    assert_eq!(generate(), format!("1 query, as PostgreSQL says\n{warning}"));
    // The lock knows as much as the server.
    assert_eq!(generate(), format!("1 query, as in bindery.lock\n{warning}"));
    for better in [
        "-- @rows: at most one\nSELECT plate FROM cars WHERE id > $1",
        "SELECT plate FROM cars WHERE id = $1",
    ] {
        package.write("queries/cars.sql", &format!("-- name: FindById :opt\n{better};\n"));
        assert_eq!(generate(), "1 query, as PostgreSQL says\n", "{better}");
    }
}

#[test]
fn elements_of_arrays_are_nullable_unless_something_else_is_said() {
    let package = Package::new("elements");
    package.write("bindery.toml", "out = \"src/db\"\n");
    let columns =
        "tags text[] NOT NULL, checked text[] NOT NULL CHECK (array_position(checked, NULL) IS NULL)";
    package.write("migrations/1_cars.sql", &format!("-- +goose Up\nCREATE TABLE cars ({columns});\n"));
    let query = "SELECT tags, checked, tags AS said FROM cars WHERE tags = @tags AND checked = @some";
    let annotations = "-- @column said: elements not null\n-- @param some: elements nullable";
    package.write("queries/cars.sql", &format!("-- name: ListTags :many\n{annotations}\n{query};\n"));
    let generate = || {
        let output = package.bindery(&["generate"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let code = fs::read_to_string(package.root.join("src/db/cars.rs")).unwrap();
        let types = code.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(","));
        (types.map(str::to_owned).collect::<Vec<_>>(), code)
    };
    let array = |element: &str| format!("bindery::Array<{element}>");
    let (types, code) = generate();
    let (nullable, not_null) = (array("Option<String>"), array("String"));
    assert_eq!(
        types,
        [format!("tags: {nullable}"), format!("checked: {not_null}"), format!("said: {not_null}")]
    );
    assert!(code.contains("tags: &[impl AsRef<str> + Sync],\n    some: &[Option<&str>],"), "{code}");
    let promises = "out = 'src/db'\narray_elements = 'not null'\narray_dimensions = 'one'\n";
    package.write("bindery.toml", promises);
    assert_eq!(generate().0, ["tags: Vec<String>", "checked: Vec<String>", "said: Vec<String>"]);
}

#[test]
fn drift_is_told_column_by_column() {
    let package = Package::new("drift");
    assert!(package.bindery(&["generate"]).output().unwrap().status.success());
    assert!(package.bindery(&["check"]).output().unwrap().status.success());
    package.write("migrations/1_cars.sql", &MIGRATION.replace("plate text NOT NULL", "plate text"));
    let before = package.lock();
    let output = package.bindery(&["check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    // In the query itself `plate = $1` keeps NULL out.
    let told = "table `public.cars`: column was `plate text not null`, is `plate text nullable`";
    assert!(text(&output).contains(told), "{}", text(&output));
    assert_eq!(package.lock(), before);
}

#[test]
fn a_lock_that_may_not_change_is_an_error_that_says_what_would() {
    let package = Package::new("locked");
    assert!(package.bindery(&["generate"]).output().unwrap().status.success());
    package.write(
        "queries/cars.sql",
        &format!("{QUERY}\n-- name: CountCars :one\nSELECT count(*) FROM cars;\n"),
    );
    let output = build(&package, &[("BINDERY", "locked")]);
    assert!(!output.status.success());
    assert!(text(&output).contains("query `CountCars` is new"), "{}", text(&output));
}

#[test]
fn a_build_starts_a_server_only_for_what_is_new() {
    let package = Package::new("rebuild");
    let first = build(&package, &[]);
    assert!(first.status.success(), "{}", text(&first));
    let lock = package.lock().unwrap();
    // Neither runs the script again, nor would it find a server.
    let again = build(&package, &[]);
    assert!(again.status.success() && !text(&again).contains("Compiling"), "{}", text(&again));
    let offline = build(&package, &[("BINDERY_PG_BIN", "/nowhere")]);
    assert!(offline.status.success(), "{}", text(&offline));
    package.write("queries/cars.sql", &QUERY.replace("SELECT *", "SELECT id"));
    let changed = build(&package, &[("BINDERY_PG_BIN", "/nowhere")]);
    assert!(!changed.status.success(), "a changed query needs a server");
    assert_eq!(package.lock(), Some(lock));
    assert!(build(&package, &[]).status.success());
}

/// `cargo build` of the package, with what this workspace has built already.
fn build(package: &Package, envs: &[(&str, &str)]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let crates = root.join("crates");
    let name = package.root.file_name().unwrap();
    package.write(
        "Cargo.toml",
        &format!(
            "[workspace]\n[package]\nname = {name:?}\nedition = \"2024\"\n\
             [dependencies]\nbindery = {{ path = {:?} }}\n\
             [build-dependencies]\nbindery-build = {{ path = {:?} }}\n",
            crates.join("bindery"),
            crates.join("bindery-build")
        ),
    );
    package.write("build.rs", "fn main() { bindery_build::run() }\n");
    package
        .write("src/main.rs", "#![deny(warnings)]\nmod db { bindery::include_queries!(); }\nfn main() {}\n");
    package.write("Cargo.lock", &fs::read_to_string(root.join("Cargo.lock")).unwrap());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["build", "--offline"])
        .current_dir(&package.root)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("BINDERY")
        .env_remove("BINDERY_PG_BIN")
        .envs(envs.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn only_what_the_lock_does_not_know_is_described() {
    let package = Package::new("partial");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/majors");
    fs::remove_dir_all(package.root.join("migrations")).unwrap();
    fs::remove_dir_all(package.root.join("queries")).unwrap();
    for folder in ["migrations", "queries"] {
        for file in fs::read_dir(own.join(folder)).unwrap() {
            let file = file.unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            package.write(&format!("{folder}/{}", file.file_name().to_string_lossy()), &text);
        }
    }
    let generate = || {
        let output = package.bindery(&["generate"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    };
    fs::remove_file(package.root.join("bindery.lock")).ok();
    generate();
    let whole = package.lock().unwrap();
    let blocks: Vec<&str> = whole.split("\n[[").collect();
    assert!(blocks.iter().filter(|block| block.starts_with("query]]")).count() > 40);
    // Whichever queries the lock has lost: what it says of the others, and the server of these, is the same lock.
    for (first, step) in [(0, 2), (1, 2), (0, 3), (5, 7), (0, 50)] {
        let mut seen = 0;
        let kept = blocks.iter().filter(|block| {
            seen += usize::from(block.starts_with("query]]"));
            !block.starts_with("query]]") || seen % step != first
        });
        let kept: Vec<&str> = kept.copied().collect();
        package.write("bindery.lock", &kept.join("\n[["));
        generate();
        assert_eq!(package.lock().unwrap(), whole, "{first} of {step}");
    }
    // A query that is gone needs no server, and takes with it what it alone has used.
    let queries = fs::read_to_string(package.root.join("queries/types.sql")).unwrap();
    fs::remove_file(package.root.join("queries/types.sql")).unwrap();
    let output = package.bindery(&["generate"]).env("BINDERY_PG_BIN", "/nowhere").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let without = package.lock().unwrap();
    assert!(whole.contains("public.mood") && !without.contains("public.mood"));
    fs::remove_file(package.root.join("bindery.lock")).unwrap();
    generate();
    assert_eq!(package.lock().unwrap(), without);
    // Mistakes in what is new are told, and the lock stays.
    package.write("queries/types.sql", &queries.replace("first_word,", "first_word, nothing,"));
    let output = package.bindery(&["generate"]).output().unwrap();
    assert!(!output.status.success() && text(&output).contains("column \"nothing\" does not exist"));
    assert_eq!(package.lock().unwrap(), without);
}
