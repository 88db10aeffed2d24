//! A running temporary cluster: the server's process and its folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::folder::Folder;
use crate::installation::Installation;
use crate::program::{Lasting, program, spawn};
use crate::template::{self, SUPERUSER, Template};
use crate::user::User;

/// Long enough for a loaded machine; a server takes 40 ms.
const PATIENCE: Duration = Duration::from_secs(60);

/// Speed in place of safety: the data is worth nothing after the process.
const SETTINGS: [&str; 22] = [
    "listen_addresses=",
    // A relative path: it can hold neither a comma nor a quote.
    "unix_socket_directories=.",
    "port=5432",
    "max_connections=100",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    // The folder may be in memory, which the log should not fill.
    "max_wal_size=32MB",
    "shared_buffers=16MB",
    "huge_pages=off",
    "autovacuum=off",
    "max_worker_processes=2",
    "max_logical_replication_workers=0",
    "jit=off",
    // Nothing of the server's is left in /dev/shm when it is killed.
    "dynamic_shared_memory_type=mmap",
    // Every machine has the same clock on the wall.
    "timezone=UTC",
    // A build has the server send its query trees as messages, which would flood the log. Why a server does not start
    // is told at this level.
    "log_min_messages=fatal",
    "log_min_error_statement=panic",
    "log_destination=stderr",
    "logging_collector=off",
];

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    server: Lasting,
    /// Dropped after the server has stopped.
    folder: Folder,
}

impl Cluster {
    /// Starts a server and waits until it takes connections.
    ///
    /// # Errors
    /// A program fails, also on a cluster that was made afresh; the error has what it said.
    pub fn start(installation: &Installation) -> Result<Self, Error> {
        let user = User::unprivileged()?;
        let Ok(template) = Template::of(installation) else { return Self::start_afresh(installation, user) };
        let folder = Folder::create(user)?;
        let copied = template.copy_to(&folder.data(), installation, user);
        copied.and_then(|()| Self::serve(folder, installation, user)).or_else(|_| {
            // A cache that is damaged, or full, costs time, not the build.
            template.discard();
            Self::start_afresh(installation, user)
        })
    }

    fn start_afresh(installation: &Installation, user: Option<User>) -> Result<Self, Error> {
        let folder = Folder::create(user)?;
        template::initialise(&folder.data(), installation, user)?;
        Self::serve(folder, installation, user)
    }

    fn serve(folder: Folder, installation: &Installation, user: Option<User>) -> Result<Self, Error> {
        let data = folder.data();
        if let Some(user) = user {
            user.own(&data)?;
        }
        let log = folder.path().join("log");
        let output = File::create(&log).map_err(Error::because("cannot write to the temporary folder"))?;
        let mut command = program(installation, "postgres", user, folder.path());
        command.arg("-D").arg(&data).stdout(Stdio::null()).stderr(output);
        for setting in settings(installation.major()) {
            command.args(["-c", setting]);
        }
        let mut cluster = Self { server: spawn(command)?, folder };
        wait_until_ready(&mut cluster.server.child, &data, &log)?;
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
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let child = &mut self.server.child;
        // A child that was waited for has given its number back.
        if let (Ok(None), Ok(pid)) = (child.try_wait(), i32::try_from(child.id())) {
            // An immediate shutdown: there is nothing to save.
            // SAFETY: kill takes any numbers and touches no memory of ours.
            unsafe { libc::kill(pid, libc::SIGQUIT) };
        }
        let _ = child.wait();
    }
}

fn settings(major: u32) -> Vec<&'static str> {
    let mut settings = SETTINGS.to_vec();
    if major >= 18 {
        // Three processes less to start.
        settings.push("io_method=sync");
    }
    settings
}

/// The server writes into its pid file when it is ready, which costs less to look at than a connection.
fn wait_until_ready(server: &mut Child, data: &Path, log: &Path) -> Result<(), Error> {
    let begin = Instant::now();
    while !is_ready(data) {
        let ended = server.try_wait().map_err(Error::because("cannot watch the server"))?;
        if ended.is_some() || begin.elapsed() > PATIENCE {
            let said = fs::read_to_string(log).unwrap_or_default();
            let state = ended.map_or_else(
                || format!("is not ready after {PATIENCE:?}"),
                |status| format!("ended ({status})"),
            );
            return Err(Error::new(format!("the temporary server {state}: {}", said.trim())));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// The eighth line is `starting` first.
fn is_ready(data: &Path) -> bool {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
}
