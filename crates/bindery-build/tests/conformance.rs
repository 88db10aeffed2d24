//! sqlc's own cases: code is generated from every valid one, built under denied warnings, and its statements are accepted
//! and run on a database with the case's schema; every invalid one is refused with a place in its file.
//!
//! They lie beside the project, in `../shared/conformance/sqlc`; where they do not, the test says so and passes.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use bindery_build::Config;
use package::write;

/// Cases that are called invalid and are not, with the reason.
const VALID: [(&str, &str); 2] = [
    ("datatype__pgx__v4", "the file is schema and queries at once, with one query"),
    ("batch_parameter_type__pgx", "the name `@version` takes the number that `$1, $3, $4` leave free"),
];

struct Case {
    name: String,
    folder: PathBuf,
    /// PostgreSQL takes it.
    is_valid: bool,
    /// sqlc does not: for what its code in Go would be, or for what it does not know of PostgreSQL.
    is_refused_by_sqlc: bool,
}

/// What became of one.
enum Outcome {
    Generated {
        queries: usize,
    },
    /// With what the first error says.
    Refused {
        message: String,
        has_place: bool,
    },
}

/// What the test has to show.
#[derive(Default)]
struct Table {
    generated: usize,
    queries: usize,
    refused: Vec<String>,
}

impl Table {
    fn generated(&mut self, case: &Case, queries: usize) {
        self.generated += 1;
        self.queries += queries;
        if case.is_refused_by_sqlc {
            println!("{}: generated, which sqlc refuses", case.name);
        }
    }

    fn refused(&mut self, case: &Case, message: &str) {
        let said = message.lines().next().unwrap_or_default();
        self.refused.push(format!("{}: {said}", case.name));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generated, queries, refused } = self;
        refused.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "| sqlc's cases | |\n|---|---|")?;
        writeln!(
            f,
            "| code is generated, compiles, and its statements run | {generated} ({queries} queries) |"
        )?;
        write!(f, "| refused with a place | {} |", refused.len())
    }
}

