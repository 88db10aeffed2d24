//! Other processes that hold a server, and what becomes of it.

#![allow(dead_code, reason = "each test program uses a part")]
#![allow(clippy::print_stdout, reason = "the URL is handed to the process that asked")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bindery_postgres::{Client, NoTls, Server};

/// What the process does that holds a server; also the value of `BINDERY_TEST_HOLD`.
pub const WAIT: &str = "wait for the end of standard input";
pub const PANIC: &str = "panic";
pub const EXIT: &str = "exit";

/// The other side: this is a test for the harness only.
#[test]
fn hold_if_asked() {
    let Ok(then) = std::env::var("BINDERY_TEST_HOLD") else { return };
    let keys = std::env::var("BINDERY_TEST_KEYS").unwrap_or_default();
    let keys: Vec<String> = keys.split_whitespace().map(ToOwned::to_owned).collect();
    let (server, found) = Server::start_from(&keys).unwrap();
    let database = server.create_database().unwrap();
    drop(database.connect().unwrap());
    println!("{} {found:?}", database.url());
    match then.as_str() {
        PANIC => panic!("as asked"),
        EXIT => std::process::exit(7),
        _ => obey(&server),
    }
}

/// `keep KEY` and `create` on standard input, each answered by a line.
fn obey(server: &Server) {
    let mut databases = Vec::new();
    for line in std::io::stdin().lines() {
        match line.unwrap().split_once("keep ") {
            Some((_, key)) => println!("{:?}", server.keep(key).map_err(|error| error.to_string())),
            None => {
                databases.push(server.create_database().unwrap());
                println!("{}", databases.last().unwrap().url());
            }
        }
    }
}

/// This program, as one that starts a server and then does what `then` says.
pub fn hold(then: &str) -> Command {
    holding(Command::new(this_program()), then)
}

/// The same with words in front, such as `setpriv --clear-groups`, and the program where it was copied to.
pub fn hold_in(wrapper: &[&str], program: &Path) -> Command {
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(program);
    holding(command, WAIT)
}

pub fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn holding(mut command: Command, then: &str) -> Command {
    command.args(["--exact", "common::hold_if_asked", "--nocapture"]);
    command.env("BINDERY_TEST_HOLD", then).env_remove("BINDERY_DATABASE_URL");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The URL among what the harness prints around it, and the index of the key that was found.
fn url(mut output: impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        if let Some(at) = line.find("postgresql://") {
            let (url, found) = line[at..].trim().split_once(' ').unwrap();
            return Some((url.to_owned(), found.to_owned()));
        }
        line.clear();
    }
    None
}

/// A process that holds a server.
pub struct Holder {
    pub child: Child,
    pub url: String,
    /// `Some(0)` if it started from the first of the keys that it was given.
    pub found: String,
    output: BufReader<ChildStdout>,
}

impl Holder {
    /// Starts one that waits.
    pub fn start() -> Self {
        Self::of(hold(WAIT))
    }

    /// The same with a variable set.
    pub fn with(name: &str, value: impl AsRef<OsStr>) -> Self {
        let mut command = hold(WAIT);
        command.env(name, value);
        Self::of(command)
    }

    /// Starts it, and waits until it has the server.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let Some((url, found)) = url(&mut output) else {
            panic!("it has no server: {}", said(&child.wait_with_output().unwrap()));
        };
        Self { child, url, found, output }
    }

    /// Has it keep the server's state.
    pub fn keep(&mut self, key: &str) {
        assert_eq!(self.try_keep(key), "Ok(())");
    }

    pub fn try_keep(&mut self, key: &str) -> String {
        self.ask(&format!("keep {key}"))
    }

    /// Has it create a further database; gives its URL.
    pub fn create(&mut self) -> String {
        self.ask("create")
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim().to_owned()
    }

    /// A connection to its first database.
    pub fn connect(&self) -> Client {
        Client::connect(&self.url, NoTls).unwrap()
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

/// The folder of a server whose process has ended.
pub fn folder_of(output: &Output) -> PathBuf {
    folder(&url(&*output.stdout).unwrap().0)
}

fn folder(url: &str) -> PathBuf {
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

/// A cached cluster with all its files, and nothing but zeros in them.
pub fn without_bytes(archive: &[u8]) -> Vec<u8> {
    let index = archive.windows(10).position(|bytes| bytes == b"PG_VERSION").unwrap();
    let mut archive = archive.to_owned();
    // The paths end a few kilobytes after that.
    archive[index + 100_000..].fill(0);
    archive
}

/// An empty folder among temporary files, removed when dropped.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new(name: &str, mode: u32) -> Self {
        let path = std::env::temp_dir().join(format!("bindery-test-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        set_mode(&path, mode);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub fn is_root() -> bool {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() == 0 }
}
