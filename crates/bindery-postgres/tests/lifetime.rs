//! No server and no folder is left, however the process that had them ends.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::{Holder, folder, hold, is_running, kill, said, scratch, set_mode, until};

#[test]
fn nothing_is_left_after_success() {
    let holder = Holder::start(hold());
    let (folder, server) = (holder.folder(), holder.server());
    assert!(folder.exists() && is_running(server));
    holder.end();
    assert!(!folder.exists() && !is_running(server));
}

#[test]
fn nothing_is_left_after_a_panic() {
    let output = hold().arg("--panic").stdin(Stdio::null()).output().unwrap();
    assert!(said(&output).contains("as asked"));
    assert!(!folder(String::from_utf8(output.stdout).unwrap().trim()).exists());
}

#[test]
fn nothing_is_left_after_an_exit_that_drops_nothing() {
    let output = hold().arg("--exit").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let folder = folder(String::from_utf8(output.stdout).unwrap().trim());
    until("the folder is gone", || !folder.exists());
}

#[test]
fn nothing_is_left_after_a_kill() {
    let mut holder = Holder::start(hold());
    let (folder, server) = (holder.folder(), holder.server());
    holder.kill();
    until("server and folder are gone", || !is_running(server) && !folder.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn the_server_ends_when_its_guard_is_killed_too_and_the_next_start_sweeps_the_folder() {
    let mut holder = Holder::start(hold());
    let (folder, server) = (holder.folder(), holder.server());
    kill(guard_of(&holder));
    holder.kill();
    until("the server is gone", || !is_running(server));
    // Any start does it, so that of another test may have been first.
    Holder::start(hold()).end();
    assert!(!folder.exists());
}

/// The other child.
#[cfg(target_os = "linux")]
fn guard_of(holder: &Holder) -> u32 {
    let output =
        Command::new("pgrep").args(["-f", "-P", &holder.child.id().to_string(), "bindery-guard"]).output();
    String::from_utf8(output.unwrap().stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn nothing_is_left_of_a_server_that_fails_and_the_error_has_what_it_said() {
    let bin = scratch("failing-server");
    let real = bindery_postgres::Installation::find().unwrap().bin_dir().to_owned();
    for name in ["initdb", "pg_resetwal", "pg_ctl"] {
        std::os::unix::fs::symlink(real.join(name), bin.join(name)).unwrap();
    }
    let seen = bin.join("seen");
    fs::write(&seen, "").unwrap();
    set_mode(&seen, 0o666);
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -D ]; then echo \"$2\" >> {}; echo no luck today >&2; exit 3; fi\nexec {}/postgres \"$@\"\n",
        seen.display(),
        real.display()
    );
    fs::write(bin.join("postgres"), script).unwrap();
    set_mode(&bin.join("postgres"), 0o755);
    let cache = scratch("failing-server-cache");
    let output = hold().env("BINDERY_PG_BIN", &bin).env("BINDERY_CACHE_DIR", cache).output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("no luck today"), "{}", said(&output));
    let seen = fs::read_to_string(seen).unwrap();
    // From the cache, and then from a cluster made afresh.
    assert_eq!(seen.lines().count(), 2);
    assert!(seen.lines().all(|data| !fs::exists(data).unwrap()));
}

#[test]
fn control_c_ends_all() {
    let mut holder = Holder::start(hold());
    let (folder, server) = (holder.folder(), holder.server());
    let interrupt = Command::new("kill").args(["-INT", &holder.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert!(!holder.child.wait().unwrap().success());
    until("server and folder are gone", || !is_running(server) && !folder.exists());
}

#[test]
fn two_processes_make_the_cached_cluster_at_once() {
    let cache = scratch("cache-at-once");
    let command = || {
        let mut command = hold();
        command.env("BINDERY_CACHE_DIR", &cache);
        command
    };
    let both = std::thread::scope(|scope| {
        [(); 2].map(|()| scope.spawn(|| Holder::start(command()))).map(|holder| holder.join().unwrap())
    });
    both.into_iter().for_each(Holder::end);
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 2, "a cluster and a lock");
}

#[test]
fn a_damaged_cached_cluster_is_made_anew() {
    let cache = scratch("cache-damaged");
    let start = || {
        let mut command = hold();
        command.env("BINDERY_CACHE_DIR", &cache);
        Holder::start(command).end();
    };
    start();
    let cluster = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let cluster = cluster.unwrap();
    // Seen when it is copied, and seen only by a server that starts from it.
    fs::remove_file(cluster.join("global/pg_control")).unwrap();
    start();
    assert!(cluster.join("global/pg_control").exists());
    fs::write(cluster.join("global/pg_control"), "").unwrap();
    start();
    assert!(!cluster.exists(), "thrown away, since no server starts from it");
    start();
    assert!(fs::metadata(cluster.join("global/pg_control")).unwrap().len() > 0);
}

#[test]
fn a_folder_without_programs_is_an_error_that_says_so() {
    let output = hold().env("BINDERY_PG_BIN", "/nowhere").output().unwrap();
    assert!(!output.status.success());
    let said = said(&output);
    assert!(said.contains("BINDERY_PG_BIN") && said.contains("/nowhere"), "{said}");
}

#[test]
fn variables_for_clients_do_not_reach_the_server() {
    let mut command = hold();
    command.env("PGPORT", "6000").env("PGDATA", "/nowhere").env("PGDATESTYLE", "German");
    Holder::start(command).end();
}
