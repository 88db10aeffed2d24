//! Every type makes the round trip: values are sent, shown by the server, and read back from what it showed.
//!
//! The types are those of `pg_type`, so one that nobody thought of fails the test, and those that `types/round_trip/migration.sql` and
//! the extensions at hand make. Queries for each are written here, code is generated from them, and `types/round_trip/main.rs` runs
//! it with extremes and random values. `BINDERY_PG_BIN` names the server, as everywhere.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::Path;

use bindery_build::Config;
use bindery_postgres::Server;

/// Types that no value can be read of; `err/refused_types` has what is said of each.
const REFUSED: [&str; 8] = [
    "aclitem",
    "gtsvector",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
];

/// Extensions whose types have a place in the table, with the types.
const EXTENSIONS: [(&str, &[&str]); 6] = [
    ("citext", &["citext"]),
    ("cube", &["cube"]),
    ("hstore", &["hstore"]),
    ("ltree", &["ltree", "lquery", "ltxtquery"]),
    ("postgis", &["geometry", "geography"]),
    ("vector", &["vector", "halfvec", "sparsevec"]),
];

/// Types of `types/round_trip/migration.sql`.
const OWN: [&str; 15] = [
    "mood",
    "word",
    "day_list",
    "amounts",
    "address",
    "person",
    "span",
    "span_multirange",
    "word_range",
    "word_multirange",
    "home",
    "ages",
    "feeling",
    "odd.mood",
    "odd.\"Mixed Case\"",
];

/// Those that the crates for dates and decimals differ in.
const BY_CRATE: [&str; 12] = [
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "daterange",
    "tsrange",
    "tstzrange",
    "datemultirange",
    "tsmultirange",
    "tstzmultirange",
    "numeric",
    "interval",
];

/// Modules of the package, with their settings.
const MODULES: [(&str, &str); 5] = [
    ("by_default", "types.'public.mood'.unknown_labels = true"),
    ("by_jiff", "date_time = 'jiff'"),
    ("by_time", "date_time = 'time'\narray_dimensions = 'one'"),
    ("by_bindery", "date_time = 'bindery'"),
    ("finite", "infinities = 'error'\ndecimal = 'rust_decimal'\narray_elements = 'not null'"),
];

#[test]
fn every_type_makes_the_round_trip() {
    let server = Server::start().unwrap();
    let database = server.create_database().unwrap();
    let mut client = database.connect().unwrap();
    let builtin = builtin_types(&mut client);
    let (setup, of_extensions) = extensions(&mut client);
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("types");
    let package = workspace.join("round_trip");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/types/round_trip");
    let migration = fs::read_to_string(sources.join("migration.sql")).unwrap();
    package::write(&package.join("migrations/1_types.sql"), &migration.replace("-- extensions", &setup));
    let own = OWN.map(str::to_owned);
    let all: Vec<String> = builtin.iter().chain(&own).chain(&of_extensions).cloned().collect();
    let mut checked = all.clone();
    if client.batch_execute("SELECT '<a/>'::xml").is_err() {
        println!("left out: the server was built without XML");
        checked.retain(|ty| ty != "xml");
    }
    package::write(&package.join("all/types.sql"), &queries(&all));
    package::write(&package.join("some/types.sql"), &queries(&BY_CRATE.map(str::to_owned)));
    fs::copy(sources.join("more.sql"), package.join("all/more.sql")).unwrap();
    let mut main = fs::read_to_string(sources.join("main.rs")).unwrap();
    for (module, settings) in MODULES {
        let types = if module == "by_default" { &checked } else { &BY_CRATE.map(str::to_owned).to_vec() };
        let mut config = Config::new(&package);
        config.queries([if module == "by_default" { "all" } else { "some" }]).toml(settings).unwrap();
        config.lock(format!("{module}.lock")).out_dir(format!("src/{module}"));
        let _ = fs::remove_file(package.join(format!("{module}.lock")));
        config.generate().unwrap_or_else(|error| panic!("{error}"));
        package::assert_pretty(&package.join("src").join(module));
        main.push_str(&checks(module, types));
    }
    package::write(&package.join("src/main.rs"), &main);
    fs::copy(sources.join("sample.rs"), package.join("src/sample.rs")).unwrap();
    package::write_workspace(&workspace, &["round_trip"]);
    let features = ["geozero", "jiff", "pgvector", "rust_decimal", "time"];
    package::write(&package.join("Cargo.toml"), &package::manifest("round_trip", &features, ""));
    println!("PostgreSQL {}: {} types of pg_type", server.major(), builtin.len());
    println!("{}", package::run(&workspace, "round_trip"));
}

