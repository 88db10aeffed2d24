//! Bad input: each folder of `err/` holds queries with mistakes, and the report they have to give. All of them have the
//! migration `err/0001_cars.sql`, some have more; some have settings, a lock of their own, or the file `mode` with what
//! BINDERY is set to.
//!
//! `BINDERY_ACCEPT=1 cargo test -p bindery-build --test err` writes the reports down; read them before committing.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};

use bindery_build::{Config, Mode};

const LOCK: &str = "# Written by Bindery: what PostgreSQL says of every query. Commit it; builds then need no server.\n\
     version = 6\npostgres = 15\nmigrations = []\n";
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

#[test]
fn what_cannot_be_written_is_told() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/err/stale_lock");
    let package = Package::of(&case, "unwritable");
    let mut config = package.config();
    config.mode(Mode::Update);
    fs::remove_file(package.root.join("bindery.lock")).unwrap();
    fs::create_dir(package.root.join("bindery.lock")).unwrap();
    // The code is there, and a lock is only what the next build would read.
    let report = config.generate().unwrap();
    let [warning] = &report.warnings[..] else { panic!("{report:?}") };
    let expected = "warning: cannot write `bindery.lock`: Is a directory (os error 21)\n |\n = help: the code was \
                    generated; the next build has to ask PostgreSQL again";
    assert_eq!(warning.render(), expected);
    fs::remove_dir_all(package.root.join("code")).unwrap();
    fs::write(package.root.join("code"), "in the way").unwrap();
    let error = config.generate().unwrap_err().to_string();
    assert!(error.starts_with("error: cannot write to `") && error.contains("code`: File exists"), "{error}");
}

/// What is wrong with the case, if anything.
fn check(folder: &Path) -> Option<String> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let package = Package::of(folder, &name);
    let report = match package.config().generate() {
        Ok(_) => return Some(format!("{name}: no error was found")),
        Err(error) => error.to_string(),
    };
    if package.lock() != lock_of(folder) || package.code() != [CODE] {
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

/// A case may have a lock of its own.
fn lock_of(case: &Path) -> String {
    fs::read_to_string(case.join("bindery.lock")).unwrap_or_else(|_| LOCK.to_owned())
}

/// A copy of a case's SQL with a lock and code of an earlier build.
struct Package {
    root: PathBuf,
}

impl Package {
    fn of(case: &Path, name: &str) -> Self {
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
        fs::write(root.join("bindery.lock"), lock_of(case)).unwrap();
        for file in ["bindery.toml", "mode"] {
            if case.join(file).exists() {
                fs::copy(case.join(file), root.join(file)).unwrap();
            }
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
        match fs::read_to_string(self.root.join("mode")).as_deref() {
            Ok("check\n") => config.mode(Mode::Check),
            Ok("locked\n") => config.mode(Mode::Locked),
            _ => &mut config,
        };
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
