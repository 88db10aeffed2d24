//! A package and a database to migrate by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bindery_postgres::{Client, Database, Server};

pub const UP_ONE: &str = "-- +goose Up\nCREATE TABLE cars (plate text);\n-- +goose Down\nDROP TABLE cars;\n";
pub const UP_TWO: &str =
    "-- +goose Up\nCREATE TABLE owners (name text);\n-- +goose Down\nDROP TABLE owners;\n";
pub const UP_THREE: &str = "-- +goose Up\nCREATE TABLE trips ();\n-- +goose Down\nDROP TABLE trips;\n";

pub struct Package {
    pub root: PathBuf,
    database: Database,
}

/// What a call printed, and its exit status.
#[derive(Debug, PartialEq)]
pub struct Told {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Package {
    /// Without any file.
    pub fn empty(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("migrate").join(name);
        let _ = fs::remove_dir_all(&root);
        let package = Self { root, database: Server::start().unwrap().create_database().unwrap() };
        package.write("Cargo.toml", &format!("[workspace]\n[package]\nname = {name:?}\n"));
        fs::create_dir(package.root.join("migrations")).unwrap();
        package
    }

    /// With three files.
    pub fn new(name: &str) -> Self {
        let package = Self::empty(name);
        package.write("migrations/00001_cars.sql", UP_ONE);
        package.write("migrations/00002_owners.sql", UP_TWO);
        package.write("migrations/00003_trips.sql", UP_THREE);
        package
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    /// The names in a folder.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `cargo bindery migrate` without a database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
        command.args(["bindery", "migrate"]).args(arguments).current_dir(&self.root);
        for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR", "DATABASE_URL"] {
            command.env_remove(variable);
        }
        command
    }

    /// The same on the package's database.
    pub fn on_database(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("DATABASE_URL", self.database.url());
        command
    }

    pub fn migrate(&self, arguments: &[&str]) -> Told {
        told(&self.on_database(arguments).output().unwrap())
    }

    /// A call that ends well: what it prints.
    pub fn done(&self, arguments: &[&str]) -> String {
        let told = self.migrate(arguments);
        assert_eq!(told.status, Some(0), "{told:#?}");
        without_times(&told.stdout)
    }

    /// A call that ends with 1: what it complains of.
    pub fn failed(&self, arguments: &[&str]) -> String {
        let told = self.migrate(arguments);
        assert_eq!(told.status, Some(1), "{told:#?}");
        told.stderr
    }

    pub fn url(&self) -> &str {
        self.database.url()
    }

    pub fn connect(&self) -> Client {
        self.database.connect().unwrap()
    }

    /// The tables of schema `public`, without those that note what is applied.
    pub fn tables(&self) -> Vec<String> {
        let sql =
            "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                   AND relname !~ '^goose' ORDER BY 1";
        self.connect().query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Versions with what goose's table says of them, in the order of its rows.
    pub fn noted(&self) -> Vec<(i64, bool)> {
        let sql = "SELECT version_id, is_applied FROM goose_db_version ORDER BY id";
        self.connect().query(sql, &[]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

pub fn told(output: &Output) -> Told {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Told { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Without ` (12.3 ms)` at the ends of lines.
pub fn without_times(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" (") {
        Some((before, time)) if time.ends_with("s)") => format!("{before}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}
