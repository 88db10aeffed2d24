//! As root, as nobody, and where little is allowed. These need root, and some need namespaces; they say when they skip.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use common::{Holder, Place, WAIT, hold, hold_in, is_root, said, this_program};

const NOBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/// Whether a program with these words in front of it runs here.
fn can(wrapper: &[&str]) -> bool {
    let tried = Command::new(wrapper[0]).args(&wrapper[1..]).arg("true").stderr(Stdio::null()).status();
    let can = is_root() && tried.is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: `{}` does not work here", wrapper.join(" "));
    }
    can
}

#[test]
fn nobody_can_with_no_home_to_write_to() {
    if !can(&NOBODY) {
        return;
    }
    // It may not be allowed to enter the folder of the checkout.
    let place = Place::new("nobody", 0o755);
    let program = place.0.join("holder");
    fs::copy(this_program(), &program).unwrap();
    let temporary = Place::new("nobody-tmp", 0o777);
    let home = Place::new("nobody-home", 0o500);
    let mut command = hold_in(&NOBODY, &program);
    command.env("HOME", &home.0).env("TMPDIR", &temporary.0).env_remove("XDG_CACHE_HOME");
    let holder = Holder::of(command);
    assert_eq!(fs::metadata(holder.folder()).unwrap().uid(), 65534);
    holder.end();
    assert!(temporary.0.join("bindery-cache-65534/lock").exists());
}

#[test]
fn root_serves_as_another_even_if_only_root_can_enter_home_and_tmpdir() {
    if !can(&["env"]) {
        return;
    }
    let [home, temporary] = ["root-home", "root-tmp"].map(|name| Place::new(name, 0o700));
    let mut command = hold(WAIT);
    command.env("HOME", &home.0).env("TMPDIR", &temporary.0).env_remove("XDG_CACHE_HOME");
    command.current_dir(&home.0);
    let holder = Holder::of(command);
    assert_ne!(fs::metadata(format!("/proc/{}", holder.server())).unwrap().uid(), 0);
    let status = fs::read_to_string(format!("/proc/{}/status", holder.server())).unwrap();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
    assert_eq!(groups.trim(), "", "root's groups are given up");
    holder.end();
    assert!(home.0.join(".cache/bindery/lock").exists());
}

#[test]
fn a_root_that_may_not_become_another_user_is_told_the_way_out() {
    let wrapper = ["setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-all"];
    if !can(&wrapper) {
        return;
    }
    let output = hold_in(&wrapper, &this_program()).output().unwrap();
    assert!(!output.status.success());
    let said = said(&output);
    assert!(said.contains("BINDERY_DATABASE_URL") && said.contains("root"), "{said}");
}

#[test]
fn a_small_dev_shm_and_a_long_tmpdir_are_passed_over() {
    let script = "mount -t tmpfs -o size=64m tmpfs /dev/shm && exec \"$@\"";
    let wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"];
    if !can(&wrapper) {
        return;
    }
    let temporary = Place::new(&"long".repeat(30), 0o777);
    let mut command = hold_in(&wrapper, &this_program());
    command.env("TMPDIR", &temporary.0);
    let holder = Holder::of(command);
    assert!(holder.folder().starts_with("/tmp"), "{}", holder.url);
    holder.end();
}

#[test]
fn no_installation_is_an_error_with_the_ways_out() {
    let script = "for d in /usr/lib/postgresql /usr/local/pgsql; do \
                  if [ -d $d ]; then mount -t tmpfs tmpfs $d || exit 1; fi; done; exec \"$@\"";
    let wrapper = ["unshare", "--mount", "sh", "-c", script, "sh"];
    if !can(&wrapper) {
        return;
    }
    let mut command = hold_in(&wrapper, &this_program());
    let output = command.env_remove("BINDERY_PG_BIN").output().unwrap();
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    for way in ["/usr/lib/postgresql/*/bin", "PATH", "BINDERY_PG_BIN", "BINDERY_DATABASE_URL", "bindery.lock"]
    {
        assert!(said.contains(way), "{said}");
    }
}

/// In a place where temporary files have `room`, and nothing else can be written to but /dev/shm.
fn with_cache_of(room: &str) -> Option<Holder> {
    let script = format!("mount -t tmpfs -o {room} tmpfs /tmp && exec \"$@\"");
    let wrapper = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    if !can(&wrapper) {
        return None;
    }
    let mut command = hold_in(&wrapper, &this_program());
    command.env("HOME", "/tmp").env_remove("XDG_CACHE_HOME").env_remove("TMPDIR");
    command.env("BINDERY_TEST_KEYS", "a b");
    Some(Holder::of(command))
}

#[test]
fn without_a_cache_a_server_starts_and_keeps_nothing() {
    let Some(mut holder) = with_cache_of("ro") else { return };
    assert_eq!(holder.found, "None");
    assert!(holder.try_keep("a").contains("no cache folder can be written to"));
    holder.connect().batch_execute("CREATE TABLE t ()").unwrap();
    holder.end();
}

#[test]
fn a_full_cache_is_no_reason_to_fail() {
    let Some(mut holder) = with_cache_of("size=4m") else { return };
    assert_eq!(holder.found, "None");
    assert!(holder.try_keep("a").contains("cannot store the cluster"));
    holder.connect().batch_execute("CREATE TABLE t ()").unwrap();
    holder.end();
}
