//! A running temporary cluster: the server's process and its folder.

use std::env;
use std::fs::{self, File};
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::archive::Archive;
use crate::error::Error;
use crate::folder::Folder;
use crate::installation::Installation;
use crate::program::{Lasting, end_with_this_process, program, spawn};
use crate::store::Store;
use crate::template::{self, SUPERUSER};
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
    /// Taken out only to be dropped.
    running: Option<Running>,
    data: PathBuf,
    /// Whether only the guard ends it with this process, and can be told not to.
    may_be_kept: bool,
    is_kept: AtomicBool,
}

#[derive(Debug)]
struct Running {
    server: Lasting,
    /// Dropped after the server has stopped.
    folder: Folder,
}

impl Cluster {
    /// Starts a server from the state under the first of `keys` for which there is one, else from a new cluster; waits
    /// until it takes connections. Tells which key it was.
    ///
    /// # Errors
    /// A program fails, also on a cluster that was made afresh; the error has what it said.
    pub fn start(installation: &Installation, keys: &[String]) -> Result<(Self, Option<usize>), Error> {
        let user = User::unprivileged()?;
        let Ok(store) = Store::of(installation) else {
            return Ok((Self::start_afresh(installation, user)?, None));
        };
        let mut suspects = Vec::new();
        let started = Self::start_kept(installation, keys, &store, user, &mut suspects).map_or_else(
            || Ok((Self::start_new(installation, &store, user, &mut suspects)?, None)),
            |(cluster, index)| Ok((cluster, Some(index))),
        )?;
        // A cache that is damaged costs time, not the build. Where no server starts at all, the cache is not to blame.
        suspects.iter().for_each(|path| store.discard(path));
        Ok(started)
    }

    fn start_kept(
        installation: &Installation,
        keys: &[String],
        store: &Store,
        user: Option<User>,
        suspects: &mut Vec<PathBuf>,
    ) -> Option<(Self, usize)> {
        for (index, key) in keys.iter().enumerate() {
            let path = store.kept(key);
            let archive = match Archive::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                archive => archive.map_err(Error::because("cannot read the kept state")),
            };
            let started = archive.and_then(|archive| Self::start_from(archive, installation, user));
            match started {
                Ok(cluster) => return Some((cluster, index)),
                Err(_) => suspects.push(path),
            }
        }
        None
    }

    fn start_new(
        installation: &Installation,
        store: &Store,
        user: Option<User>,
        suspects: &mut Vec<PathBuf>,
    ) -> Result<Self, Error> {
        let archive = store.template_or_make(installation, user);
        archive.and_then(|archive| Self::start_from(archive, installation, user)).or_else(|_| {
            suspects.push(store.template());
            Self::start_afresh(installation, user)
        })
    }

    fn start_from(
        mut archive: Archive,
        installation: &Installation,
        user: Option<User>,
    ) -> Result<Self, Error> {
        let failed = "cannot unpack the cached cluster";
        archive.touch();
        let folder = Folder::create(user)?;
        let data = folder.data();
        archive.unpack_essential(&data, user).map_err(Error::because(failed))?;
        let mut cluster = Self::spawn(folder, installation, user)?;
        archive.unpack_rest(&data, user).map_err(Error::because(failed))?;
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn start_afresh(installation: &Installation, user: Option<User>) -> Result<Self, Error> {
        let folder = Folder::create(user)?;
        template::initialise(&folder.data(), installation, user)?;
        let mut cluster = Self::spawn(folder, installation, user)?;
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    fn spawn(folder: Folder, installation: &Installation, user: Option<User>) -> Result<Self, Error> {
        let output =
            File::create(log(&folder)).map_err(Error::because("cannot write to the temporary folder"))?;
        let mut command = program(installation, "postgres", user, folder.path());
        let may_be_kept = env::var_os("BINDERY_KEEP").is_some_and(|value| !value.is_empty());
        match may_be_kept {
            true => folder.lock_for(&mut command),
            false => end_with_this_process(&mut command),
        }
        command.arg("-D").arg(folder.data()).stdout(Stdio::null()).stderr(output);
        for setting in settings(installation.major()) {
            command.args(["-c", setting]);
        }
        let data = folder.data();
        Ok(Self {
            running: Some(Running { server: spawn(command)?, folder }),
            data,
            may_be_kept,
            is_kept: AtomicBool::new(false),
        })
    }

    /// The server writes into its pid file when it is ready, which costs less to look at than a connection.
    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let (begin, running) = (Instant::now(), self.running.as_mut().expect("it is taken out when dropped"));
        while !is_ready(&self.data) {
            let ended = running.server.child.try_wait().map_err(Error::because("cannot watch the server"))?;
            if ended.is_some() || begin.elapsed() > PATIENCE {
                let said = fs::read_to_string(log(&running.folder)).unwrap_or_default();
                let state = ended.map_or_else(
                    || format!("is not ready after {PATIENCE:?}"),
                    |status| format!("ended ({status})"),
                );
                return Err(Error::new(format!("the temporary server {state}: {}", said.trim())));
            }
            thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// Has the server go on when this process ends, until somebody stops it; gives its number.
    pub fn keep_running(&self) -> Result<u32, Error> {
        let running = self.running.as_ref().expect("it is taken out only when it is dropped");
        if !self.may_be_kept {
            return Err(Error::new(
                "the server ends with this process: set BINDERY_KEEP before it is started",
            ));
        }
        running.folder.keep();
        self.is_kept.store(true, Ordering::Relaxed);
        Ok(running.server.child.id())
    }

    /// The folder of the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.data
    }

    /// How to connect to one of its databases.
    pub fn config(&self, database: &str) -> postgres::Config {
        let mut config = postgres::Config::new();
        config.host_path(self.socket_dir()).user(SUPERUSER).dbname(database);
        config
    }
}

impl Drop for Cluster {
    /// Takes no time: the server is told to stop, which takes it 3 ms, and its files are removed, which takes 7, while this
    /// process goes on. Should this process end before, its guard does the rest.
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        if *self.is_kept.get_mut() {
            // The thread of the server ends with the process.
            mem::forget(running);
            return;
        }
        // Without a thread it is dropped here.
        let _ = thread::Builder::new().name("bindery-postgres".to_owned()).spawn(|| drop(running));
    }
}

impl Drop for Running {
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

fn log(folder: &Folder) -> PathBuf {
    folder.path().join("log")
}

/// The eighth line is `starting` first.
fn is_ready(data: &Path) -> bool {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    file.lines().nth(7).is_some_and(|status| status.trim() == "ready")
}
