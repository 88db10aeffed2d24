//! The files besides Cargo.toml: build.rs, SQL, and where the generated code is taken in.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::plan::{Plan, Step};
use crate::exit::Problem;
use crate::package::{Package, shown};

const BUILD: &str = "fn main() {\n    bindery_build::run()\n}\n";
const MIGRATION: &str = include_str!("template/tasks_migration.sql");
const QUERIES: &str = include_str!("template/tasks_queries.sql");
const MAIN: &str = include_str!("template/main.rs");

/// What `cargo new` writes to src/main.rs.
const HELLO: &str = "fn main() {\n    println!(\"Hello, world!\");\n}\n";

/// What takes the generated code in.
const INCLUDE: &str = "mod db { bindery::include_queries!(); }";

/// Whether the package gets, or has, the example that `cargo run` runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Example {
    Runs,
    None,
}

/// Whose SQL the package has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sql {
    /// What is found in it; the example where there is nothing.
    Found,
    /// What bindery.toml is about to name.
    Named,
}

pub fn plan(plan: &mut Plan, package: &Package, sql: Sql) -> Example {
    plan_build_script(plan, package);
    let example = match sql {
        Sql::Found => plan_sql(plan),
        Sql::Named => Example::None,
    };
    plan_include(plan, example)
}

fn plan_build_script(plan: &mut Plan, package: &Package) {
    let set = package.manifest.get("package").and_then(|package| package.get("build"));
    if set.and_then(Item::as_bool) == Some(false) {
        let message =
            format!("`{}` has `build = false`, and Bindery runs in a build script", package.shown());
        plan.problems.push(Problem::new(message).help("remove that line"));
        return;
    }
    let path = plan.root.join(set.and_then(Item::as_str).unwrap_or("build.rs"));
    match plan.read(&path) {
        Some(text) if has_code(&text, "bindery_build") => {}
        Some(_) => plan.todo.push(format!("in {}, in `main`:\n\n    bindery_build::run();", shown(&path))),
        None => plan.create(path, BUILD),
    }
}

/// The first table and its queries; [`Example::None`] if the package has SQL of its own.
fn plan_sql(plan: &mut Plan) -> Example {
    if has_own_folders(plan) {
        return Example::None;
    }
    let migration = plan.root.join("migrations/00001_tasks.sql");
    let queries = plan.root.join("queries/tasks.sql");
    let (own_migrations, own_queries) = (has_own(&migration, MIGRATION), has_own(&queries, QUERIES));
    if !own_migrations && !own_queries {
        plan.create(migration, MIGRATION);
        plan.create(queries, QUERIES);
        return Example::Runs;
    }
    // A query of the example's table would fail on other migrations.
    if own_migrations && !has_sql(&plan.root.join("queries")) {
        let help = "queries/NAME.sql, with statements like this:\n\n    \
            -- name: ListTasks :many\n    SELECT id, title FROM tasks ORDER BY id;";
        plan.todo.push(help.to_owned());
    }
    if own_queries && !has_sql(&plan.root.join("migrations")) {
        let help = "migrations/00001_NAME.sql, with the tables of the queries:\n\n    \
            -- +goose Up\n    CREATE TABLE tasks (id bigint PRIMARY KEY);";
        plan.todo.push(help.to_owned());
    }
    Example::None
}

/// Whether bindery.toml names other places than `migrations/` and `queries/`. That it is wrong is for the build to say.
fn has_own_folders(plan: &mut Plan) -> bool {
    let text = plan.read(&plan.root.join("bindery.toml")).unwrap_or_default();
    let settings: DocumentMut = text.parse().unwrap_or_default();
    settings.contains_key("migrations") || settings.contains_key("queries")
}

/// Whether the folder of `example` has SQL, other than the example itself.
fn has_own(example: &Path, text: &str) -> bool {
    let is_example = fs::read_to_string(example).is_ok_and(|found| found == text);
    !is_example && example.parent().is_some_and(has_sql)
}

fn has_sql(path: &Path) -> bool {
    sources(path, "sql").next().is_some()
}

/// Takes the code in: with the example in a fresh main.rs; else the user is told the line.
fn plan_include(plan: &mut Plan, sql: Example) -> Example {
    let main = plan.root.join("src/main.rs");
    let lib = plan.root.join("src/lib.rs");
    let text = plan.read(&main);
    if text.as_deref().is_some_and(|text| same_lines(text, MAIN)) {
        return Example::Runs;
    }
    let folder = plan.root.join("src");
    let mut texts = sources(&folder, "rs").filter_map(|path| fs::read_to_string(path).ok());
    if texts.any(|text| has_code(&text, "include_queries!")) {
        return Example::None;
    }
    match text {
        Some(before) if same_lines(&before, HELLO) && sql == Example::Runs => {
            let why = "an example, in place of `Hello, world!`";
            plan.steps.push(Step::Replace { path: main, text: MAIN.to_owned(), why });
            Example::Runs
        }
        text => {
            let place = match (lib.exists(), text) {
                (true, _) => shown(&lib),
                (false, Some(_)) => shown(&main),
                (false, None) => "the crate's first file".to_owned(),
            };
            plan.todo.push(format!("in {place}:\n\n    {INCLUDE}"));
            Example::None
        }
    }
}

/// Whether a line that is no comment has it.
fn has_code(text: &str, code: &str) -> bool {
    text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(code))
}

fn same_lines(one: &str, other: &str) -> bool {
    one.lines().eq(other.lines())
}

/// The files of a kind in the folder and below it.
fn sources(folder: &Path, extension: &str) -> Box<dyn Iterator<Item = PathBuf>> {
    let extension = extension.to_owned();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    Box::new(entries.flat_map(move |entry| {
        let path = entry.path();
        match path.is_dir() && !path.is_symlink() {
            true => sources(&path, &extension),
            false => Box::new(Some(path).into_iter().filter({
                let extension = extension.clone();
                move |path| path.extension().is_some_and(|found| *found == *extension)
            })) as Box<dyn Iterator<Item = PathBuf>>,
        }
    }))
}
