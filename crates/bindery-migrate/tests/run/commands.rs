//! Every command, with what it notes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bindery_migrate::{Command, Event, Migrator, OutOfOrder, RunErrorKind, State, Versions, up};
use bindery_postgres::Client;

use crate::{database, four, migration, noted, ran, steps, table, tables};

const NOTHING: [&str; 0] = [];

#[test]
fn a_database_is_brought_up_to_date_once() {
    let database = database();
    let mut client = database.connect().unwrap();
    let all = four();
    assert_eq!(ran(&mut client, &all[..1], Command::Up), ["up 1_a.sql"]);
    assert_eq!(ran(&mut client, &all, Command::UpTo(3)), ["up 2_b.sql", "up 3_c.sql"]);
    assert_eq!(ran(&mut client, &all, Command::UpByOne), ["up 4_d.sql"]);
    let report = up(&mut client, &all).unwrap();
    assert_eq!((report.done.len(), report.version), (0, 4));
    assert_eq!(noted(&mut client), [0, 1, 2, 3, 4]);
    let error = Migrator::new(all).run_blocking(&mut client, Command::UpByOne).unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::NothingPending), "{error}");
}

#[test]
fn what_was_applied_is_undone() {
    let database = database();
    let mut client = database.connect().unwrap();
    let all = four();
    up(&mut client, &all).unwrap();
    assert_eq!(ran(&mut client, &all, Command::Down), ["down 4_d.sql"]);
    assert_eq!(noted(&mut client), [0, 1, 2, 3]);
    assert_eq!(ran(&mut client, &all, Command::Redo), ["down 3_c.sql", "up 3_c.sql"]);
    assert_eq!(ran(&mut client, &all, Command::DownTo(1)), ["down 3_c.sql", "down 2_b.sql"]);
    assert_eq!(tables(&database), ["a"]);
    up(&mut client, &all).unwrap();
    let report = Migrator::new(all.clone()).run_blocking(&mut client, Command::Reset).unwrap();
    assert_eq!(steps(&report), ["down 4_d.sql", "down 3_c.sql", "down 2_b.sql", "down 1_a.sql"]);
    assert_eq!((report.version, noted(&mut client)), (0, vec![0]));
    assert_eq!(tables(&database), NOTHING);
    let error = Migrator::new(all.clone()).run_blocking(&mut client, Command::Down).unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::NothingApplied), "{error}");
    assert_eq!(ran(&mut client, &all, Command::DownTo(0)), NOTHING);
}

#[test]
fn nothing_is_undone_where_nobody_says_how() {
    let database = database();
    let mut client = database.connect().unwrap();
    let mut all = four();
    all[1].down = None;
    up(&mut client, &all).unwrap();
    let error = Migrator::new(all.clone()).run_blocking(&mut client, Command::DownTo(0)).unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::NoDown(paths) if paths == &["2_b.sql"]), "{error}");
    all.remove(2);
    let error = Migrator::new(all.clone()).run_blocking(&mut client, Command::DownTo(2)).unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::NoFile(versions) if versions == &[3]), "{error}");
    assert_eq!(tables(&database), ["a", "b", "c", "d"]);
    // What is written to do nothing does nothing.
    all.insert(2, migration("3_c.sql", "-- +goose Up\nCREATE TABLE c ();\n-- +goose Down\n"));
    let report = Migrator::new(all).run_blocking(&mut client, Command::DownTo(2)).unwrap();
    assert_eq!(steps(&report), ["down 4_d.sql", "down 3_c.sql"]);
    assert!(report.done[1].is_empty && !report.done[0].is_empty);
}

#[test]
fn a_migration_that_comes_too_late_is_refused_unless_it_is_allowed() {
    let database = database();
    let mut client = database.connect().unwrap();
    let all = four();
    up(&mut client, &[all[0].clone(), all[2].clone()]).unwrap();
    let error = up(&mut client, &all).unwrap_err();
    assert!(
        matches!(error.kind(), RunErrorKind::OutOfOrder { missing, current: 3 } if missing == &["2_b.sql"]),
        "{error}"
    );
    assert_eq!(tables(&database), ["a", "c"]);
    let report = Migrator::new(all.clone())
        .out_of_order(OutOfOrder::Apply)
        .run_blocking(&mut client, Command::Up)
        .unwrap();
    assert_eq!(steps(&report), ["up 2_b.sql", "up 4_d.sql"]);
    assert_eq!(ran(&mut client, &all, Command::DownTo(1)), ["down 4_d.sql", "down 2_b.sql", "down 3_c.sql"]);
}

