//! Several migrators of one database at once.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bindery_migrate::{Command, Event, Migrator, RunErrorKind, up};

use crate::{database, four, migration, noted, tables};

/// As goose's Provider takes it (goose 3.27, `lock/postgres.go`).
const GOOSE_LOCK: &str = "SELECT pg_try_advisory_lock(4097083626)";

#[test]
fn ten_at_once_apply_each_migration_once() {
    let database = database();
    // A session that waited in the server for the lock would keep this index from being built.
    let mut all = four();
    let text = "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE e (id int);\nCREATE INDEX CONCURRENTLY i ON e (id);\n";
    all.push(migration("5_e.sql", text));
    let applied = thread::scope(|scope| {
        let migrate = || up(&mut database.connect().unwrap(), &all).unwrap().done.len();
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(migrate)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(applied, 5);
    assert_eq!(tables(&database), ["a", "b", "c", "d", "e"]);
    assert_eq!(noted(&mut database.connect().unwrap()), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn goose_is_waited_for() {
    let database = database();
    let mut goose = database.connect().unwrap();
    goose.batch_execute(GOOSE_LOCK).unwrap();
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        let migrating = scope.spawn(|| {
            let mut migrator = Migrator::new(four());
            migrator.on_event(move |event| {
                if event == Event::Waiting {
                    tell.send(()).unwrap();
                }
            });
            migrator.run_blocking(&mut database.connect().unwrap(), Command::Up).unwrap().done.len()
        });
        told.recv().unwrap();
        assert_eq!(tables(&database), [""; 0]);
        goose.batch_execute("SELECT pg_advisory_unlock_all()").unwrap();
        assert_eq!(migrating.join().unwrap(), 4);
    });
}

#[test]
fn who_does_not_end_in_time_is_named() {
    let database = database();
    let mut config = database.config();
    let mut other = config.application_name("deploy 7").connect(bindery_postgres::NoTls).unwrap();
    other.batch_execute(GOOSE_LOCK).unwrap();
    let mut migrator = Migrator::new(four());
    migrator.lock_patience(Some(Duration::from_millis(50)));
    let error = migrator.run_blocking(&mut database.connect().unwrap(), Command::Up).unwrap_err();
    let RunErrorKind::Locked(Some(holder)) = error.kind() else { panic!("{error}") };
    assert!(holder.contains("application deploy 7"), "{holder}");
    // Without the lock nobody is waited for.
    migrator.lock_patience(None);
    assert_eq!(migrator.run_blocking(&mut database.connect().unwrap(), Command::Up).unwrap().done.len(), 4);
}

#[test]
fn goose_own_lock_is_free_afterwards() {
    let database = database();
    let mut client = database.connect().unwrap();
    let failing = migration("5_bad.sql", "-- +goose Up\nSELECT 1 / 0;\n");
    up(&mut client, &[four(), vec![failing]].concat()).unwrap_err();
    let is_free: bool = database.connect().unwrap().query_one(GOOSE_LOCK, &[]).unwrap().get(0);
    assert!(is_free);
}