#[test]
fn sqlc_own_cases_are_generated_or_refused() {
    let Ok(shared) = package::project().join("../shared/conformance/sqlc").canonicalize() else {
        println!("skipped: ../shared/conformance/sqlc is not here");
        return;
    };
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    let _ = fs::remove_dir_all(workspace.join("cases/src"));
    let (mut modules, mut wrong, mut table) = (Vec::new(), Vec::new(), Table::default());
    for case in cases(&shared) {
        match generate(&workspace, &case) {
            Outcome::Generated { queries } if case.is_valid => {
                table.generated(&case, queries);
                modules.push(case);
            }
            // Ours to be stricter about, if it is said where.
            Outcome::Refused { has_place: true, message } if !case.is_valid || case.is_refused_by_sqlc => {
                table.refused(&case, &message);
            }
            Outcome::Generated { .. } => wrong.push(format!("{} is not refused", case.name)),
            Outcome::Refused { message, has_place } => {
                let place = if has_place { "" } else { " (without a place)" };
                wrong.push(format!("{} is refused{place}: {message}", case.name));
            }
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{} cases are not as they should be:\n{}", wrong.len(), wrong.join("\n"));
    write_package(&workspace, &modules);
    println!("{}", package::run(&workspace, "cases"));
}

/// In the order of their names.
fn cases(shared: &Path) -> Vec<Case> {
    let folders = fs::read_dir(shared).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.filter(|path| path.join("case.json").exists()).collect();
    folders.sort();
    let case = |folder: PathBuf| {
        let about = fs::read_to_string(folder.join("case.json")).unwrap();
        let says = |what: &str| about.replace(' ', "").contains(what);
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let is_valid = says("\"valid\":true") || VALID.iter().any(|(valid, _)| *valid == name);
        Case { name, folder, is_valid, is_refused_by_sqlc: says("\"negative\":true") }
    };
    folders.into_iter().map(case).collect()
}

fn generate(workspace: &Path, case: &Case) -> Outcome {
    let root = workspace.join("cases/sql").join(&case.name);
    let _ = fs::remove_dir_all(&root);
    let files = ["schema.sql", "query.sql"];
    let texts = files.map(|file| fs::read_to_string(case.folder.join(file)).unwrap_or_default());
    files.iter().zip(&texts).for_each(|(file, text)| write(&root.join(file), text));
    // A file that sqlc reads as both.
    let schema = if texts[0].trim() == texts[1].trim() { "query.sql" } else { "schema.sql" };
    // All of them are one package, from whose folder the code reads its migrations.
    let folder = Path::new("sql").join(&case.name);
    let mut config = Config::new(workspace.join("cases"));
    config.migrations([folder.join(schema)]).queries([folder.join("query.sql")]);
    config.lock(folder.join("bindery.lock")).out_dir(Path::new("src").join(module(case)));
    match config.generate() {
        Ok(report) => Outcome::Generated { queries: report.queries },
        Err(error) => {
            let errors = error.diagnostics().iter().filter(|diagnostic| diagnostic.is_error());
            let has_place = errors.clone().all(|error| error.location().is_some());
            let message = errors.map(ToString::to_string).collect::<Vec<_>>().join("; ");
            Outcome::Refused { message, has_place }
        }
    }
}

fn module(case: &Case) -> String {
    case.name.replace(['-', '.'], "_").to_lowercase()
}

/// A package of all the code, that asks a server about each statement.
fn write_package(workspace: &Path, cases: &[Case]) {
    package::write_workspace(workspace, &["cases"]);
    write(&workspace.join("cases/Cargo.toml"), &package::manifest("cases", &["pgvector"], ""));
    let modules: String = cases.iter().map(|case| format!("mod {};\n", module(case))).collect();
    let checks: String = cases
        .iter()
        .map(|case| {
            let (name, module) = (&case.name, module(case));
            format!("    wrong.extend(check({name:?}, include_str!(\"../sql/{name}/schema.sql\"), &{module}::QUERIES).await.err());\n")
        })
        .collect();
    let main = format!(
        "#![deny(warnings)]\n#![allow(non_snake_case)]\n\n{modules}\n{CHECK}\n\
         #[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    let mut wrong = Vec::new();\n{checks}    \
         if !wrong.is_empty() {{\n        return Err(format!(\"{{wrong:#?}}\").into());\n    }}\n    \
         println!(\"{{}} cases have statements that a server takes and runs as they were generated\", {});\n    Ok(())\n}}\n",
        cases.len()
    );
    write(&workspace.join("cases/src/main.rs"), &main);
}

const CHECK: &str = r#"
type BoxError = Box<dyn std::error::Error + Send + Sync>;

async fn check(
    name: &'static str,
    schema: &'static str,
    queries: &'static bindery::Queries,
) -> Result<(), Box<dyn std::error::Error>> {
    let database = tokio::task::spawn_blocking(move || {
        let database = bindery_postgres::Server::start()?.create_database()?;
        let migration = bindery_migrate::parse("schema.sql", schema).map_err(|mistakes| format!("{mistakes:?}"))?;
        bindery_migrate::apply(&mut database.connect()?, &[migration])?;
        for query in queries.queries {
            run(&mut database.connect()?, query).map_err(|error| format!("{}: {error:?}", query.name))?;
        }
        Ok::<_, BoxError>(database)
    });
    let database = database.await?.map_err(|error| format!("{name}: {error}"))?;
    let client = bindery::DatabaseClient::create(bindery::Config::from_url(database.url())?).await?;
    client.warm_up(queries).await.map_err(|error| format!("{name}: {error}"))?;
    let drifts = client.verify(queries).await?;
    drifts.into_result().map_err(|error| format!("{name}: {error}"))?;
    drop(client);
    tokio::task::spawn_blocking(move || drop(database)).await?;
    Ok(())
}

/// Runs a statement with NULL for every parameter, and keeps nothing. A value that a constraint or a function refuses was
/// understood.
fn run(client: &mut bindery_postgres::Client, query: &bindery::Query) -> Result<(), BoxError> {
    let (sql, nulls) = (query.sql, vec!["NULL"; query.params.len()].join(", "));
    let arguments = if nulls.is_empty() { String::new() } else { format!("({nulls})") };
    let prepares = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE", "TABLE"];
    let bare = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join(" ");
    let word = bare.trim_start_matches(['(', ' ']).split_whitespace().next().unwrap_or_default().to_uppercase();
    let script = match prepares.contains(&word.as_str()) {
        true => format!("PREPARE asked AS {sql}\n; EXECUTE asked{arguments}; ROLLBACK"),
        // Others cannot be prepared by a statement.
        false => (1..=query.params.len()).rev().fold(sql.to_owned(), |sql, n| sql.replace(&format!("${n}"), "NULL")),
    };
    let outcome = client.batch_execute(&format!("BEGIN; {script}"));
    match outcome.as_ref().err().and_then(|error| error.as_db_error()) {
        Some(error) if ["22", "23"].iter().any(|class| error.code().code().starts_with(class)) => Ok(()),
        Some(error) if KNOWN.contains(&(query.name, error.code().code())) => Ok(()),
        _ => Ok(outcome?),
    }
}

/// Queries that PostgreSQL prepares and cannot run, whoever asks: a function's body has an ambiguous column, or reads a table
/// that the schema has not, and there is no unique key that ON CONFLICT names.
const KNOWN: [(&str, &str); 4] =
    [("TestFuncSelectBlog", "42702"), ("TestFuncSelectBlog", "42P01"), ("UpsertAuthor", "42P10"), ("UpsertAuthorNamed", "42P10")];
"#;
