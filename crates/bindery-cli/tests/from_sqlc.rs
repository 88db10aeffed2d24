//! `cargo bindery init --from`: configurations of sqlc, some of them those of its own examples, and what becomes of them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SCHEMA: &str = "\
CREATE TYPE status AS ENUM ('open', 'closed');
CREATE TABLE venues (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    status status NOT NULL,
    slug text NOT NULL UNIQUE,
    spotify_playlist text,
    created_at timestamptz NOT NULL DEFAULT now()
);
";
const QUERIES: &str = "\
-- name: ListVenues :many
SELECT * FROM venues ORDER BY slug;

-- name: CreateVenue :one
INSERT INTO venues (status, slug, spotify_playlist) VALUES ($1, $2, sqlc.narg(playlist)) RETURNING *;

-- name: DeleteVenue :exec
DELETE FROM venues WHERE slug = sqlc.arg('slug');
";

struct Package {
    root: PathBuf,
}

impl Package {
    /// A package without SQL, with one file.
    fn new(name: &str, file: &str, text: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("from-sqlc").join(name);
        let _ = fs::remove_dir_all(&root);
        let package = Self { root };
        let manifest = format!("[workspace]\n[package]\nname = {name:?}\nedition = \"2024\"\n");
        package.write("Cargo.toml", &manifest);
        package.write("src/main.rs", "fn main() {\n    println!(\"Hello, world!\");\n}\n");
        package.write(file, text);
        package
    }

    /// With a schema and a query, where most configurations here have them.
    fn with_sql(name: &str, file: &str, text: &str) -> Self {
        let package = Self::new(name, file, text);
        package.write("db/schema.sql", SCHEMA);
        package.write("db/query.sql", QUERIES);
        package
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn toml(&self) -> String {
        fs::read_to_string(self.root.join("bindery.toml")).unwrap()
    }

    /// The settings without their comments.
    fn settings(&self) -> String {
        let text = self.toml();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| format!("{line}\n")).collect()
    }