#[test]
fn a_failure_keeps_what_was_done_before_and_says_what_was_not() {
    let database = database();
    let mut client = database.connect().unwrap();
    let mut all = four();
    all[2] = migration("3_bad.sql", "-- +goose Up\nCREATE TABLE half ();\nSELECT 1 / 0;\n");
    let error = up(&mut client, &all).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3_bad.sql, statement 2: division by zero (nothing of it was done); done before: 1_a.sql to 2_b.sql; \
         not done: 4_d.sql"
    );
    assert_eq!((error.done().len(), error.not_done()), (2, ["4_d.sql".to_owned()].as_slice()));
    assert_eq!(tables(&database), ["a", "b"]);
    assert_eq!(noted(&mut client), [0, 1, 2]);
    // The connection and the lock are as before.
    assert_eq!(ran(&mut client, &four(), Command::Up), ["up 3_c.sql", "up 4_d.sql"]);
}

#[test]
fn without_a_transaction_it_is_said_what_stays() {
    let database = database();
    let mut client = database.connect().unwrap();
    let text =
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a ();\nCREATE TABLE b ();\nSELECT 1 / 0;\n";
    let error = up(&mut client, &[migration("1_half.sql", text)]).unwrap_err();
    assert!(error.to_string().contains("the 2 before it were done and stay"), "{error}");
    assert_eq!((tables(&database), noted(&mut client)), (vec!["a".to_owned(), "b".to_owned()], vec![0]));
}

#[test]
fn a_file_that_was_edited_after_it_was_applied_is_told() {
    let database = database();
    let mut client = database.connect().unwrap();
    let first = four();
    up(&mut client, &first).unwrap();
    let mut edited = four();
    // Comments and the way back are no part of what was applied.
    edited[0] = migration("1_a.sql", "-- +goose Up\n-- why\nCREATE TABLE a ();\n");
    edited[1] =
        migration("2_b.sql", "-- +goose Up\nCREATE TABLE b (id int);\n-- +goose Down\nDROP TABLE b;\n");
    assert_eq!(up(&mut client, &edited).unwrap().edited, ["2_b.sql"]);
    let status = Migrator::new(edited.clone()).status_blocking(&mut client).unwrap();
    let is_edited = |state: &State| matches!(state, State::Applied { is_edited: true, at } if !at.is_empty());
    let told: Vec<bool> = status.migrations.iter().map(|migration| is_edited(&migration.state)).collect();
    assert_eq!(told, [false, true, false, false]);
    // Applied anew, it is what the database has.
    ran(&mut client, &edited, Command::DownTo(1));
    assert_eq!(up(&mut client, &edited).unwrap().edited, NOTHING);
}

