//! A running temporary cluster: the server's process, its guard, its folder.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use postgres::NoTls;

use crate::error::Error;
use crate::folder::Folder;
use crate::installation::Installation;
use crate::template::{self, FIRST_DATABASE, SUPERUSER};
use crate::user::User;

/// Long enough for a loaded machine; a server takes 40 ms.
const PATIENCE: Duration = Duration::from_secs(60);

/// Speed in place of safety: the data is worth nothing after the process. The log is off, since a build has the server
/// send its trees as messages.
const SETTINGS: [&str; 14] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=100",
    "shared_buffers=16MB",
    "max_wal_senders=0",
    "wal_level=minimal",
    "log_min_messages=panic",
    "log_min_error_statement=panic",
    "max_worker_processes=2",
    "jit=off",
    "dynamic_shared_memory_type=mmap",
];

/// Cleans up when the process that owns the server is gone, however it went: its end of the pipe then closes. A line on
/// the pipe says that the owner has cleaned up itself.
const GUARD: &str = r#"
    if read -r line; then exit 0; fi
    kill -QUIT "$1" 2>/dev/null
    for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$1" 2>/dev/null
    rm -rf -- "$2"
"#;

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    process: Child,
    guard: Child,
    guard_pipe: Option<ChildStdin>,
    folder: Folder,
}

impl Cluster {
    /// Starts a server and waits until it answers.
    pub fn start(installation: &Installation) -> Result<Self, Error> {
        let user = User::unprivileged()?;
        let folder = Folder::create(user)?;
        template::instantiate(installation, user, &folder)?;
        let log = folder.path().join("log");
        let mut command = command(installation, &folder, &log)?;
        if let Some(user) = user {
            user.apply(&mut command);
        }
        let mut process = command.spawn().map_err(Error::because(format!(
            "cannot start {}; if this user may not become another, set BINDERY_DATABASE_URL",
            installation.bin_dir().join("postgres").display()
        )))?;
        let guarded = guard(&process, &folder);
        let mut guard = match guarded {
            Ok(guard) => guard,
            Err(error) => {
                stop(&mut process);
                return Err(error);
            }
        };
        let guard_pipe = guard.stdin.take();
        let mut cluster = Self { process, guard, guard_pipe, folder };
        cluster.wait_until_it_answers(&log)?;
        Ok(cluster)
    }

    /// The folder of the socket.
    pub fn socket_dir(&self) -> PathBuf {
        self.folder.data()
    }

    /// How to connect to one of its databases.
    pub fn config(&self, database: &str) -> postgres::Config {
        let mut config = postgres::Config::new();
        config.host_path(self.socket_dir()).user(SUPERUSER).dbname(database);
        config
    }

    fn wait_until_it_answers(&mut self, log: &PathBuf) -> Result<(), Error> {
        let begin = Instant::now();
        let config = self.config(FIRST_DATABASE);
        loop {
            // It cannot answer before its socket is there.
            let listens = self.socket_dir().join(".s.PGSQL.5432").exists();
            if listens && config.connect(NoTls).is_ok() {
                return Ok(());
            }
            let ended = self.process.try_wait().map_err(Error::because("cannot watch the server"))?;
            if ended.is_some() || begin.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                let state = ended.map_or("did not answer".to_owned(), |status| format!("ended ({status})"));
                return Err(Error::new(format!("the temporary server {state}: {}", said.trim())));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(&mut self.process);
        if let Some(mut pipe) = self.guard_pipe.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.guard.wait();
    }
}

fn command(installation: &Installation, folder: &Folder, log: &PathBuf) -> Result<Command, Error> {
    let data = folder.data();
    let log = std::fs::File::create(log).map_err(Error::because("cannot write to the temporary folder"))?;
    let mut command = Command::new(installation.bin_dir().join("postgres"));
    command.arg("-D").arg(&data);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.arg("-c").arg(format!("unix_socket_directories={}", data.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    // Control-C in a terminal ends the owner, and with it the guard's wait.
    command.current_dir(folder.path()).process_group(0);
    Ok(command)
}

fn guard(process: &Child, folder: &Folder) -> Result<Child, Error> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", GUARD, "bindery-guard", &process.id().to_string()]).arg(folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir("/").process_group(0);
    command.spawn().map_err(Error::because("cannot start /bin/sh to guard the temporary server"))
}

/// An immediate shutdown: there is nothing to save.
fn stop(process: &mut Child) {
    if let Ok(pid) = i32::try_from(process.id()) {
        // SAFETY: kill takes any numbers; the process is our child and not yet waited for, so the number is its own.
        unsafe { libc::kill(pid, libc::SIGQUIT) };
    }
    let _ = process.wait();
}