    fn init(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
        command.args(["bindery", "init", "--path"]).arg(checkout().join("crates"));
        command.args(arguments).current_dir(&self.root);
        for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR"] {
            command.env_remove(variable);
        }
        command.output().unwrap()
    }

    /// What a call that ends well prints.
    fn takes(&self, arguments: &[&str]) -> String {
        let output = self.init(arguments);
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    }

    /// What a call that is refused prints; it writes nothing.
    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.init(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(!self.root.join("bindery.toml").exists() && !self.root.join("build.rs").exists());
        text(&output)
    }

    /// Cargo on the package, with what this workspace has built already.
    fn cargo(&self, argument: &str) -> Output {
        fs::copy(checkout().join("Cargo.lock"), self.root.join("Cargo.lock")).unwrap();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args([argument, "--quiet", "--offline"]).current_dir(&self.root);
        command.env("CARGO_TARGET_DIR", target).env_remove("BINDERY").output().unwrap()
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn assert_has(told: &str, lines: &[&str]) {
    for line in lines {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

/// After sqlc's examples/ondeck: version 1 in JSON, with three engines.
const ONDECK: &str = r#"{
  "version": "1",
  "packages": [
    {
      "path": "postgresql", "name": "ondeck", "schema": "db/schema.sql", "queries": "db/query.sql",
      "engine": "postgresql", "database": {"url": "postgresql://localhost/ondeck"},
      "emit_json_tags": true, "json_tags_case_style": "camel", "emit_prepared_queries": true, "emit_interface": true
    },
    {"path": "mysql", "name": "ondeck", "schema": "mysql/schema", "queries": "mysql/query", "engine": "mysql"},
    {"path": "sqlite", "name": "ondeck", "schema": "sqlite/schema", "queries": "sqlite/query", "engine": "sqlite"}
  ],
  "rename": {"spotify_playlist": "PlaylistURL", "status": "VenueStatus"},
  "overrides": [{"db_type": "timestamptz", "go_type": "time.Time"}]
}"#;

#[test]
fn what_sqlc_was_told_builds_and_runs() {
    let package = Package::with_sql("ondeck", "sqlc.json", ONDECK);
    let told = package.takes(&["--from", "sqlc.json"]);
    assert_has(
        &told,
        &[
            "packages[1] (ondeck): left out: its engine is `mysql`, and Bindery is for PostgreSQL\n",
            "packages[2] (ondeck): left out: its engine is `sqlite`",
            "created bindery.toml\n",
            "left to you: in src/main.rs:\n\n    mod db { bindery::include_queries!(); }\n",
            "Next: `cargo build`, then commit bindery.lock",
        ],
    );
    assert_eq!(
        package.settings(),
        "migrations = [\"db/schema.sql\"]\nqueries = [\"db/query.sql\"]\ninfinities = \"error\"\n\
         query_traits = \"on\"\n[rust]\nderive = [\"serde::Serialize\", \"serde::Deserialize\"]\n\
         attributes = ['serde(rename_all = \"camelCase\")']\n[rust.fields]\nspotify_playlist = \"playlist_url\"\n\
         [types]\n\"public.status\" = { name = \"VenueStatus\" }\n"
    );
    package.write(
        "src/main.rs",
        "mod db { bindery::include_queries!(); }\n\
         fn main() {\n    let venue = db::Venue {\n        id: 1,\n        status: db::VenueStatus::Open,\n        \
         slug: \"mojo\".to_owned(),\n        playlist_url: None,\n        created_at: Default::default(),\n    };\n    \
         println!(\"{}\", bindery::serde_json::to_value(venue).unwrap());\n}\n",
    );
    let run = package.cargo("run");
    assert_eq!(
        String::from_utf8_lossy(&run.stdout),
        "{\"createdAt\":\"1970-01-01T00:00:00Z\",\"id\":1,\"playlistUrl\":null,\"slug\":\"mojo\",\"status\":\"open\"}\n",
        "{}",
        text(&run)
    );
    let before = package.toml();
    package.takes(&["--from", "sqlc.json"]);
    assert_eq!(package.toml(), before);
}

/// After sqlc's examples/authors: version 2 in YAML.
const AUTHORS: &str = "\
version: '2'
cloud:
  project: \"1\"
sql:
- name: postgresql
  schema: db/schema.sql
  queries: db/query.sql
  engine: postgresql
  database:
    managed: true
  analyzer:
    database: false
  rules:
  - sqlc/db-prepare
  - postgresql-query-too-costly
  - gone
  strict_order_by: false
  gen:
    go:
      package: authors
      sql_package: pgx/v5
      out: postgresql
      emit_all_enum_values: true
      emit_emtpy_slices: true
      query_parameter_limit: 5
  codegen:
  - plugin: py
    out: gen
- name: mysql
  schema: mysql/schema.sql
  queries: mysql/query.sql
  engine: mysql
rules:
- name: postgresql-query-too-costly
  message: \"Too costly\"
  rule: \"postgresql.explain.plan.total_cost > 300.0\"
- name: mysql-query-too-costly
  rule: \"true\"
plugins:
- name: py
";

#[test]
fn every_key_is_in_one_of_the_lists() {
    let package = Package::with_sql("authors", "sqlc.yaml", AUTHORS);
    let told = package.takes(&["--from", "sqlc.yaml", "--dry-run"]);
    let (lists, steps) = told.split_once("\n\nwould ").unwrap();
    assert_eq!(
        lists,
        "from sqlc.yaml:\n
taken over:
  sql[0].schema: `migrations` = [\"db/schema.sql\"]
  sql[0].queries: `queries` = [\"db/query.sql\"]
  version: read as version 2
  sql[0].engine: PostgreSQL
  sql[0].gen.go.emit_all_enum_values: `bindery::Enum::ALL`
  sql[0].rules: sqlc/db-prepare: PostgreSQL prepares every query in every build

needs a decision:
  sql[0].gen.go.emit_emtpy_slices: sqlc's reference has no such key
  sql[0].rules: postgresql-query-too-costly: nearest: `sequential-scan`, by `cargo bindery lint --database-url URL`; \
`cargo bindery explain` has costs
  sql[0].rules: gone: there is no such rule in the configuration

has no meaning here:
  cloud: nothing of a build leaves the machine
  plugins: Bindery writes Rust only
  sql[0].codegen: Bindery writes Rust only
  sql[0].name: a package of cargo has its name
  sql[0].strict_order_by: it is off
  sql[0].database.managed: a build's database is always made for it, and dropped
  sql[0].analyzer.database: it is off
  sql[0].gen.go.out: the code goes to OUT_DIR; `out` in bindery.toml has it checked in
  sql[0].gen.go.package: the code is the module that you take it in with, `mod db`
  sql[0].gen.go.query_parameter_limit: up to three parameters are arguments, more are a struct
  sql[0].gen.go.sql_package: the driver is tokio-postgres
  rules: mysql-query-too-costly: no set that is taken over asks for it
  sql[1] (mysql): left out: its engine is `mysql`, and Bindery is for PostgreSQL"
    );
    assert!(
        steps.contains("would create bindery.toml\n    # By `cargo bindery init --from sqlc.yaml`"),
        "{steps}"
    );
    assert!(!package.root.join("bindery.toml").exists() && !package.root.join("build.rs").exists());
}

#[test]
fn yaml_and_json_of_both_versions_say_the_same() {
    let yaml = "version: 1\npackages:\n  - path: db\n    schema: [db/schema.sql]\n    queries: db/query.sql\n    \
        emit_interface: true\n";
    let json = r#"{"version": "2", "sql": [{"engine": "postgresql", "schema": "db/schema.sql",
        "queries": ["db/query.sql"], "gen": {"go": {"out": "db", "emit_interface": true}}}]}"#;
    for (name, file, text) in [("yaml-1", "sqlc.yml", yaml), ("json-2", "sqlc.json", json)] {
        let package = Package::with_sql(name, file, text);
        package.takes(&["--from", file]);
        let lines = "migrations = [\"db/schema.sql\"]\nqueries = [\"db/query.sql\"]\nquery_traits = \"on\"\n";
        assert_eq!(package.settings(), lines);
    }
}

#[test]
fn paths_are_those_that_sqlc_reads() {
    let config = "version: '2'\nsql:\n- engine: postgresql\n  schema: [\"./one/\", 'up', 'more/?_*.sql']\n  \
        queries: ['queries/*.sql', '*/q.sql', 'more']\n";
    let package = Package::new("paths", "api/sqlc.yaml", config);
    for file in [
        "one/1_a.sql",
        "up/1_a.up.sql",
        "up/1_a.down.sql",
        "up/.hidden.sql",
        "more/2_b.sql",
        "more/notes.txt",
        "queries/a.sql",
        "one/deep/not.sql",
        "x/q.sql",
        "y/q.sql",
    ] {
        package.write(&format!("api/{file}"), "");
    }
    let told = package.takes(&["--from", "api/sqlc.yaml"]);
    assert_eq!(
        package.settings(),
        "migrations = [\"api/one\", \"api/up/1_a.up.sql\", \"api/more/2_b.sql\"]\n\
         queries = [\"api/queries\", \"api/x/q.sql\", \"api/y/q.sql\", \"api/more\"]\n"
    );
    assert_has(
        &told,
        &["(the files of `up`, `more/?_*.sql` as of today", "(the files of `*/q.sql` as of today"],
    );
    // A package below the configuration.
    package.write("app/Cargo.toml", "[workspace]\n[package]\nname = \"app\"\nedition = \"2024\"\n");
    package.takes(&["--manifest-path", "app/Cargo.toml", "--from", "api/sqlc.yaml"]);
    let settings = fs::read_to_string(package.root.join("app/bindery.toml")).unwrap();
    assert_has(&settings, &["migrations = [\"../api/one\", "]);
    let none = "version: '2'\nsql:\n- engine: postgresql\n  schema: gone\n  queries: 'none/*.sql'\n";
    let package = Package::new("no-paths", "sqlc.yaml", none);
    assert_has(
        &package.refuses(&["--from", "sqlc.yaml"]),
        &["error: `sqlc.yaml`: sql[0].schema: `gone` does not exist\n"],
    );
}

#[test]
fn types_of_go_are_types_of_rust_or_are_left_open() {
    let config = r#"
version: "2"
overrides:
  go:
    rename: {slug: Type}
    overrides:
    - {db_type: uuid, go_type: {import: github.com/google/uuid, type: UUID}}
    - {db_type: uuid, nullable: true, go_type: {import: github.com/google/uuid, type: NullUUID}}
    - {db_type: pg_catalog.numeric, go_type: github.com/shopspring/decimal.Decimal}
    - {db_type: numeric, go_type: float64, engine: mysql}
sql:
- engine: postgresql
  schema: db/schema.sql
  queries: db/query.sql
  gen:
    go:
      package: db
      out: db
      rename: {id: Identifier, venue: Place}
      overrides:
      - {db_type: numeric, go_type: string}
      - {column: venues.slug, go_type: example.com/app.Slug, go_struct_tag: 'v:"x"'}
      - {column: venues.status, go_type: "*string"}
      - {column: "*.id", go_type: example.com/app.Id}
      - {column: venues.id, db_type: uuid, go_type: string, colour: 1}
      - {column: venues.slug, go_struct_tag: 'v:"x"'}
"#;
    let package = Package::with_sql("types", "sqlc.yaml", config);
    let told = package.takes(&["--from", "sqlc.yaml"]);
    assert_has(
        &told,
        &[
            "overrides.go.overrides[1]: `uuid`, `github.com/google/uuid.NullUUID` in Go: bindery::uuid::Uuid by itself\n",
            "overrides.go.overrides[3]: it is for another engine\n",
            "overrides.go.rename.slug: `type` is no name of a field in Rust; choose another in [rust.fields]\n",
            "sql[0].gen.go.rename.id: the field is `identifier`, in JSON too\n",
            "sql[0].gen.go.rename.venue: rows of a table are called after it: `use db::... as Place`\n",
            "sql[0].gen.go.overrides[2]: `public.venues.status`, `string` in Go: String by itself, if it is `text` or ",
            "sql[0].gen.go.overrides[3]: `*.id`, `example.com/app.Id` in Go: there are no patterns here; ",
            "sql[0].gen.go.overrides[4]: it has to name a column or a type\n",
            "sql[0].gen.go.overrides[4].colour: sqlc's reference has no such key\n",
            "sql[0].gen.go.overrides[5].go_struct_tag: fields of Rust have no tags\n",
        ],
    );
    let toml = package.toml();
    assert_has(
        &toml,
        &[
            "# from overrides.go.overrides[2], to be decided\n# decimal = \"rust_decimal\"\n",
            "\n# [types]\n# from sql[0].gen.go.overrides[0], to be decided\n\
             # \"numeric\" = { type = \"crate::Own\", via = \"TryFrom\" }\n",
            "\n# [columns]\n# from sql[0].gen.go.overrides[1], to be decided\n\
             # \"public.venues.slug\" = { type = \"crate::Slug\", via = \"TryFrom\" }\n",
            "\n[rust.fields]\n# from sql[0].gen.go.rename.id\nid = \"identifier\"\n",
        ],
    );
    let built = package.init(&["--from", "sqlc.yaml"]);
    assert!(built.status.success());
}

#[test]
fn of_several_sets_one_is_chosen_or_they_are_merged() {
    let set = |name: &str, schema: &str, queries: &str| {
        format!("- name: {name}\n  engine: postgresql\n  schema: {schema}\n  queries: {queries}\n")
    };
    let config = |sets: &[String]| format!("version: '2'\nsql:\n{}", sets.concat());
    let (one, two) =
        (set("one", "db/schema.sql", "db/query.sql"), set("two", "db/schema.sql", "two/more.sql"));
    let package = Package::with_sql("sets", "sqlc.yaml", &config(&[one.clone(), two.clone()]));
    package.write("two/more.sql", "");
    package.write("other.sql", "");
    package.write("two/query.sql", "");
    package.takes(&["--from", "sqlc.yaml"]);
    let settings = "migrations = [\"db/schema.sql\"]\nqueries = [\"db/query.sql\", \"two/more.sql\"]\n";
    assert_eq!(package.settings(), settings);
    fs::remove_file(package.root.join("bindery.toml")).unwrap();
    for chosen in ["two", "2"] {
        let told = package.takes(&["--from", "sqlc.yaml", "--set", chosen, "--dry-run"]);
        assert_has(
            &told,
            &["queries = [\"two/more.sql\"]", "sql[0] (one): left out: `--set` has named another; "],
        );
    }
    fs::remove_file(package.root.join("build.rs")).unwrap();
    package.write("sqlc.yaml", &config(&[one.clone(), set("two", "other.sql", "two/more.sql")]));
    let told = package.refuses(&["--from", "sqlc.yaml"]);
    assert_has(
        &told,
        &["2 sets are for PostgreSQL, with different schemas", "`--set one` (sql[0]), `--set two` "],
    );
    package.write("sqlc.yaml", &config(&[one, set("one", "db/schema.sql", "two/query.sql")]));
    let told = package.refuses(&["--from", "sqlc.yaml"]);
    assert_has(
        &told,
        &["two query files would be the module `query`", "`--set 1` (sql[0]), `--set 2` (sql[1])"],
    );
    assert_has(&package.refuses(&["--from", "sqlc.yaml", "--set", "x"]), &["no set is called `x`"]);
    let mysql = two.replace("postgresql", "mysql");
    package.write("sqlc.yaml", &config(&[mysql]));
    assert_has(
        &package.refuses(&["--from", "sqlc.yaml"]),
        &["no set is for PostgreSQL (sql[0] (two): `mysql`)\n"],
    );
    assert_has(
        &package.refuses(&["--from", "sqlc.yaml", "--set", "two"]),
        &["(two) is for `mysql`, and Bindery is "],
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    for (file, config, error) in [
        ("sqlc.yaml", "version: '2'\nsql:\n- engine: [postgresql\n  schema: x\n", "error: sqlc.yaml:4:"),
        ("sqlc.yaml", "version: '2'\nversion: '2'\n", "error: sqlc.yaml:2:1: duplicated key"),
        ("sqlc.json", "{\n  \"version\": 2,\n}\n", "error: sqlc.json:3:1: trailing comma\n"),
        ("sqlc.yaml", "- version", "error: `sqlc.yaml`: this is no configuration of sqlc\n"),
        ("sqlc.yaml", "version: '3'", "error: `sqlc.yaml`: its version is 3; known are 1 and 2\n"),
        ("sqlc.yaml", "sql: []", "error: `sqlc.yaml`: it has no `version`, which sqlc asks for\n"),
        ("sqlc.yaml", "version: '2'\nsql: []", "error: `sqlc.yaml`: it has no list `sql`\n"),
        ("sqlc.yaml", "version: '1'\npackages: [x]", "error: `sqlc.yaml`: packages[0] is no mapping\n"),
    ] {
        let package = Package::new("malformed", file, config);
        assert_has(&package.refuses(&["--from", file]), &[error]);
        assert_has(&package.refuses(&["--from", "gone.yaml"]), &["error: cannot read `gone.yaml`: "]);
    }
}

#[test]
fn a_bindery_toml_that_is_there_stays() {
    let package = Package::with_sql("there", "sqlc.json", ONDECK);
    package.write("bindery.toml", "# mine\n");
    let told = package.takes(&["--from", "sqlc.json"]);
    assert_eq!(package.toml(), "# mine\n");
    assert_has(
        &told,
        &[
            "left to you: in bindery.toml, which is not touched:\n\n    # By ",
            "\n    migrations = [\"db/schema.sql\"]\n",
        ],
    );
}

#[test]
fn the_guide_shows_what_is_written() {
    let guide = checkout().join("crates/bindery-build/tests/guides/sqlc");
    let read = |path: &str| fs::read_to_string(guide.join(path)).unwrap();
    let package = Package::new("guide", "sqlc.yaml", &read("sqlc.yaml"));
    for path in ["db/migrations/001_books.sql", "db/queries/books.sql"] {
        package.write(path, &read(path));
    }
    package.takes(&["--from", "sqlc.yaml"]);
    assert_eq!(package.toml(), read("bindery.toml"));
}
