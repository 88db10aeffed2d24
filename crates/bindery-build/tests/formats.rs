//! The same schema in the files of each tool gives the same code; a way back is no part of a schema.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bindery_build::{Config, Diagnostic, MigrationFormat, Mode, Origin};

const QUERIES: &str = "-- name: FindCar :opt\nSELECT id, plate, fuel, note FROM cars WHERE id = @id;\n";

/// Tables, an index that needs to be made outside of a transaction, a type that grows, and a Down that would undo it all.
const TOOLS: [(MigrationFormat, &[(&str, &str)]); 6] = [
    (
        MigrationFormat::Goose,
        &[
            (
                "1_cars.sql",
                "-- +goose Up\nCREATE TYPE fuel AS ENUM ('petrol');\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, fuel fuel NOT NULL);\n-- +goose Down\nDROP TABLE cars;\nDROP TYPE fuel;\n",
            ),
            (
                "2_fuel.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\nALTER TYPE fuel ADD VALUE 'diesel';\nCREATE INDEX CONCURRENTLY plates ON cars (plate);\n",
            ),
            (
                "10_note.sql",
                "-- +goose Up\nALTER TABLE cars ADD note text;\n-- +goose Down\nALTER TABLE cars DROP note;\n",
            ),
        ],
    ),
    (
        MigrationFormat::GolangMigrate,
        &[
            (
                "1_cars.up.sql",
                "CREATE TYPE fuel AS ENUM ('petrol');\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, fuel fuel NOT NULL);\n",
            ),
            ("1_cars.down.sql", "DROP TABLE cars;\nDROP TYPE fuel;\n"),
            ("2_fuel.up.sql", "ALTER TYPE fuel ADD VALUE 'diesel';"),
            ("3_plates.up.sql", "CREATE INDEX CONCURRENTLY plates ON cars (plate);"),
            ("10_note.up.sql", "ALTER TABLE cars ADD note text;"),
            ("10_note.down.sql", "ALTER TABLE cars DROP note;"),
        ],
    ),
    (
        MigrationFormat::Dbmate,
        &[
            (
                "01_cars.sql",
                "-- migrate:up\nCREATE TYPE fuel AS ENUM ('petrol');\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, fuel fuel NOT NULL);\n-- migrate:down\nDROP TABLE cars;\nDROP TYPE fuel;\n",
            ),
            ("02_fuel.sql", "-- migrate:up\nALTER TYPE fuel ADD VALUE 'diesel';\n-- migrate:down\n"),
            (
                "03_plates.sql",
                "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY plates ON cars (plate);\n-- migrate:down\n",
            ),
            (
                "10_note.sql",
                "-- migrate:up\nALTER TABLE cars ADD note text;\n-- migrate:down\nALTER TABLE cars DROP note;\n",
            ),
        ],
    ),
    (
        MigrationFormat::SqlMigrate,
        &[
            (
                "1_cars.sql",
                "-- +migrate Up\nCREATE TYPE fuel AS ENUM ('petrol');\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, fuel fuel NOT NULL);\n-- +migrate Down\nDROP TABLE cars;\nDROP TYPE fuel;\n",
            ),
            (
                "2_fuel.sql",
                "-- +migrate Up notransaction\nALTER TYPE fuel ADD VALUE 'diesel';\nCREATE INDEX CONCURRENTLY plates ON cars (plate);\n",
            ),
            (
                "10_note.sql",
                "-- +migrate Up\nALTER TABLE cars ADD note text;\n-- +migrate Down\nALTER TABLE cars DROP note;\n",
            ),
        ],
    ),
    (
        MigrationFormat::Tern,
        &[
            (
                "001_cars.sql",
                "CREATE TYPE fuel AS ENUM ('petrol');\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, fuel fuel NOT NULL);\n---- create above / drop below ----\nDROP TABLE cars;\nDROP TYPE fuel;\n",
            ),
            (
                "002_fuel.sql",
                "---- tern: disable-tx ----\nALTER TYPE fuel ADD VALUE 'diesel';\nCREATE INDEX CONCURRENTLY plates ON cars (plate);\n",
            ),
            (
                "003_note.sql",
                "ALTER TABLE cars ADD note text;\n---- create above / drop below ----\nALTER TABLE cars DROP note;\n",
            ),
        ],
    ),
    (
        MigrationFormat::Plain,
        &[(
            "schema.sql",
            "\\restrict x\nCREATE TYPE fuel AS ENUM ('petrol', 'diesel');\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, fuel fuel NOT NULL, note text);\n\\unrestrict x\n",
        )],
    ),
];

struct Package {
    root: PathBuf,
}

