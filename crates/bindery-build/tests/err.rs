//! Bad input: each folder of `err/` holds queries with mistakes, and the report they have to give. All of them have the
//! migration `err/0001_cars.sql`, some have more.
//!
//! `BINDERY_ACCEPT=1 cargo test -p bindery-build --test err` writes the reports down; read them before committing.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};

use bindery_build::Config;

const LOCK: &str = "# Written by Bindery: what PostgreSQL says of every query. Commit it; builds then need no server.\n\
     version = 4\npostgres = 15\nmigrations = []\n";
const MIGRATION: &str = "0001_cars.sql";
const CODE: &str = "// code of before\n";

#[test]
fn every_mistake_is_reported_and_nothing_is_touched() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/err");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    let failures: Vec<String> = folders.iter().filter_map(|folder| check(folder)).collect();
    println!("{} cases", folders.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is wrong with the case, if anything.
fn check(folder: &Path) -> Option<String> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let package = Package::of(folder);
    let report = match package.config().generate() {
        Ok(_) => return Some(format!("{name}: no error was found")),
        Err(error) => error.to_string(),
    };
    if package.lock() != LOCK || package.code() != [CODE] {
        return Some(format!("{name}: lock or code were touched"));
    }
    let expected = folder.join("expected.txt");
    if std::env::var_os("BINDERY_ACCEPT").is_some() {
        fs::write(&expected, report + "\n").unwrap();
        return None;
    }
    let wanted = fs::read_to_string(&expected).unwrap_or_default();
    (report.trim_end() != wanted.trim_end())
        .then(|| format!("{name}: expected\n{wanted}\nbut got\n{report}\n"))
}

/// A copy of a case's SQL with a lock and code of an earlier build.
struct Package {
    root: PathBuf,
}

impl Package {
    fn of(case: &Path) -> Self {
        let name = case.file_name().unwrap();
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("err").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("code")).unwrap();
        for part in ["migrations", "queries"] {
            fs::create_dir(root.join(part)).unwrap();
            if !case.join(part).exists() {
                continue;
            }
            for file in fs::read_dir(case.join(part)).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), root.join(part).join(file.file_name())).unwrap();
            }
        }
        fs::copy(case.with_file_name(MIGRATION), root.join("migrations").join(MIGRATION)).unwrap();
        fs::write(root.join("bindery.lock"), LOCK).unwrap();
        if case.join("bindery.toml").exists() {
            fs::copy(case.join("bindery.toml"), root.join("bindery.toml")).unwrap();
        }
        fs::write(root.join("code/cars.rs"), CODE).unwrap();
        Self { root }
    }

    fn config(&self) -> Config {
        let mut config = Config::new(&self.root);
        config.out_dir("code");
        if let Ok(settings) = fs::read_to_string(self.root.join("bindery.toml")) {
            config.toml(&settings).unwrap();
        }
        config
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.root.join("bindery.lock")).unwrap()
    }

    /// The texts of all files in the folder for code.
    fn code(&self) -> Vec<String> {
        let files = fs::read_dir(self.root.join("code")).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }
}
