//! Queries with optional parts: code is generated from them, built under denied warnings, and run over random data.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::Path;

use bindery_build::{Config, ExplainOptions};
use package::write;

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dynamic/searches");

#[test]
fn each_choice_returns_what_a_filter_in_rust_returns() {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamic");
    let root = workspace.join("searches");
    package::write_workspace(&workspace, &["searches"]);
    let build =
        format!("\n[build-dependencies]\nbindery-build = {{ path = {:?} }}\n", env!("CARGO_MANIFEST_DIR"));
    write(&root.join("Cargo.toml"), &package::manifest("searches", &["serde_json"], &build));
    write(&root.join("build.rs"), "fn main() { bindery_build::run(); }\n");
    for file in ["migrations/0001_cars.sql", "queries/cars.sql"] {
        write(&root.join(file), &fs::read_to_string(Path::new(OWN).join(file)).unwrap());
    }
    write(&root.join("src/main.rs"), &fs::read_to_string(Path::new(OWN).join("main.rs")).unwrap());
    write(&root.join("bindery.toml"), "query_traits = \"on\"\n");
    // A lock of an earlier run would keep what Bindery said then.
    let _ = fs::remove_file(root.join("bindery.lock"));
    let mut config = Config::new(&root);
    config.out_dir("code");
    config.generate().unwrap();
    package::assert_pretty(&root.join("code"));
    println!("{}", package::run(&workspace, "searches"));
}

#[test]
fn commands_know_how_many_statements_there_are() {
    let config = Config::new(OWN);
    let names = ["SearchCars".to_owned(), "Car".to_owned()];
    let infos = config.inspect(&names).unwrap();
    let counts: Vec<usize> = infos.iter().map(|info| info.statements).collect();
    assert_eq!(counts, [48, 1]);
    let params: Vec<&str> = infos[0].params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(params, ["not_id", "status", "least", "most", "tags", "most_rows", "wanted"]);
    assert!(infos[0].sql.contains("AND status = $2\n") && !infos[0].sql.contains("--"), "{}", infos[0].sql);

    let colours = &config.inspect(&["Colours".to_owned()]).unwrap()[0].columns[0];
    let reason = colours.reason.as_deref();
    assert_eq!((colours.nullable, reason), (true, Some("only something optional rules NULL out")));

    let mut options = ExplainOptions::default();
    options.queries = names.to_vec();
    let plans = config.explain(&options).unwrap();
    let firsts: Vec<String> =
        plans.iter().map(|plan| plan.to_string().lines().next().unwrap().to_owned()).collect();
    let of_search = "SearchCars (queries/cars.sql:1), with all that is optional: 1 of 48 statements";
    assert_eq!(firsts[0], of_search);
    assert!(!firsts[1].contains("statements"), "{firsts:?}");
}

#[test]
fn each_statement_is_held_against_a_database_and_told_once() {
    let config = Config::new(OWN);
    let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
    let migrations = bindery_migrate::read_dir(Path::new(OWN).join("migrations")).unwrap();
    let mut client = database.connect().unwrap();
    bindery_migrate::up(&mut client, &migrations).unwrap();
    assert_eq!(config.drift(database.url()).unwrap().to_string(), "");
    client.batch_execute("ALTER TABLE cars ALTER seats TYPE bigint").unwrap();
    let report = config.drift(database.url()).unwrap().to_string();
    let told: Vec<&str> = report.lines().filter(|line| line.contains("query `SearchCars`")).collect();
    let expected = ["column `seats`", "parameter `least`", "parameter `most`"].map(|part| {
        format!(
            "error: queries/cars.sql:1:10: query `SearchCars`: the type of {part} was `integer`, is `bigint`"
        )
    });
    assert_eq!(told, expected);
    client.batch_execute("DROP TABLE car_tags").unwrap();
    let report = config.drift(database.url()).unwrap().to_string();
    let told: Vec<&str> = report.lines().filter(|line| line.contains("query `SearchCars`")).collect();
    let expected = "error: queries/cars.sql:14:19: query `SearchCars`: relation \"car_tags\" does not exist";
    assert_eq!(told[0], expected);
    assert_eq!(told.len(), 4, "{told:?}");
}