impl Package {
    fn new(name: &str, migrations: &[(&str, &str)]) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("formats").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("migrations")).unwrap();
        fs::create_dir_all(root.join("queries")).unwrap();
        let package = Self { root };
        for (name, text) in migrations {
            package.write(&format!("migrations/{name}"), text);
        }
        package.write("queries/cars.sql", QUERIES);
        package
    }

    fn of(format: MigrationFormat, name: &str) -> Self {
        let (_, files) = TOOLS.iter().find(|(other, _)| *other == format).unwrap();
        Self::new(name, files)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    fn config(&self) -> Config {
        let mut config = Config::new(&self.root);
        config.out_dir("code");
        config
    }

    fn refused(&self) -> String {
        let error = self.config().generate().unwrap_err();
        error.diagnostics().iter().map(Diagnostic::render).collect()
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").args(arguments).current_dir(&self.root).status().unwrap();
        assert!(status.success());
    }
}

#[test]
fn each_tool_gives_the_same_code() {
    let mut codes: Vec<String> = Vec::new();
    for (format, files) in TOOLS {
        let package = Package::new(&format!("code-{format}"), files);
        package.config().generate().unwrap_or_else(|error| panic!("{format}: {error}"));
        let lock = package.read("bindery.lock");
        assert!(!lock.contains(".down.sql"), "{lock}");
        let (_, answers) = lock.split_once("[[query]]").unwrap();
        codes.push(package.read("code/cars.rs") + answers);
    }
    assert!(codes[0].contains("name = \"note\"") && codes[0].contains("diesel"), "{}", codes[0]);
    codes.iter().for_each(|code| assert_eq!(code, &codes[0]));
}

#[test]
fn a_way_back_is_no_part_of_a_schema() {
    let package = Package::of(MigrationFormat::GolangMigrate, "way-back");
    package.config().generate().unwrap();
    let lock = package.read("bindery.lock");
    package.write("migrations/10_note.down.sql", "ALTER TABLE cars DROP COLUMN IF EXISTS note;\n");
    package.write("migrations/2_fuel.down.sql", "SELECT 1;\n");
    // The program carries it.
    let report = package.config().generate().unwrap();
    assert_eq!((report.origin, package.read("bindery.lock")), (Origin::Lock, lock));
    assert!(package.read("code/mod.rs").contains("/migrations/2_fuel.down.sql"));
    package.write("migrations/10_note.up.sql", "ALTER TABLE cars ADD note int;");
    let error = package.config().mode(Mode::Locked).generate().unwrap_err().to_string();
    assert!(error.contains("migrations/10_note.up.sql: this migration has changed"), "{error}");
    assert!(!error.contains("down.sql"), "{error}");
}

#[test]
fn a_migration_of_a_pair_is_the_cause_of_a_difference() {
    let package = Package::of(MigrationFormat::GolangMigrate, "cause");
    package.config().generate().unwrap();
    package.write("migrations/11_id.up.sql", "ALTER TABLE cars ALTER plate DROP NOT NULL;\n");
    package.write("migrations/11_id.down.sql", "ALTER TABLE cars ALTER plate SET NOT NULL;\n");
    package.write("migrations/12_nothing.up.sql", "");
    package.write("migrations/12_nothing.down.sql", "");
    let error = package.config().mode(Mode::Check).generate().unwrap_err();
    let told: String = error.diagnostics().iter().map(Diagnostic::render).collect();
    assert!(told.contains("since migrations/11_id.up.sql\n"), "{told}");
}

#[test]
fn an_error_is_told_at_its_place_in_the_up_file() {
    let package = Package::of(MigrationFormat::GolangMigrate, "error");
    package.write("migrations/11_a.up.sql", "SELECT 1;\nCREATE TABLE b (\n  id bigit\n);\n");
    package.write("migrations/11_a.down.sql", "no SQL");
    let told = package.refused();
    assert!(told.contains("migrations/11_a.up.sql:3:6"), "{told}");
}

#[test]
fn what_pairs_added_since_a_revision_do_is_told() {
    let package = Package::of(MigrationFormat::GolangMigrate, "impact");
    package.write("migrations/embed.go", "package migrations\n");
    package.git(&["init", "--quiet"]);
    package.git(&["add", "."]);
    let who = ["-c", "user.name=A", "-c", "user.email=a@b"];
    package.git(&[&who[..], &["commit", "--quiet", "-m", "first"]].concat());
    package.write("migrations/11_note.up.sql", "ALTER TABLE cars DROP note;\n");
    package.write("migrations/11_note.down.sql", "ALTER TABLE cars ADD note text;\n");
    package.write("migrations/notes.sql", "no migration");
    let mut config = package.config();
    let impact = config.migrate_skip(["notes.sql"]).impact_since("HEAD").unwrap();
    assert_eq!(impact.migrations, ["migrations/11_note.up.sql"]);
    assert!(impact.breaks());
}

