//! Private folders for running servers, swept when their owner is gone.
//!
//! ```text
//! /dev/shm/bindery-0-4711-1/      uid, pid, count; short, since a socket's path has to stay under 107 bytes
//!     owner                       locked as long as the owning process lives
//!     data/                       the cluster, and its socket
//! ```

use std::env;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::user::{User, own_uid};

/// A folder that is removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Unlocked by the system when this process ends in any way.
    _owner: File,
}

impl Folder {
    /// Makes a folder in memory if the machine has such a place, else among temporary files.
    ///
    /// # Errors
    /// No place can be written to.
    pub fn create(user: Option<User>) -> Result<Self, Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut reasons = Vec::new();
        for place in places().into_iter().filter(|place| place.is_dir() && all_may_enter(place)) {
            sweep(&place);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = place.join(format!("{}{}-{count}", prefix(), process::id()));
            match Self::at(path, user) {
                Ok(folder) => return Ok(folder),
                Err(error) => reasons.push(format!("{}: {error}", place.display())),
            }
        }
        Err(Error::new(format!("no folder for a temporary server can be made: {}", reasons.join("; "))))
    }

    fn at(path: PathBuf, user: Option<User>) -> io::Result<Self> {
        // A folder of this name can only be left over from an earlier process of the same number.
        let _ = fs::remove_dir_all(&path);
        DirBuilder::new().mode(0o700).create(&path)?;
        let owner = File::create(path.join("owner"))?;
        owner.lock()?;
        if let Some(user) = user {
            user.own(&path)?;
        }
        Ok(Self { path, _owner: owner })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the cluster goes.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next server.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn prefix() -> String {
    format!("bindery-{}-", own_uid())
}

fn places() -> Vec<PathBuf> {
    vec!["/dev/shm".into(), env::temp_dir(), "/tmp".into(), "/var/tmp".into()]
}

/// Whether another user, to whom root hands the server, can reach it; as another user it is our own.
fn all_may_enter(place: &Path) -> bool {
    let enterable = |path: &Path| fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o001 != 0);
    let short = place.as_os_str().len() < 60;
    short && (own_uid() != 0 || place.ancestors().all(enterable))
}

/// Removes what processes that were killed have left, with servers that outlived them.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(&prefix());
        if ours && is_abandoned(&entry.path()) {
            stop_leftover(&entry.path());
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(folder: &Path) -> bool {
    match File::open(folder.join("owner")) {
        Ok(owner) => owner.try_lock().is_ok(),
        // Just being made, unless it is old.
        Err(_) => {
            let modified = fs::metadata(folder).and_then(|meta| meta.modified());
            modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > Duration::from_secs(600)))
        }
    }
}

/// Kills the server whose pid file lies in the folder, if that process is one that serves this folder.
fn stop_leftover(folder: &Path) {
    let data = folder.join("data");
    let Ok(pid_file) = fs::read_to_string(data.join("postmaster.pid")) else { return };
    let Some(pid) = pid_file.lines().next().and_then(|line| line.trim().parse::<i32>().ok()) else { return };
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&command).contains(&*data.to_string_lossy()) {
        // SAFETY: kill takes any numbers and touches no memory of ours.
        unsafe { libc::kill(pid, libc::SIGQUIT) };
    }
}