#[test]
fn types_of_the_users_own_are_sent_and_read() {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("named_types");
    let package = workspace.join("named");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/types/named");
    let text = |file: &str| fs::read_to_string(sources.join(file)).unwrap();
    package::write(&package.join("migrations/1_events.sql"), &text("migration.sql"));
    for file in ["events", "reports"] {
        package::write(&package.join(format!("queries/{file}.sql")), &text(&format!("{file}.sql")));
    }
    let _ = fs::remove_file(package.join("bindery.lock"));
    let mut config = Config::new(&package);
    config.toml(&text("bindery.toml")).unwrap().out_dir("src/db");
    config.generate().unwrap_or_else(|error| panic!("{error}"));
    package::assert_pretty(&package.join("src/db"));
    package::write(&package.join("src/main.rs"), &text("main.rs"));
    package::write_workspace(&workspace, &["named"]);
    let dependencies = "serde = { version = \"1\", features = [\"derive\"] }\nschemars = \"1\"\n";
    let manifest = package::manifest("named", &["rust_decimal", "schemars"], dependencies);
    package::write(&package.join("Cargo.toml"), &manifest);
    println!("{}", package::run(&workspace, "named"));
}

/// Base types, ranges and multiranges that every server has.
fn builtin_types(client: &mut bindery_postgres::Client) -> Vec<String> {
    let rows = client.query(
        "SELECT typname::text FROM pg_type t
         WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
           AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
         ORDER BY oid",
        &[],
    );
    let names: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(REFUSED.iter().all(|refused| names.iter().any(|name| name == refused)));
    names.into_iter().filter(|name| !REFUSED.contains(&name.as_str())).collect()
}

/// The statements that create what extensions are at hand, and their types.
fn extensions(client: &mut bindery_postgres::Client) -> (String, Vec<String>) {
    let (mut setup, mut types) = (String::new(), Vec::new());
    for (extension, names) in EXTENSIONS {
        let sql = "SELECT FROM pg_available_extensions WHERE name = $1";
        if client.query_opt(sql, &[&extension]).unwrap().is_none() {
            println!("left out: the server has no extension {extension}");
            continue;
        }
        // In a schema of their own, to see that it does not matter.
        setup.push_str(&format!("CREATE EXTENSION {extension} SCHEMA ext;\n"));
        types.extend(names.iter().map(|name| format!("ext.{name}")));
    }
    (setup, types)
}

/// `int4` and `odd.mood` as the parts of names.
fn key(ty: &str) -> String {
    ty.to_lowercase().replace(['.', ' '], "_").replace('"', "")
}

/// `"char"` and `"bit"` are other types than `char` and `bit`.
fn quoted(ty: &str) -> String {
    let quote = |name: &str| if name.starts_with('"') { name.to_owned() } else { format!("\"{name}\"") };
    match ty.split_once('.') {
        Some((schema, name)) => format!("{schema}.{}", quote(name)),
        None if OWN.contains(&ty) => format!("public.{}", quote(ty)),
        None => format!("pg_catalog.{}", quote(ty)),
    }
}

/// A value, and a list of values, there and back.
fn queries(types: &[String]) -> String {
    let query = |ty: &String| {
        let is_list = ["day_list", "amounts"].contains(&ty.as_str());
        let (key, ty) = (key(ty), quoted(ty));
        let one = |name: &str, ty: &str, elements: &str| {
            // Text becomes a regclass by a function of its own, which knows names only.
            let text = if key == "regclass" { "text::oid" } else { "text" };
            let text = if elements.is_empty() { text } else { "text" };
            format!(
                "-- name: {name}_{key} :one\n-- @param value: nullable{elements}\n-- @param shown: nullable\n\
                 SELECT @value::{ty} AS value, @value::{ty}::text AS shown, @shown::{text}::{ty} AS read;\n\n"
            )
        };
        let elements = ", elements nullable";
        one("value", &ty, if is_list { elements } else { "" }) + &one("list", &format!("{ty}[]"), elements)
    };
    types.iter().map(query).collect()
}

/// A function a type, since one of them all would take the compiler minutes.
fn checks(module: &str, types: &[String]) -> String {
    let functions = types.iter().map(|ty| {
        let key = key(ty);
        let camel =
            |kind: &str| format!("{kind} {key} row").split([' ', '_']).map(capital).collect::<String>();
        let (value, list) = (camel("value"), camel("list"));
        format!("check!({module}_{key}, {module}, {ty:?}, value_{key}, {value}, list_{key}, {list});\n")
    });
    let calls = types.iter().map(|ty| format!("    {module}_{}(run).await?;\n", key(ty)));
    format!(
        "\n{}\nasync fn check_{module}(run: &mut Run) -> Result<(), bindery::Error> {{\n{}    Ok(())\n}}\n",
        functions.collect::<String>(),
        calls.collect::<String>()
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
