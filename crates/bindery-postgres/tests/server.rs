//! Databases come and go, on a temporary server and on a given one.

#![allow(clippy::unwrap_used)]

mod common;

use std::thread;

use bindery_postgres::{Installation, Server};
use common::{Holder, is_running, until};

fn temporary() -> Server {
    Server::temporary(&Installation::find().unwrap()).unwrap()
}

fn number(client: &mut postgres::Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn databases_are_apart_and_go_with_their_handles() {
    let server = temporary();
    let first = server.create_database().unwrap();
    let second = server.create_database().unwrap();
    first.connect().unwrap().batch_execute("CREATE TABLE t ()").unwrap();
    // A session that is still there does not keep the database.
    let mut session = second.connect().unwrap();
    session.batch_execute("CREATE TABLE t ()").unwrap();
    let sql = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", second.name());
    assert_eq!(number(&mut first.connect().unwrap(), &sql), 1);
    drop(second);
    assert_eq!(number(&mut first.connect().unwrap(), &sql), 0);
}

#[test]
fn a_copy_has_what_its_template_has() {
    let server = temporary();
    for _ in 0..2 {
        let template = server.create_database().unwrap();
        template.connect().unwrap().batch_execute("CREATE TABLE t AS SELECT 7::int8 AS n").unwrap();
        let copy = server.create_database_from(&template).unwrap();
        assert_eq!(number(&mut copy.connect().unwrap(), "SELECT n FROM t"), 7);
    }
}

#[test]
fn a_template_in_use_is_an_error() {
    let server = temporary();
    let template = server.create_database().unwrap();
    let _session = template.connect().unwrap();
    let error = server.create_database_from(&template).unwrap_err();
    assert!(format!("{error:?}").contains("being accessed by other users"), "{error:?}");
}

#[test]
fn many_threads_create_databases_at_once() {
    let server = temporary();
    let template = server.create_database().unwrap();
    template.connect().unwrap().batch_execute("CREATE TABLE t AS SELECT 1::int8 AS n").unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let empty = server.create_database().unwrap();
                let copy = server.create_database_from(&template).unwrap();
                empty.connect().unwrap().batch_execute("CREATE TABLE t ()").unwrap();
                assert_eq!(number(&mut copy.connect().unwrap(), "SELECT n FROM t"), 1);
            });
        }
    });
}

#[test]
fn the_url_is_one_that_the_driver_reads() {
    let database = temporary().create_database().unwrap();
    let mut client = postgres::Client::connect(database.url(), postgres::NoTls).unwrap();
    let name: String = client.query_one("SELECT current_database()::text", &[]).unwrap().get(0);
    assert_eq!(name, database.name());
}

#[test]
fn it_is_as_the_documentation_says() {
    let database = temporary().create_database().unwrap();
    let mut client = database.connect().unwrap();
    let settings = [
        ("listen_addresses", ""),
        ("fsync", "off"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
        ("TimeZone", "UTC"),
        ("max_connections", "100"),
    ];
    for (name, expected) in settings {
        let sql = "SELECT current_setting($1, true)";
        let value: Option<String> = client.query_one(sql, &[&name]).unwrap().get(0);
        // From 16 on a database's locale is no setting.
        assert!(value.is_none() || value.as_deref() == Some(expected), "{name} is {value:?}");
    }
    assert_eq!(number(&mut client, "SELECT (current_setting('server_version_num')::int / 10000)::int8"), {
        i64::from(database.server().major())
    });
}

#[test]
fn a_server_outlives_the_thread_that_started_it_and_its_first_handle() {
    let server = thread::spawn(temporary).join().unwrap();
    let database = server.create_database().unwrap();
    drop(server);
    assert_eq!(number(&mut database.connect().unwrap(), "SELECT 1::int8"), 1);
}

#[test]
fn a_process_that_goes_on_has_nothing_left_of_a_server_either() {
    let server = temporary();
    let database = server.create_database().unwrap();
    let url = database.url().to_owned();
    let data = url.split(['@', '/']).nth(3).unwrap().replace("%2F", "/");
    let folder = std::path::Path::new(&data).parent().unwrap();
    let number = std::fs::read_to_string(format!("{data}/postmaster.pid")).unwrap();
    let number: u32 = number.lines().next().unwrap().parse().unwrap();
    drop((database, server));
    // A process that nobody waited for would still have its number.
    until("server and folder are gone", || !folder.exists() && !is_running(number));
}

#[test]
fn databases_come_and_go_in_async_code() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let server = temporary();
        let (first, second) = (server.create_database().unwrap(), server.create_database().unwrap());
        let given = Server::connect(first.url()).unwrap();
        drop((given.create_database().unwrap(), given, second, first, server));
    });
}

#[test]
fn a_given_server_is_left_as_it_was() {
    let own = temporary().create_database().unwrap();
    let count = || number(&mut own.connect().unwrap(), "SELECT count(*) FROM pg_database");
    let before = count();
    let given = Server::connect(own.url()).unwrap();
    assert_eq!(given.major(), own.server().major());
    let database = given.create_database().unwrap();
    let copy = given.create_database_from(&database).unwrap();
    copy.connect().unwrap().batch_execute("CREATE TABLE t ()").unwrap();
    assert_eq!(count(), before + 2);
    drop((database, copy, given));
    assert_eq!(count(), before);
}

#[test]
fn what_a_killed_build_left_on_a_given_server_is_swept() {
    let own = temporary().create_database().unwrap();
    let left = || {
        let sql = r"SELECT count(*) FROM pg_database WHERE datname LIKE 'bindery\_tmp\_%'";
        number(&mut own.connect().unwrap(), sql)
    };
    let mut holder = Holder::with("BINDERY_DATABASE_URL", own.url());
    // Another build that is given another database of the same server leaves the first one's alone.
    let elsewhere = own.server().create_database().unwrap();
    drop(Server::connect(elsewhere.url()).unwrap());
    assert_eq!(left(), 1);
    holder.kill();
    assert_eq!(left(), 1);
    // The server notices the end of the killed process's connection in its own time.
    until("the database is swept", || {
        drop(Server::connect(elsewhere.url()).unwrap());
        left() == 0
    });
}

#[test]
fn a_given_server_that_is_not_there_is_an_error_that_says_so() {
    let error = Server::connect("postgresql://nobody@127.0.0.1:1/none").unwrap_err();
    assert!(error.to_string().contains("BINDERY_DATABASE_URL"), "{error}");
    assert!(format!("{error:?}").contains("refused"), "{error:?}");
    let error = Server::connect("postgresql://h/?no_such_word=1").unwrap_err();
    assert!(format!("{error:?}").contains("no_such_word"), "{error:?}");
}
