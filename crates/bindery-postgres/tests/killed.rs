//! Nothing is left by a process that is killed. One test at a time: another one's start would sweep what this one looks for.

#![allow(clippy::unwrap_used)]

mod common;

use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::{EXIT, Holder, folder_of, hold, is_running, kill, until};

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn nothing_is_left_after_an_exit_that_drops_nothing() {
    let _alone = alone();
    let output = hold(EXIT).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let folder = folder_of(&output);
    until("the folder is gone", || !folder.exists());
}

#[test]
fn nothing_is_left_after_a_kill() {
    let _alone = alone();
    let mut holder = Holder::start();
    let (folder, server) = (holder.folder(), holder.server());
    holder.kill();
    until("server and folder are gone", || !is_running(server) && !folder.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn the_server_ends_when_its_guard_is_killed_too_and_the_next_start_sweeps_the_folder() {
    let _alone = alone();
    let mut holder = Holder::start();
    let (folder, server) = (holder.folder(), holder.server());
    kill(guard_of(&holder));
    holder.kill();
    until("the server is gone", || !is_running(server));
    // Any start does it.
    Holder::start().end();
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
fn control_c_ends_all() {
    let _alone = alone();
    let mut holder = Holder::start();
    let (folder, server) = (holder.folder(), holder.server());
    let interrupt = Command::new("kill").args(["-INT", &holder.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert!(!holder.child.wait().unwrap().success());
    until("server and folder are gone", || !is_running(server) && !folder.exists());
}
