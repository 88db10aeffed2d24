//! Functions and procedures: code is generated for calls of all kinds, built under denied warnings, and run.
//!
//! `procedures/calls` holds the schema, the queries, and the `main.rs` that calls them and compares what comes back. A NULL in a
//! column that is claimed to have none is an error when its row is read.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::Path;

use bindery_build::{Config, QueryInfo, Report};
use bindery_postgres::Server;

const SETTINGS: &str = "lint.select-star = 'off'";

#[test]
fn functions_and_procedures_are_called() {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("procedures");
    let package = workspace.join("procedures");
    let report = generate(&package);
    let warnings: Vec<String> = report.warnings.iter().map(|warning| warning.render()).collect();
    assert!(warnings.is_empty(), "{}", warnings.join("\n"));
    package::assert_pretty(&package.join("src/db"));
    package::write_workspace(&workspace, &["procedures"]);
    package::write(&package.join("Cargo.toml"), &package::manifest("procedures", &[], ""));
    println!("{}", package::run(&workspace, "procedures"));
}

#[test]
fn what_is_known_of_a_call_is_explained() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("procedures/explained");
    let infos = copy(&package).inspect(&["CommitAndTell".to_owned(), "BookByNames".to_owned()]).unwrap();
    let [by_names, tell] = &infos[..] else { panic!("{infos:?}") };
    let reasons = |info: &QueryInfo| -> Vec<String> {
        let fields = info.params.iter().chain(&info.columns);
        fields.map(|field| format!("{}: {}", field.name, field.reason.clone().unwrap_or_default())).collect()
    };
    assert_eq!((tell.at_most_one_row, tell.rows_reason.as_str()), (true, "a CALL gives one row"));
    let expected = [
        "car: used as car, where NULL is hardly ever meant",
        "booked: used as booked, where NULL is hardly ever meant",
        "booked: the procedure may return NULL",
    ];
    assert_eq!(reasons(tell), expected);
    assert_eq!(reasons(by_names)[1], "why: the query file says so (sqlc.narg)");
}

/// They lie beside the project, in `../shared/conformance`.
#[test]
fn cases_of_sqlc_are_generated() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/sqlc");
    let Ok(cases) = fs::read_dir(shared) else {
        println!("skipped: ../shared/conformance is not here");
        return;
    };
    let mut count = 0;
    for case in cases.map(|case| case.unwrap().path()) {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let kinds = [
            "func_",
            "ddl_create_function",
            "ddl_create_procedure",
            "ddl_drop_function",
            "sql_syntax_calling",
        ];
        if !kinds.iter().any(|kind| name.starts_with(kind)) {
            continue;
        }
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("procedures/sqlc").join(&name);
        let _ = fs::remove_dir_all(&root);
        for file in ["schema.sql", "query.sql"] {
            package::write(&root.join(file), &fs::read_to_string(case.join(file)).unwrap());
        }
        let mut config = Config::new(&root);
        config.migrations(["schema.sql"]).queries(["query.sql"]).out_dir("code");
        config.generate().unwrap_or_else(|error| panic!("{name}: {error}"));
        let code = fs::read_to_string(root.join("code/query.rs")).unwrap();
        assert!(syn::parse_file(&code).is_ok(), "{name}:\n{code}");
        count += 1;
    }
    assert!(count >= 10, "{count} cases");
}

#[test]
fn a_procedure_that_has_changed_is_told_with_its_queries() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("procedures/drift");
    let mut config = copy(&package);
    config.toml(SETTINGS).unwrap();
    let database = Server::start().unwrap().create_database().unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute(&fs::read_to_string(package.join("migrations/1_functions.sql")).unwrap()).unwrap();
    let changes = "
        CREATE OR REPLACE PROCEDURE fleet.note(value integer) LANGUAGE sql AS 'DELETE FROM bookings';
        DROP PROCEDURE echo;
        CREATE OR REPLACE FUNCTION greet(name text, greeting text DEFAULT NULL, mark text DEFAULT '!') RETURNS text
        LANGUAGE sql IMMUTABLE RETURN greeting || ' ' || name || mark;";
    client.batch_execute(changes).unwrap();
    let report = config.drift(database.url()).unwrap().to_string();
    for told in [
        "function `fleet.note(IN value integer)`: its definition differs: line 3 was ",
        "; used by NoteNumber\n",
        "function `public.echo(INOUT value anyelement)` is missing; used by Echo\n",
        "query `Echo`: procedure echo(text[]) does not exist",
        "function `public.greet(name text, greeting text, mark text)`: its definition differs: line 1 was ",
        "; used by Greet, GreetMore\n",
    ] {
        assert!(report.contains(told), "{told}\n{report}");
    }
}

fn generate(package: &Path) -> Report {
    let _ = fs::remove_file(package.join("bindery.lock"));
    let mut config = copy(package);
    config.toml(SETTINGS).unwrap().out_dir("src/db");
    config.generate().unwrap_or_else(|error| panic!("{error}"))
}

fn copy(package: &Path) -> Config {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/procedures/calls");
    let files = [
        "migrations/1_functions.sql",
        "queries/functions.sql",
        "queries/procedures.sql",
        "queries/utilities.sql",
    ];
    for file in files {
        package::write(&package.join(file), &fs::read_to_string(sources.join(file)).unwrap());
    }
    package::write(&package.join("src/main.rs"), &fs::read_to_string(sources.join("main.rs")).unwrap());
    Config::new(package)
}
