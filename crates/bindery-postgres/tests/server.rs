//! Servers come, serve and go: in one process, in several, and when a process is killed.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bindery_postgres::{Installation, Server};

#[test]
fn databases_are_apart_and_go_with_their_handles() {
    let server = Server::temporary(&Installation::find().unwrap()).unwrap();
    let first = server.create_database().unwrap();
    let second = server.create_database().unwrap();
    first.connect().unwrap().batch_execute("CREATE TABLE t ()").unwrap();
    second.connect().unwrap().batch_execute("CREATE TABLE t ()").unwrap();
    let name = second.name().to_owned();
    drop(second);
    let sql = "SELECT count(*) FROM pg_database WHERE datname = $1";
    let count: i64 = first.connect().unwrap().query_one(sql, &[&name]).unwrap().get(0);
    assert_eq!(count, 0);
}

#[test]
fn a_copy_has_what_its_template_has() {
    let server = Server::temporary(&Installation::find().unwrap()).unwrap();
    for _ in 0..2 {
        let template = server.create_database().unwrap();
        template.connect().unwrap().batch_execute("CREATE TABLE t AS SELECT 7 AS n").unwrap();
        let copy = server.create_database_from(&template).unwrap();
        let n: i32 = copy.connect().unwrap().query_one("SELECT n FROM t", &[]).unwrap().get(0);
        assert_eq!(n, 7);
    }
}

#[test]
fn the_url_is_one_that_the_driver_reads() {
    let server = Server::temporary(&Installation::find().unwrap()).unwrap();
    let database = server.create_database().unwrap();
    let mut client = postgres::Client::connect(database.url(), postgres::NoTls).unwrap();
    let name: String = client.query_one("SELECT current_database()::text", &[]).unwrap().get(0);
    assert_eq!(name, database.name());
}

#[test]
fn it_listens_on_no_port() {
    let server = Server::temporary(&Installation::find().unwrap()).unwrap();
    let database = server.create_database().unwrap();
    let addresses: String =
        database.connect().unwrap().query_one("SHOW listen_addresses", &[]).unwrap().get(0);
    assert_eq!(addresses, "");
}

#[test]
fn a_server_outlives_the_thread_that_started_it() {
    let start = || Server::temporary(&Installation::find().unwrap()).unwrap();
    let server = thread::spawn(start).join().unwrap();
    server.create_database().unwrap().connect().unwrap();
}

#[test]
fn a_given_server_is_left_as_it_was() {
    let host = Server::temporary(&Installation::find().unwrap()).unwrap();
    let own = host.create_database().unwrap();
    let count = || -> i64 {
        let sql = "SELECT count(*) FROM pg_database";
        own.connect().unwrap().query_one(sql, &[]).unwrap().get(0)
    };
    let before = count();
    let given = Server::connect(own.url()).unwrap();
    assert_eq!(given.major(), host.major());
    let database = given.create_database().unwrap();
    let copy = given.create_database_from(&database).unwrap();
    assert_eq!(count(), before + 2);
    drop((database, copy, given));
    assert_eq!(count(), before);
}

#[test]
fn what_a_killed_build_left_on_a_given_server_is_swept() {
    let host = Server::temporary(&Installation::find().unwrap()).unwrap();
    let own = host.create_database().unwrap();
    let mut child = hold(&[("BINDERY_DATABASE_URL", own.url().to_owned())]);
    first_line(&mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = || -> i64 {
        let sql = "SELECT count(*) FROM pg_database WHERE datname LIKE 'bindery_tmp_%'";
        own.connect().unwrap().query_one(sql, &[]).unwrap().get(0)
    };
    assert_eq!(left(), 1);
    // The server notices the end of the killed process's connection in its own time.
    until("the database is swept", || {
        drop(Server::connect(own.url()).unwrap());
        left() == 0
    });
}

#[test]
fn nothing_is_left_after_success() {
    let mut child = hold(&[]);
    let (folder, pid) = folder_and_pid(&first_line(&mut child));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(!folder.exists() && !is_running(pid));
}

#[test]
fn nothing_is_left_after_a_panic() {
    let mut command = hold_command(&[]);
    let output = command.arg("--panic").stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    let folder = socket_folder(String::from_utf8(output.stdout).unwrap().trim());
    assert!(!folder.exists());
}

#[test]
fn nothing_is_left_after_a_kill() {
    let mut child = hold(&[]);
    let (folder, pid) = folder_and_pid(&first_line(&mut child));
    assert!(is_running(pid));
    child.kill().unwrap();
    child.wait().unwrap();
    until("server and folder are gone", || !is_running(pid) && !folder.exists());
}

#[test]
fn two_processes_make_the_cached_cluster_at_once() {
    let cache = scratch("cache-at-once");
    let envs = [("BINDERY_CACHE_DIR", cache.display().to_string())];
    let mut children = [hold(&envs), hold(&envs)];
    for child in &mut children {
        assert!(first_line(child).starts_with("postgresql://"));
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
    assert!(std::fs::read_dir(&cache).unwrap().count() == 2, "a cluster and a lock");
}

#[test]
fn a_damaged_cached_cluster_is_made_anew() {
    let cache = scratch("cache-damaged");
    let envs = [("BINDERY_CACHE_DIR", cache.display().to_string())];
    for _ in 0..2 {
        let mut child = hold(&envs);
        assert!(first_line(&mut child).starts_with("postgresql://"));
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        let mut clusters = std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
        let cluster = clusters.find(|path| path.is_dir()).unwrap();
        std::fs::remove_file(cluster.join("global/pg_control")).unwrap();
    }
}

#[test]
fn no_program_is_an_error_that_says_so() {
    let output = hold_command(&[("BINDERY_PG_BIN", "/nowhere".to_owned())]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("BINDERY_PG_BIN") && said.contains("/nowhere"), "{said}");
}

fn hold_command(envs: &[(&str, String)]) -> Command {
    let tests = std::env::current_exe().unwrap();
    let example = tests.parent().unwrap().parent().unwrap().join("examples/hold");
    let mut command = Command::new(example);
    command.env_remove("BINDERY_DATABASE_URL").envs(envs.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn hold(envs: &[(&str, String)]) -> Child {
    hold_command(envs).stderr(Stdio::inherit()).spawn().unwrap()
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

/// `/dev/shm/bindery-0-1-0` of `postgresql://postgres@%2Fdev%2Fshm%2Fbindery-0-1-0%2Fdata/bindery`.
fn socket_folder(url: &str) -> PathBuf {
    let host = url.split('@').nth(1).unwrap().split('/').next().unwrap();
    let data = PathBuf::from(host.replace("%2F", "/"));
    data.parent().unwrap().to_owned()
}

fn folder_and_pid(url: &str) -> (PathBuf, u32) {
    let folder = socket_folder(url);
    let mut text = String::new();
    std::fs::File::open(folder.join("data/postmaster.pid")).unwrap().read_to_string(&mut text).unwrap();
    (folder, text.lines().next().unwrap().trim().parse().unwrap())
}

fn is_running(pid: u32) -> bool {
    Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status().unwrap().success()
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        thread::sleep(Duration::from_millis(20));
    }
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
