//! Schemas and queries that nobody here wrote: code is generated from them, built under denied warnings, and run.
//!
//! The schemas lie beside the project, in `../shared/real`; where they do not, the test says so and passes. Each folder
//! of `real/` holds the `main.rs` that runs the generated code, and the queries where they are our own.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One schema with its queries.
struct Project {
    name: &'static str,
    /// Files of `../shared/real`.
    shared: &'static [&'static str],
    /// In the order in which they apply; a file may be among the queries too.
    migrations: &'static [&'static str],
    queries: &'static [&'static str],
    /// Queries that need what is not there yet.
    later: &'static [Later],
}

/// A query that is left out, with the reason.
struct Later {
    query: &'static str,
    reason: &'static str,
}

const PROJECTS: [Project; 2] = [
    Project {
        name: "pagila",
        shared: &["pagila-schema.sql"],
        migrations: &["uuidv7.sql", "pagila-schema.sql"],
        queries: &["queries"],
        later: &[],
    },
    Project {
        name: "river",
        shared: &[
            "river/pg_misc.sql",
            "river/river_job.sql",
            "river/river_leader.sql",
            "river/river_migration.sql",
            "river/river_notification.sql",
            "river/river_queue.sql",
            "river/schema.sql",
        ],
        // River keeps tables and queries in the same files; `functions.sql` is what its migrations have besides.
        migrations: &[
            "river_job.sql",
            "functions.sql",
            "river_leader.sql",
            "river_migration.sql",
            "river_notification.sql",
            "river_queue.sql",
        ],
        queries: &[
            "pg_misc.sql",
            "river_job.sql",
            "river_leader.sql",
            "river_migration.sql",
            "river_notification.sql",
            "river_queue.sql",
            "schema.sql",
        ],
        later: &[
            Later { query: "JobDeleteBefore", reason: ":execresult" },
            Later { query: "JobInsertFastMany", reason: "sqlc.embed" },
            Later { query: "JobSchedule", reason: "sqlc.embed" },
            Later {
                query: "JobInsertFastManyCopyFrom",
                reason: ":copyfrom, alone in river_job_copyfrom.sql",
            },
        ],
    },
];

#[test]
fn real_schemas_build_and_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let Ok(real) = root.join("../shared/real").canonicalize() else {
        println!("skipped: ../shared/real is not here");
        return;
    };
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
    write_workspace(&workspace, &root, &real);
    for project in PROJECTS {
        for Later { query, reason } in project.later {
            println!("{}: {query} is left out: {reason}", project.name);
        }
        println!("{}", run(&workspace, project.name));
    }
}

/// A workspace of its own, so that the generated code is built as a user's is.
fn write_workspace(workspace: &Path, root: &Path, real: &Path) {
    let names = PROJECTS.map(|project| format!("{:?}", project.name)).join(", ");
    write(&workspace.join("Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = [{names}]\n"));
    fs::copy(root.join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();
    for project in PROJECTS {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(project.name);
        let package = workspace.join(project.name);
        write(&package.join("Cargo.toml"), &manifest(project.name, root));
        write(&package.join("build.rs"), &build_script(&project));
        copy_sql(&own, &package.join("sql"));
        write(&package.join("src/main.rs"), &fs::read_to_string(own.join("main.rs")).unwrap());
        for file in project.shared {
            let text = without(&fs::read_to_string(real.join(file)).unwrap(), project.later);
            let text = for_any_server(&text);
            write(&package.join("sql").join(Path::new(file).file_name().unwrap()), &text);
        }
    }
}

/// Copies the `.sql` files of a folder and of the folders in it.
fn copy_sql(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_sql(&path, &target);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            write(&target, &fs::read_to_string(path).unwrap());
        }
    }
}

/// The text without the named queries, from their header to the next.
fn without(text: &str, later: &[Later]) -> String {
    let mut blocks = text.split("-- name: ");
    let mut kept = blocks.next().unwrap_or_default().to_owned();
    for block in blocks {
        let name = block.split_whitespace().next();
        if !later.iter().any(|later| Some(later.query) == name) {
            kept.push_str("-- name: ");
            kept.push_str(block);
        }
    }
    kept
}

/// Pagila is dumped from PostgreSQL 18 with pgvector: the text without `film_embedding`, its column stored rather than
/// virtual.
fn for_any_server(text: &str) -> String {
    let text = text.replace(") VIRTUAL\n", ") STORED\n");
    let statements = text.split(";\n");
    let kept =
        statements.filter(|sql| !["film_embedding", " EXTENSION "].iter().any(|word| sql.contains(word)));
    kept.collect::<Vec<_>>().join(";\n")
}

fn manifest(name: &str, root: &Path) -> String {
    let crates = root.join("crates");
    let dependency = |name: &str| format!("{name} = {{ path = {:?} }}\n", crates.join(name));
    let build = dependency("bindery-build");
    let run: String = ["bindery", "bindery-migrate", "bindery-postgres"].map(dependency).concat();
    format!(
        "[package]\nname = {name:?}\nedition = \"2024\"\n\n\
         [dependencies]\n{run}tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n\n\
         [build-dependencies]\n{build}"
    )
}

fn build_script(project: &Project) -> String {
    let list = |files: &[&str]| files.iter().map(|file| format!("\"sql/{file}\", ")).collect::<String>();
    format!(
        "fn main() {{\n\
         let mut config = bindery_build::Config::new(env!(\"CARGO_MANIFEST_DIR\"));\n\
         config.migrations([{}]).queries([{}]);\n\
         config.generate().unwrap();\n\
         for path in [\"bindery.lock\", \"sql\"] {{ println!(\"cargo::rerun-if-changed={{path}}\"); }}\n}}\n",
        list(project.migrations),
        list(project.queries)
    )
}

/// Builds and runs one package, with the dependencies that this workspace has built already.
fn run(workspace: &Path, name: &str) -> String {
    // A lock of an earlier run would keep what Bindery said then.
    let _ = fs::remove_file(workspace.join(name).join("bindery.lock"));
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["run", "--quiet", "--offline", "--package", name])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "")
        .env_remove("BINDERY")
        .env_remove("OUT_DIR")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}
