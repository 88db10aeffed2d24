//! The commands that look at queries and databases, and the one that watches files.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bindery_postgres::{Database, Server};

const MIGRATION: &str = "-- +goose Up\n\
    CREATE TABLE owners (id bigint PRIMARY KEY, name text NOT NULL);\n\
    CREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL UNIQUE, owner_id bigint REFERENCES owners);\n";
const QUERIES: &str = "-- name: FindCar :opt\n\
    SELECT cars.id, owners.name AS owner\nFROM cars\nLEFT JOIN owners ON owners.id = cars.owner_id\nWHERE plate = @plate;\n\n\
    -- name: RenameOwners :exec\nUPDATE owners SET name = @name;\n";

struct Package {
    root: PathBuf,
}

impl Package {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name);
        let _ = fs::remove_dir_all(&root);
        let package = Self { root };
        package.write("Cargo.toml", &format!("[workspace]\n[package]\nname = {name:?}\n"));
        package.write("migrations/1_cars.sql", MIGRATION);
        package.write("queries/cars.sql", QUERIES);
        package
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
        command.arg("bindery").args(arguments).current_dir(&self.root);
        for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR", "DATABASE_URL"] {
            command.env_remove(variable);
        }
        command
    }

    /// The exit status and all that was printed.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        (status.code().unwrap(), text)
    }

    fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=A", "-c", "user.email=a@b"];
        let status = Command::new("git").args(who).args(arguments).current_dir(&self.root).status();
        assert!(status.unwrap().success());
    }
}

/// A database with the package's migrations.
fn migrated(server: &Server, package: &Package) -> Database {
    let database = server.create_database().unwrap();
    let migrations = bindery_migrate::read_dir(package.root.join("migrations")).unwrap();
    bindery_migrate::up(&mut database.connect().unwrap(), &migrations).unwrap();
    database
}

#[test]
fn describe_tells_types_nulls_rows_and_why() {
    let package = Package::new("describe");
    let expected = "FindCar :opt (queries/cars.sql:1)\n  parameters:\n    \
        plate  text  not null: compared with cars.plate, which no NULL equals\n  columns:\n    \
        id     int8  not null\n    \
        owner  text  nullable: owners is on the nullable side of the LEFT JOIN at line 4\n  \
        rows: at most one: the unique keys cars (plate) and owners (id) are compared\n  \
        touches: public.cars, public.owners\n";
    assert_eq!(package.run(&["describe", "FindCar"]), (0, expected.to_owned()));
    let (status, text) = package.run(&["describe", "--json", "cars/FindCar"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status, 0);
    assert_eq!(json[0]["columns"][1]["name"], "owner");
    assert_eq!(json[0]["columns"][1]["nullable"], true);
    assert_eq!(json[0]["params"][0]["type"], "text");
    let unknown = "error: there is no query `FindCra`\n |\n = help: did you mean `FindCar`?\n";
    assert_eq!(package.run(&["describe", "FindCra"]), (1, unknown.to_owned()));
}

#[test]
fn explain_shows_plans() {
    let package = Package::new("explain");
    let (status, text) = package.run(&["explain", "FindCar"]);
    assert_eq!(status, 0, "{text}");
    assert!(text.starts_with("FindCar (queries/cars.sql:1)\n    ") && text.contains("(cost="), "{text}");
    let (status, text) = package.run(&["explain", "FindCar", "--analyze", "--param", "plate=KA-01"]);
    assert!(status == 0 && text.contains("(actual time="), "{text}");
    let (status, text) = package.run(&["explain", "FindCar", "--analyze"]);
    assert!(status == 1 && text.contains("plate"), "{text}");
}

#[test]
fn lint_tells_all_and_fails_if_asked_to() {
    let package = Package::new("lint");
    let (status, text) = package.run(&["lint"]);
    assert!(status == 0 && text.contains("UPDATE without WHERE") && text.contains("1 finding"), "{text}");
    assert_eq!(package.run(&["lint", "--strict"]).0, 1);
    package.write("bindery.toml", "[lint]\nupdate-without-where = \"off\"\n");
    assert_eq!(package.run(&["lint", "--strict"]), (0, "nothing was found\n".to_owned()));
}

#[test]
fn drift_compares_with_a_live_database() {
    let package = Package::new("drift");
    let server = Server::start().unwrap();
    let database = migrated(&server, &package);
    let drift = |more: &[&str]| package.run(&[&["drift", "--database-url", database.url()], more].concat());
    let (status, text) = drift(&[]);
    assert!(status == 0 && text.starts_with("no drift: "), "{text}");
    database.connect().unwrap().batch_execute("ALTER TABLE cars ALTER plate DROP NOT NULL").unwrap();
    let (status, text) = drift(&[]);
    assert_eq!(status, 1);
    assert!(text.contains("error: table `public.cars`: ") && text.contains("used by FindCar"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&drift(&["--json"]).1).unwrap();
    assert_eq!(json[0]["severity"], "error");
    assert_eq!(json[0]["object"], "public.cars");
    let (status, text) = package.run(&["drift"]);
    assert!(status == 2 && text.contains("--database-url"), "{text}");
}

#[test]
fn check_since_tells_what_migrations_do_to_the_queries_of_then() {
    let package = Package::new("since");
    package.git(&["init", "--quiet"]);
    package.git(&["add", "."]);
    package.git(&["commit", "--quiet", "-m", "first"]);
    let none = "0 new migrations, 2 queries of before: 0 break, 0 changes\n";
    assert_eq!(package.run(&["check", "--since", "HEAD"]), (0, none.to_owned()));
    package.write("migrations/2_owner.sql", "-- +goose Up\nALTER TABLE owners RENAME name TO full_name;\n");
    let (status, text) = package.run(&["check", "--since", "HEAD"]);
    assert!(status == 1 && text.contains("error: column owners.name does not exist"), "{text}");
    assert!(text.contains("= note: since migrations/2_owner.sql"), "{text}");
}

#[test]
fn watch_generates_when_a_file_is_saved() {
    let package = Package::new("watch");
    let mut child = package.command(&["watch"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = |queries: &str| {
        let line = lines.next().unwrap().unwrap();
        assert!(line.starts_with(&format!("{queries}, as PostgreSQL says (")), "{line}");
    };
    told("2 queries");
    package.write("queries/more.sql", "-- name: CountCars :one\nSELECT count(*) FROM cars;\n");
    told("3 queries");
    package.write("migrations/2_seats.sql", "-- +goose Up\nALTER TABLE cars ADD seats int;\n");
    told("3 queries");
    assert!(fs::read_to_string(package.root.join("bindery.lock")).unwrap().contains("2_seats.sql"));
    child.kill().unwrap();
    child.wait().unwrap();
}