#[test]
fn the_lint_looks_at_up_files() {
    let package = Package::of(MigrationFormat::GolangMigrate, "lint");
    package.write("migrations/11_index.up.sql", "CREATE INDEX i ON cars (note);\n");
    package.write("migrations/11_index.down.sql", "CREATE INDEX j ON cars (note);\n");
    let told: String = package.config().lint().unwrap().iter().map(Diagnostic::render).collect();
    assert!(told.contains("migrations/11_index.up.sql:1:1"), "{told}");
    assert!(!told.contains("down.sql"), "{told}");
}

#[test]
fn a_format_may_be_named() {
    let package = Package::new(
        "named",
        &[
            (
                "1_a.up.sql",
                "CREATE TABLE cars (id bigint PRIMARY KEY, plate text, fuel text, note text);\n-- migrate:down\n",
            ),
            ("2_b.up.sql", "SELECT 1;"),
        ],
    );
    let told = package.refused();
    assert!(told.contains("migrations/2_b.up.sql: the file is one of golang-migrate, but migrations/1_a.up.sql is one of dbmate"), "{told}");
    assert!(told.contains("`format = \"golang-migrate\"`"), "{told}");
    let mut config = package.config();
    config.migrate_format(MigrationFormat::GolangMigrate).generate().unwrap();
    // Another format may give another schema.
    let error = package.config().mode(Mode::Locked).toml("[migrate]\nformat = 'plain'").unwrap().generate();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("has annotations of dbmate, but is to be read as plain"), "{error}");
    package.write(
        "migrations/1_a.up.sql",
        &package.read("migrations/1_a.up.sql").replace("-- migrate:down\n", ""),
    );
    package.config().generate().unwrap();
    let error =
        package.config().mode(Mode::Locked).migrate_format(MigrationFormat::Plain).generate().unwrap_err();
    assert!(error.to_string().contains("`migrate.format` have changed"), "{error}");
}

#[test]
fn migrations_in_go_are_refused_or_skipped() {
    let package = Package::of(MigrationFormat::Goose, "go");
    package.config().generate().unwrap();
    let lock = package.read("bindery.lock");
    package.write("migrations/11_x.go", "\u{fe}");
    package.write("migrations/12_x_test.go", "package x");
    package.write("queries/embed.go", "package x");
    let told = package.refused();
    assert!(told.contains("migrations/11_x.go") && told.contains("skip"), "{told}");
    package.config().mode(Mode::Locked).migrate_skip(["11_x.go"]).generate().unwrap();
    assert_eq!(package.read("bindery.lock"), lock);
    let mut config = package.config();
    let error = config.migrate_skip(["11_x.go", "11_y.go"]).generate().unwrap_err().to_string();
    assert!(error.contains("11_y.go: the file is to be skipped, but there is none of this name"), "{error}");
}

#[test]
fn golang_migrate_may_be_run_with_x_multi_statement() {
    let package = Package::of(MigrationFormat::GolangMigrate, "multi-statement");
    let two = "ALTER TABLE cars ADD seats int;\nCREATE INDEX CONCURRENTLY seats ON cars (seats);\n";
    package.write("migrations/11_seats.up.sql", two);
    let told = package.refused();
    assert!(told.contains("CREATE INDEX CONCURRENTLY cannot"), "{told}");
    package.config().toml("[migrate]\nmulti_statement = true").unwrap().generate().unwrap();
}

#[test]
fn what_a_tool_notes_is_no_drift() {
    let server = bindery_postgres::Server::start().unwrap();
    for (format, table) in [
        (
            MigrationFormat::GolangMigrate,
            "schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
        ),
        (MigrationFormat::Dbmate, "schema_migrations (version varchar PRIMARY KEY)"),
        (MigrationFormat::SqlMigrate, "gorp_migrations (id text PRIMARY KEY, applied_at timestamptz)"),
        (MigrationFormat::Tern, "schema_version (version int NOT NULL)"),
    ] {
        let package = Package::of(format, &format!("drift-{format}"));
        let live = server.create_database().unwrap();
        let mut client = live.connect().unwrap();
        let migrations = bindery_migrate::read_dir(package.root.join("migrations")).unwrap();
        bindery_migrate::apply(&mut client, &migrations).unwrap();
        client.batch_execute(&format!("CREATE TABLE {table}; CREATE TABLE more ()")).unwrap();
        let report = package.config().drift(live.url()).unwrap().to_string();
        assert!(report.contains("table `public.more`"), "{report}");
        assert!(report.contains(&format!("the files are of {format}, and its table")), "{report}");
        assert_eq!(report.lines().count(), 2, "{report}");
    }
}
