//! Other processes that hold a server, and what becomes of it.

#![allow(dead_code, reason = "each test program uses a part")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The example `hold`, which cargo builds before it runs tests.
pub fn hold_program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().unwrap().parent().unwrap().join("examples/hold")
}

pub fn hold() -> Command {
    holding(Command::new(hold_program()))
}

/// `wrapper`, then the program: `setpriv ... hold`.
pub fn hold_in(wrapper: &[&str], program: &Path) -> Command {
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(program);
    holding(command)
}

fn holding(mut command: Command) -> Command {
    command.env_remove("BINDERY_DATABASE_URL").stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// A process that holds a server.
pub struct Holder {
    pub child: Child,
    pub url: String,
}

impl Holder {
    /// Starts it, and waits until it has the server.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        if url.is_empty() {
            panic!("it has no server: {}", said(&child.wait_with_output().unwrap()));
        }
        Self { child, url: url.trim().to_owned() }
    }

    /// Lets it end in its own way.
    pub fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `/dev/shm/bindery-0-1` of `postgresql://postgres@%2Fdev%2Fshm%2Fbindery-0-1%2Fdata/bindery`.
    pub fn folder(&self) -> PathBuf {
        folder(&self.url)
    }

    /// The number of the server's process.
    pub fn server(&self) -> u32 {
        let file = fs::read_to_string(self.folder().join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().trim().parse().unwrap()
    }
}

pub fn folder(url: &str) -> PathBuf {
    let host = url.split('@').nth(1).unwrap().split('/').next().unwrap();
    PathBuf::from(host.replace("%2F", "/")).parent().unwrap().to_owned()
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn is_running(pid: u32) -> bool {
    let signal = Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status();
    signal.unwrap().success()
}

pub fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
}

pub fn until(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        thread::sleep(Duration::from_millis(5));
    }
}

/// An empty folder that everybody can read.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    set_mode(&folder, 0o755);
    folder
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub fn is_root() -> bool {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() == 0 }
}
