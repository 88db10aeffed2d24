//! States that are kept under a key, and servers that start from them.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use bindery_postgres::{Client, NoTls, Server};
use common::{Holder, Place, WAIT, hold, without_bytes};

/// A process with a server that starts from the first of `keys` in a cache of its own.
fn start(cache: &Place, keys: &str) -> Holder {
    let mut command = hold(WAIT);
    command.env("BINDERY_CACHE_DIR", &cache.0).env("BINDERY_TEST_KEYS", keys);
    Holder::of(command)
}

/// The file of a state.
fn state(cache: &Path, key: &str) -> Option<PathBuf> {
    let files = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.to_string_lossy().ends_with(&format!("-{key}")))
}

fn number(client: &mut Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn a_state_holds_tables_rows_and_roles() {
    let cache = Place::new("kept-tables", 0o755);
    let mut first = start(&cache, "a");
    assert_eq!(first.found, "None");
    let sql = "CREATE ROLE driver; CREATE TABLE cars (id serial PRIMARY KEY, plate text UNIQUE);
        INSERT INTO cars (plate) SELECT n::text FROM generate_series(1, 1000) n;
        CREATE VIEW plates AS SELECT plate FROM cars; ALTER TABLE cars OWNER TO driver";
    first.connect().batch_execute(sql).unwrap();
    first.keep("a");
    // The server goes on, and what it does now is not part of the state.
    first.connect().batch_execute("DELETE FROM cars; DROP VIEW plates").unwrap();
    first.end();
    let mut second = start(&cache, "b a");
    assert_eq!(second.found, "Some(1)");
    let mut client = second.connect();
    assert_eq!(number(&mut client, "SELECT sum(plate::int8)::int8 FROM plates"), 500_500);
    assert_eq!(number(&mut client, "SELECT count(*) FROM pg_tables WHERE tableowner = 'driver'"), 1);
    assert_eq!(number(&mut client, "INSERT INTO cars (plate) VALUES ('x') RETURNING id::int8"), 1001);
    // The next one is empty, as ever.
    let mut empty = Client::connect(&second.create(), NoTls).unwrap();
    let tables = "SELECT count(*) FROM pg_class WHERE relname IN ('cars', 'plates')";
    assert_eq!(number(&mut empty, tables), 0);
    second.end();
}

#[test]
fn the_first_key_wins_and_a_key_that_is_kept_again_has_the_later_state() {
    let cache = Place::new("kept-first", 0o755);
    let mut server = start(&cache, "");
    server.keep("a");
    server.connect().batch_execute("CREATE TABLE b ()").unwrap();
    server.keep("b");
    server.end();
    let mut server = start(&cache, "a b");
    assert_eq!(server.found, "Some(0)");
    server.connect().batch_execute("CREATE TABLE b (); CREATE TABLE c ()").unwrap();
    server.keep("a");
    server.end();
    let server = start(&cache, "x a b");
    assert_eq!(server.found, "Some(1)");
    server.connect().batch_execute("TABLE c").unwrap();
    server.end();
}

#[test]
fn a_state_is_private_and_knows_when_it_was_used() {
    let cache = Place::new("kept-used", 0o755);
    let mut server = start(&cache, "");
    ["a", "b"].iter().for_each(|key| server.keep(key));
    server.end();
    let [a, b] = ["a", "b"].map(|key| state(&cache.0, key).unwrap());
    let used = |state: &Path| fs::metadata(state).unwrap().modified().unwrap();
    for state in [&a, &b] {
        fs::File::open(state).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(fs::metadata(state).unwrap().permissions().mode() & 0o777, 0o600);
    }
    start(&cache, "a b").end();
    assert!(used(&a) > SystemTime::UNIX_EPOCH);
    assert_eq!(used(&b), SystemTime::UNIX_EPOCH);
}

#[test]
fn states_build_on_one_another() {
    let cache = Place::new("kept-chain", 0o755);
    let digest = "SELECT count(*) + sum(hashtext(n || t)::int8)::int8 FROM rows";
    let mut server = start(&cache, "");
    server.connect().batch_execute("CREATE TABLE rows (n int PRIMARY KEY, t text)").unwrap();
    for round in 0..10 {
        let mut client = server.connect();
        let sql = format!(
            "INSERT INTO rows SELECT n, repeat(md5(n::text), 100) FROM generate_series({}, {}) n;
             UPDATE rows SET t = t || 'x' WHERE n % 7 = {}; CREATE TABLE t{round} AS SELECT * FROM rows;",
            round * 500,
            round * 500 + 499,
            round % 7
        );
        client.batch_execute(&sql).unwrap();
        let before = number(&mut client, digest);
        server.keep(&format!("state{round}"));
        // Part of no state, and in the log only.
        client.batch_execute("UPDATE rows SET t = NULL").unwrap();
        drop(client);
        server.end();
        server = start(&cache, &format!("state{} state{round}", round + 1));
        assert_eq!(server.found, "Some(1)");
        let mut client = server.connect();
        assert_eq!(number(&mut client, digest), before);
        client.batch_execute("SET enable_seqscan = off").unwrap();
        assert_eq!(number(&mut client, "SELECT count(*) FROM rows WHERE n >= 0"), (round + 1) * 500);
        for table in 0..=round {
            let sql = format!("SELECT count(*) FROM t{table}");
            assert_eq!(number(&mut client, &sql), (table + 1) * 500);
        }
    }
    server.end();
}

#[test]
fn a_damaged_state_is_passed_over_and_thrown_away() {
    let cache = Place::new("kept-damaged", 0o755);
    let mut server = start(&cache, "");
    server.connect().batch_execute("CREATE TABLE t ()").unwrap();
    ["whole", "short", "empty", "other", "zeros"].iter().for_each(|key| server.keep(key));
    server.end();
    let file = |key: &str| state(&cache.0, key);
    let whole = fs::read(file("whole").unwrap()).unwrap();
    fs::write(file("short").unwrap(), &whole[..whole.len() - 1]).unwrap();
    fs::write(file("empty").unwrap(), "").unwrap();
    // The version of the format.
    let other = [&whole[..15], b"\xff", &whole[16..]].concat();
    fs::write(file("other").unwrap(), other).unwrap();
    // Seen only by a server that starts from it.
    fs::write(file("zeros").unwrap(), without_bytes(&whole)).unwrap();
    let server = start(&cache, "short empty other zeros whole");
    assert_eq!(server.found, "Some(4)");
    server.connect().batch_execute("TABLE t").unwrap();
    server.end();
    for key in ["short", "empty", "other", "zeros"] {
        assert_eq!(file(key), None, "{key}");
    }
    fs::write(file("whole").unwrap(), "").unwrap();
    let server = start(&cache, "whole");
    assert_eq!(server.found, "None");
    server.end();
}

#[test]
fn a_state_of_another_server_version_is_none() {
    let cache = Place::new("kept-version", 0o755);
    let mut server = start(&cache, "");
    server.keep("a");
    server.end();
    let file = state(&cache.0, "a").unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().replacen("kept-", "kept-9", 1);
    fs::rename(&file, cache.0.join(name)).unwrap();
    let server = start(&cache, "a");
    assert_eq!(server.found, "None");
    server.end();
}

#[test]
fn unlogged_tables_are_kept_only_without_rows() {
    let cache = Place::new("kept-unlogged", 0o755);
    let mut server = start(&cache, "");
    let sql = "CREATE UNLOGGED TABLE leaders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
        CREATE INDEX ON leaders USING gin (to_tsvector('simple', name)); CREATE INDEX ON leaders USING hash (name)";
    server.connect().batch_execute(sql).unwrap();
    server.keep("empty");
    server.connect().batch_execute("INSERT INTO leaders (name) VALUES ('x')").unwrap();
    assert!(server.try_keep("full").contains("unlogged tables hold rows"));
    server.end();
    let server = start(&cache, "full empty");
    assert_eq!(server.found, "Some(1)");
    let mut client = server.connect();
    assert_eq!(number(&mut client, "INSERT INTO leaders (name) VALUES ('y') RETURNING id::int8"), 1);
    drop(client);
    server.end();
}

#[test]
fn a_state_with_further_databases_does_not_stand_in_the_way_of_new_ones() {
    let cache = Place::new("kept-further", 0o755);
    let mut server = start(&cache, "");
    server.create();
    server.keep("a");
    server.end();
    let mut server = start(&cache, "a");
    Client::connect(&server.create(), NoTls).unwrap().batch_execute("CREATE TABLE t ()").unwrap();
    server.end();
}

#[test]
fn processes_keep_and_start_under_one_key_at_once() {
    let cache = Place::new("kept-at-once", 0o755);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let mut server = start(&cache, "a");
                    let mut client = server.connect();
                    let sql = "CREATE TABLE IF NOT EXISTS t AS SELECT n FROM generate_series(1, 1000) n";
                    client.batch_execute(sql).unwrap();
                    assert_eq!(number(&mut client, "SELECT sum(n) FROM t"), 500_500);
                    drop(client);
                    server.keep("a");
                    server.end();
                }
            });
        }
    });
    assert!(start(&cache, "a").found == "Some(0)");
}

#[test]
fn a_given_server_finds_and_keeps_nothing() {
    let cache = Place::new("kept-given", 0o755);
    let mut own = start(&cache, "");
    own.keep("a");
    let files = || fs::read_dir(&cache.0).unwrap().count();
    let (before, databases) = (files(), "SELECT count(*) FROM pg_database");
    let mut command = hold(WAIT);
    command.env("BINDERY_CACHE_DIR", &cache.0).env("BINDERY_TEST_KEYS", "a");
    command.env("BINDERY_DATABASE_URL", &own.url);
    let mut given = Holder::of(command);
    assert_eq!(given.found, "None");
    given.keep("b");
    assert_eq!(files(), before);
    given.end();
    assert_eq!(number(&mut own.connect(), databases), 2);
    own.end();
}

#[test]
fn a_key_that_is_no_file_name_is_refused() {
    let error = Server::start_from(&["../a".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("../a"), "{error}");
}
