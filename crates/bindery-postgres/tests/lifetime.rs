//! Nothing is left by a process that ends in its own way, and no damage to the cache is fatal.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::Stdio;

use common::{Holder, PANIC, Place, WAIT, folder_of, hold, is_running, said, set_mode, until, without_bytes};

#[test]
fn nothing_is_left_after_success() {
    let holder = Holder::start();
    let (folder, server) = (holder.folder(), holder.server());
    assert!(folder.exists() && is_running(server));
    holder.end();
    until("server and folder are gone", || !is_running(server) && !folder.exists());
}

#[test]
fn nothing_is_left_after_a_panic() {
    let output = hold(PANIC).stdin(Stdio::null()).output().unwrap();
    assert!(said(&output).contains("as asked"));
    let folder = folder_of(&output);
    until("the folder is gone", || !folder.exists());
}

#[test]
fn nothing_is_left_of_a_server_that_fails_and_the_error_has_what_it_said() {
    let bin = Place::new("failing-server", 0o755);
    let real = bindery_postgres::Installation::find().unwrap().bin_dir().to_owned();
    for name in ["initdb", "pg_resetwal", "pg_ctl"] {
        std::os::unix::fs::symlink(real.join(name), bin.0.join(name)).unwrap();
    }
    let seen = bin.0.join("seen");
    fs::write(&seen, "").unwrap();
    set_mode(&seen, 0o666);
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -D ]; then echo \"$2\" >> {}; echo no luck today >&2; exit 3; fi\nexec {}/postgres \"$@\"\n",
        seen.display(),
        real.display()
    );
    fs::write(bin.0.join("postgres"), script).unwrap();
    set_mode(&bin.0.join("postgres"), 0o755);
    let cache = Place::new("failing-server-cache", 0o755);
    let output =
        hold(WAIT).env("BINDERY_PG_BIN", &bin.0).env("BINDERY_CACHE_DIR", &cache.0).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("no luck today"), "{}", said(&output));
    let seen = fs::read_to_string(seen).unwrap();
    // From the cache, and then from a cluster made afresh.
    assert_eq!(seen.lines().count(), 2);
    until("the folders are gone", || seen.lines().all(|data| !fs::exists(data).unwrap()));
}

#[test]
fn two_processes_make_the_cached_cluster_at_once() {
    let cache = Place::new("cache-at-once", 0o755);
    let both = std::thread::scope(|scope| {
        [(); 2]
            .map(|()| scope.spawn(|| Holder::with("BINDERY_CACHE_DIR", &cache.0)))
            .map(|holder| holder.join().unwrap())
    });
    both.into_iter().for_each(Holder::end);
    assert_eq!(fs::read_dir(&cache.0).unwrap().count(), 2, "a cluster and a lock");
}

#[test]
fn a_damaged_cached_cluster_is_made_anew() {
    let cache = Place::new("cache-damaged", 0o755);
    let start = || Holder::with("BINDERY_CACHE_DIR", &cache.0).end();
    start();
    let cluster = fs::read_dir(&cache.0).unwrap().map(|entry| entry.unwrap().path());
    let cluster = cluster.into_iter().find(|path| path.file_name().unwrap() != "lock").unwrap();
    // Seen when it is opened, and seen only by a server that starts from it.
    let whole = fs::read(&cluster).unwrap();
    fs::write(&cluster, &whole[..whole.len() / 2]).unwrap();
    start();
    assert_eq!(fs::metadata(&cluster).unwrap().len(), whole.len() as u64, "made anew");
    fs::write(&cluster, without_bytes(&whole)).unwrap();
    start();
    assert!(!cluster.exists(), "thrown away, since no server starts from it");
    start();
    assert!(cluster.exists());
}

#[test]
fn a_folder_without_programs_is_an_error_that_says_so() {
    let output = hold(WAIT).env("BINDERY_PG_BIN", "/nowhere").output().unwrap();
    assert!(!output.status.success());
    let said = said(&output);
    assert!(said.contains("BINDERY_PG_BIN") && said.contains("/nowhere"), "{said}");
}

#[test]
fn variables_for_clients_do_not_reach_the_server() {
    Holder::with("PGPORT", "6000").end();
    Holder::with("PGDATA", "/nowhere").end();
}
