//! goose's own test data (MIT), where it is at hand.

use std::fs;
use std::path::{Path, PathBuf};

use bindery_migrate::{Section, Strictness, TransactionMode, apply, read_dir};
use bindery_postgres::Server;

use super::{place, read, statements};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/goose");
    if !folder.is_dir() {
        println!("skipped: ../shared/conformance/goose is not here");
        return None;
    }
    Some(folder)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// How many statements are as goose's golden files say.
fn compare(case: &Path, section: Option<&Section>, direction: &str) -> usize {
    let suffix = format!(".{direction}.golden.sql");
    let goldens: Vec<PathBuf> =
        entries(case).into_iter().filter(|path| name(path).ends_with(&suffix)).collect();
    let statements = section.map(statements).unwrap_or_default();
    assert_eq!(statements.len(), goldens.len(), "{}", case.display());
    for (statement, golden) in statements.iter().zip(&goldens) {
        assert_eq!(*statement, fs::read_to_string(golden).unwrap(), "{}", golden.display());
    }
    goldens.len()
}

#[test]
fn goose_own_files_are_split_as_goose_splits_them() {
    let Some(folder) = folder() else { return };
    let mut files = 0;
    for kind in ["valid-up", "envsub"] {
        for case in entries(&folder.join("sqlparser").join(kind)) {
            let text = fs::read_to_string(case.join("input.sql")).unwrap();
            let migration = read(&text, Strictness::LikeGoose).unwrap();
            let mut goldens = compare(&case, Some(&migration.up), "up");
            // Files of valid-up are compared in that direction alone.
            if kind == "envsub" {
                goldens += compare(&case, migration.down.as_ref(), "down");
            }
            files += 1 + goldens;
            let strict = match read(&text, Strictness::Strict) {
                Ok(strict) => {
                    assert_eq!(strict, migration);
                    "the same".to_owned()
                }
                Err(mistakes) => {
                    format!("refused at {}: {}", place(&text, &mistakes[0]), mistakes[0].message)
                }
            };
            println!("{kind}/{}: {goldens} statements as in goose; by default {strict}", name(&case));
        }
    }
    for file in entries(&folder.join("sqlparser/invalid/up")) {
        let text = fs::read_to_string(&file).unwrap();
        for strictness in [Strictness::LikeGoose, Strictness::Strict] {
            let mistakes = read(&text, strictness).unwrap_err();
            println!(
                "invalid/{}, {strictness:?}: {} {}",
                name(&file),
                place(&text, &mistakes[0]),
                mistakes[0].message
            );
        }
        files += 1;
    }
    for file in entries(&folder.join("sqlparser/valid-txn")) {
        let text = fs::read_to_string(&file).unwrap();
        for strictness in [Strictness::LikeGoose, Strictness::Strict] {
            let transaction = read(&text, strictness).unwrap().up.transaction;
            assert_eq!(transaction == TransactionMode::None, name(&file).contains("no_transaction"));
            println!("valid-txn/{}, {strictness:?}: {transaction:?}", name(&file));
        }
        files += 1;
    }
    println!("{files} files");
    assert_eq!(files, 51);
}

#[test]
fn goose_own_migrations_run_on_a_server() {
    let Some(folder) = folder() else { return };
    for name in ["postgres", "example"] {
        let database = Server::start().unwrap().create_database().unwrap();
        let migrations = read_dir(folder.join(name)).unwrap();
        apply(&mut database.connect().unwrap(), &migrations).unwrap();
        println!("{name}: {} migrations", migrations.len());
        for migration in migrations.iter().rev() {
            let mut client = database.connect().unwrap();
            for statement in migration.down.iter().flat_map(|down| &down.statements) {
                client.batch_execute(&statement.sql).unwrap();
            }
        }
    }
}