#[test]
fn the_status_has_files_and_versions() {
    let database = database();
    let mut client = database.connect().unwrap();
    let all = four();
    let status = Migrator::new(all.clone()).status_blocking(&mut client).unwrap();
    assert!(status.version == 0 && status.migrations.iter().all(|m| m.state == State::Pending));
    let tables: i64 =
        client.query_one("SELECT count(*) FROM pg_class WHERE relname ~ 'goose'", &[]).unwrap().get(0);
    assert_eq!(tables, 0, "a look writes nothing");
    up(&mut client, &[all[0].clone(), all[2].clone()]).unwrap();
    let files = [all[0].clone(), all[1].clone(), all[3].clone()];
    let status = Migrator::new(files.to_vec()).status_blocking(&mut client).unwrap();
    let words: Vec<String> = status
        .migrations
        .iter()
        .map(|migration| {
            let state = match migration.state {
                State::Applied { .. } => "applied",
                State::Pending => "pending",
                State::PassedOver => "passed over",
                _ => "?",
            };
            format!("{} {} {state}", migration.version, migration.path.as_deref().unwrap_or("no file"))
        })
        .collect();
    assert_eq!(
        words,
        ["1 1_a.sql applied", "2 2_b.sql passed over", "3 no file applied", "4 4_d.sql pending"]
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let database = database();
    let mut client = database.connect().unwrap();
    let mut migrator = Migrator::new(four());
    migrator.dry_run();
    let report = migrator.run_blocking(&mut client, Command::UpTo(2)).unwrap();
    assert_eq!((steps(&report), report.version), (vec!["up 1_a.sql".to_owned(), "up 2_b.sql".to_owned()], 2));
    let count: i64 = client
        .query_one("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", &[])
        .unwrap()
        .get(0);
    assert_eq!(count, 0);
    up(&mut client, &four()).unwrap();
    assert_eq!(steps(&migrator.run_blocking(&mut client, Command::Down).unwrap()), ["down 4_d.sql"]);
    assert_eq!(tables(&database), ["a", "b", "c", "d"]);
}

#[test]
fn seeds_are_run_each_time_and_not_noted() {
    let database = database();
    let mut client = database.connect().unwrap();
    client.batch_execute("CREATE TABLE seeded (n int)").unwrap();
    let seed = |version: i64| {
        let text = format!(
            "-- +goose Up\nINSERT INTO seeded VALUES ({version});\n-- +goose Down\nDELETE FROM seeded WHERE n = {version};\n"
        );
        migration(&format!("{version}_seed.sql"), &text)
    };
    let mut migrator = Migrator::new(vec![seed(1), seed(2)]);
    migrator.versions(Versions::Ignored);
    let run = |client: &mut Client, command| steps(&migrator.run_blocking(client, command).unwrap());
    assert_eq!(run(&mut client, Command::Up), ["up 1_seed.sql", "up 2_seed.sql"]);
    assert_eq!(run(&mut client, Command::UpTo(1)), ["up 1_seed.sql"]);
    assert_eq!(run(&mut client, Command::Down), ["down 2_seed.sql"]);
    let rows: Vec<i32> =
        client.query("SELECT n FROM seeded", &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(rows, [1, 1]);
    assert_eq!(run(&mut client, Command::Redo), ["down 2_seed.sql", "up 2_seed.sql"]);
    assert_eq!(run(&mut client, Command::DownTo(0)), ["down 2_seed.sql", "down 1_seed.sql"]);
    assert_eq!(run(&mut client, Command::Reset), ["down 2_seed.sql", "down 1_seed.sql"]);
    let error = migrator.run_blocking(&mut client, Command::UpByOne).unwrap_err();
    assert!(matches!(error.kind(), RunErrorKind::NeedsVersions), "{error}");
    assert_eq!(tables(&database), ["seeded"]);
}

#[test]
fn time_limits_are_those_of_the_statements_alone() {
    let database = database();
    let mut client = database.connect().unwrap();
    let slow = migration("1_slow.sql", "-- +goose Up\nSELECT pg_sleep(60);\n");
    let mut migrator = Migrator::new(vec![slow]);
    migrator.statement_timeout(Duration::from_millis(50));
    let error = migrator.run_blocking(&mut client, Command::Up).unwrap_err();
    assert!(error.to_string().contains("canceling statement due to statement timeout"), "{error}");
    let mut other = database.connect().unwrap();
    up(&mut other, &[table(2, "b")]).unwrap();
    let mut holder = other.transaction().unwrap();
    holder.batch_execute("LOCK TABLE b").unwrap();
    let alter = migration("3_alter.sql", "-- +goose Up\nALTER TABLE b ADD a int;\n");
    let mut migrator = Migrator::new(vec![table(2, "b"), alter]);
    migrator.lock_timeout(Duration::from_millis(50));
    let error = migrator.run_blocking(&mut client, Command::Up).unwrap_err();
    assert!(error.to_string().contains("canceling statement due to lock timeout"), "{error}");
    let timeout: String = client.query_one("SHOW lock_timeout", &[]).unwrap().get(0);
    assert_eq!(timeout, "0");
}

#[test]
fn what_a_run_is_at_is_told() {
    let database = database();
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut migrator = Migrator::new(four()[..2].to_vec());
    let telling = told.clone();
    migrator.on_event(move |event| {
        telling.lock().unwrap().push(match event {
            Event::Begin { number, of, path, direction } => format!("{direction} {path} {number}/{of}"),
            Event::Done(done) => format!("done {}", done.path),
            _ => "waiting".to_owned(),
        });
    });
    migrator.run_blocking(&mut database.connect().unwrap(), Command::Up).unwrap();
    let told = told.lock().unwrap();
    assert_eq!(*told, ["up 1_a.sql 1/2", "done 1_a.sql", "up 2_b.sql 2/2", "done 2_b.sql"]);
}

#[test]
fn versions_are_numbers_that_no_other_file_has() {
    let database = database();
    let mut client = database.connect().unwrap();
    let twice = up(&mut client, &[table(1, "a"), table(1, "b")]).unwrap_err();
    assert!(matches!(twice.kind(), RunErrorKind::Duplicate(..)), "{twice}");
    let none = up(&mut client, &[migration("schema.sql", "-- +goose Up\nSELECT 1;\n")]).unwrap_err();
    assert!(matches!(none.kind(), RunErrorKind::Unnumbered(path) if path == "schema.sql"), "{none}");
    assert_eq!(tables(&database), NOTHING);
}
