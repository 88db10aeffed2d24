//! Schemas and queries that nobody here wrote: code is generated from them, built under denied warnings, and run.
//!
//! The schemas lie beside the project, in `../shared/real`; where they do not, the test says so and passes. Each folder
//! of `real/` holds the `main.rs` that runs the generated code, and the queries where they are our own.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::Path;

use package::write;

/// One schema with its queries.
struct Project {
    name: &'static str,
    /// Files of `../shared/real`.
    shared: &'static [&'static str],
    /// In the order in which they apply; a file may be among the queries too.
    migrations: &'static [&'static str],
    queries: &'static [&'static str],
    /// As in bindery.toml.
    settings: &'static str,
}

const PROJECTS: [Project; 2] = [
    Project {
        name: "pagila",
        shared: &["pagila-schema.sql"],
        migrations: &["uuidv7.sql", "pagila-schema.sql"],
        queries: &["queries"],
        settings: "",
    },
    Project {
        name: "river",
        shared: &[
            "river/pg_misc.sql",
            "river/river_job.sql",
            "river/river_job_copyfrom.sql",
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
            "river_job_copyfrom.sql",
            "river_leader.sql",
            "river_migration.sql",
            "river_notification.sql",
            "river_queue.sql",
            "schema.sql",
        ],
        settings: "infinities = 'error'\narray_dimensions = 'one'",
    },
];

#[test]
fn real_schemas_build_and_run() {
    let Ok(real) = package::project().join("../shared/real").canonicalize() else {
        println!("skipped: ../shared/real is not here");
        return;
    };
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
    write_packages(&workspace, &real);
    for project in PROJECTS {
        // A lock of an earlier run would keep what Bindery said then.
        let _ = fs::remove_file(workspace.join(project.name).join("bindery.lock"));
        println!("{}", package::run(&workspace, project.name));
    }
}

fn write_packages(workspace: &Path, real: &Path) {
    package::write_workspace(workspace, &PROJECTS.map(|project| project.name));
    let build =
        format!("\n[build-dependencies]\nbindery-build = {{ path = {:?} }}\n", env!("CARGO_MANIFEST_DIR"));
    let whole = has_pgvector();
    println!("Pagila {}", if whole { "as it is" } else { "without what needs PostgreSQL 18 and pgvector" });
    for project in PROJECTS {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(project.name);
        let package = workspace.join(project.name);
        write(&package.join("Cargo.toml"), &package::manifest(project.name, &["pgvector"], &build));
        write(&package.join("build.rs"), &build_script(&project));
        copy_sql(&own, &package.join("sql"));
        write(&package.join("src/main.rs"), &fs::read_to_string(own.join("main.rs")).unwrap());
        for file in project.shared {
            // River puts the name of a schema there before it sends a query.
            let text = fs::read_to_string(real.join(file)).unwrap().replace("/* TEMPLATE: schema */", "");
            let text = if whole { text } else { for_any_server(&text) };
            write(&package.join("sql").join(Path::new(file).file_name().unwrap()), &text);
            if project.name == "pagila" {
                write_everything(&package, &text);
            }
        }
    }
}

/// Whether the server is the one that Pagila was dumped from; `scripts/pgvector.sh` fetches it.
fn has_pgvector() -> bool {
    let server = bindery_postgres::Server::start().unwrap();
    let mut client = server.create_database().unwrap().connect().unwrap();
    let sql = "SELECT FROM pg_available_extensions WHERE name = 'vector'";
    server.major() >= 18 && client.query_opt(sql, &[]).unwrap().is_some()
}

/// A query for all of each table and view, and a function that runs them all.
fn write_everything(package: &Path, schema: &str) {
    let heads = ["CREATE TABLE public.", "CREATE VIEW public.", "CREATE MATERIALIZED VIEW public."];
    let names = schema.lines().filter_map(|line| heads.iter().find_map(|head| line.strip_prefix(head)));
    let names: Vec<&str> = names.map(|rest| rest.split_whitespace().next().unwrap()).collect();
    assert!(names.len() > 70, "the schema has more tables and views");
    // Dumped without its data.
    let refresh =
        "-- name: Refresh :exec\nREFRESH MATERIALIZED VIEW public.rental_by_category;\n\n".to_owned();
    let queries =
        names.iter().map(|name| format!("-- name: All_{name} :many\nSELECT * FROM public.{name};\n\n"));
    write(&package.join("sql/queries/everything.sql"), &queries.fold(refresh, |all, query| all + &query));
    let calls = names.iter().map(|name| format!("    read += everything::all_{name}(conn).await?.len();\n"));
    let code = format!(
        "//! Reads everything there is.\n\nuse crate::db::everything;\n\n\
         /// The number of rows in all tables and views.\n\
         pub async fn read_all(conn: &bindery::Connection) -> Result<usize, bindery::Error> {{\n    \
         everything::refresh(conn).await?;\n    let mut read = 0;\n{}    Ok(read)\n}}\n",
        calls.collect::<String>()
    );
    write(&package.join("src/everything.rs"), &code);
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

/// Pagila is dumped from PostgreSQL 18 with pgvector: the text without `film_embedding`, its column stored rather than
/// virtual.
fn for_any_server(text: &str) -> String {
    let text = text.replace(") VIRTUAL\n", ") STORED\n");
    let statements = text.split(";\n");
    let kept =
        statements.filter(|sql| !["film_embedding", " EXTENSION "].iter().any(|word| sql.contains(word)));
    kept.collect::<Vec<_>>().join(";\n")
}

fn build_script(project: &Project) -> String {
    let list = |files: &[&str]| files.iter().map(|file| format!("\"sql/{file}\", ")).collect::<String>();
    format!(
        "fn main() {{\n\
         let mut config = bindery_build::Config::new(env!(\"CARGO_MANIFEST_DIR\"));\n\
         config.migrations([{}]).queries([{}]).toml({:?}).unwrap();\n\
         config.generate().unwrap();\n\
         for path in [\"bindery.lock\", \"sql\"] {{ println!(\"cargo::rerun-if-changed={{path}}\"); }}\n}}\n",
        list(project.migrations),
        list(project.queries),
        project.settings
    )
}
