//! Private folders for running servers, swept when their owner is gone.
//!
//! ```text
//! /dev/shm/bindery-0-5f3a9c21/    uid and a random number; short, since a socket's path has to stay under 107 bytes
//!     owner                       locked as long as the owning process lives, or the server if it may be kept
//!     log                         what the server says while it starts
//!     data/                       the cluster, and its socket
//! ```

use std::collections::hash_map::RandomState;
use std::env;
use std::ffi::CString;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::hash::BuildHasher;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::Error;
use crate::guard::Guard;
use crate::leftover;
use crate::user::{User, own_uid};

/// A cluster with a dozen databases; a container's /dev/shm often has 64 MB in all.
const ROOM: u64 = 256 << 20;

/// How long the path of a socket may be where it may be shortest, on macOS.
const LONGEST_SOCKET: usize = 103;

/// A folder that is removed when dropped, and when this process is killed.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Unlocked by the system when this process ends in any way.
    owner: File,
    guard: Guard,
}

impl Folder {
    /// Makes a folder in memory if the machine has such a place with room, else among temporary files.
    ///
    /// # Errors
    /// No place can be used; the error says why for each.
    pub fn create(user: Option<User>) -> Result<Self, Error> {
        let mut reasons = Vec::new();
        for place in places() {
            match Self::create_in(&place, user) {
                Ok(folder) => return Ok(folder),
                Err(error) => reasons.push(format!("\n  {}: {error:?}", place.display())),
            }
        }
        Err(Error::new(format!("no folder for a temporary server can be made:{}", reasons.concat())))
    }

    fn create_in(place: &Path, user: Option<User>) -> Result<Self, Error> {
        if user.is_some() && !place.ancestors().all(all_may_enter) {
            return Err(Error::new("the server's user may not enter it"));
        }
        let path = place.join(format!("{}{:08x}", prefix(), random()));
        if path.join("data/.s.PGSQL.5432").as_os_str().len() > LONGEST_SOCKET {
            return Err(Error::new("its path is too long for a socket"));
        }
        sweep(place, user);
        let cannot = "cannot make a folder in it";
        DirBuilder::new().mode(0o700).create(&path).map_err(Error::because(cannot))?;
        // From here on the folder goes when this process does.
        let guard = Guard::watch(&path).inspect_err(|_| drop(fs::remove_dir(&path)))?;
        let owner = File::create(path.join("owner")).map_err(Error::because(cannot))?;
        let folder = Self { path, owner, guard };
        folder.lock()?;
        if let Some(user) = user {
            user.own(&folder.path)?;
        }
        Ok(folder)
    }

    fn lock(&self) -> Result<(), Error> {
        let cannot = "cannot lock a file in it";
        match self.owner.try_lock() {
            // Another process may have swept the folder before it was locked.
            Ok(()) if self.path.join("owner").exists() => Ok(()),
            Ok(()) | Err(TryLockError::WouldBlock) => Err(Error::new(cannot)),
            Err(TryLockError::Error(error)) => Err(Error::because(cannot)(error)),
        }
    }

    /// Has the process that `command` starts hold the lock too: nobody sweeps the folder while it runs.
    pub fn lock_for(&self, command: &mut Command) {
        let owner = self.owner.as_raw_fd();
        let inherit = move || {
            // SAFETY: a system call with numbers, on a file that is open as long as this process has the folder.
            match unsafe { libc::fcntl(owner, libc::F_SETFD, 0) } {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            }
        };
        // SAFETY: between fork and exec the closure makes a system call only; it neither allocates nor locks.
        unsafe { command.pre_exec(inherit) };
    }

    /// Leaves the folder when this process ends.
    pub fn keep(&self) {
        self.guard.release();
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

/// std seeds its hash maps from the system's random numbers.
pub(crate) fn random() -> u32 {
    let [.., a, b, c, d] = RandomState::new().hash_one(0).to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

fn places() -> Vec<PathBuf> {
    let memory = Some(PathBuf::from("/dev/shm")).filter(|place| has_room(place));
    let mut places: Vec<PathBuf> = memory.into_iter().collect();
    places.extend([env::temp_dir(), "/tmp".into(), "/var/tmp".into()]);
    places.retain(|place| place.is_absolute());
    places.dedup();
    places
}

fn has_room(place: &Path) -> bool {
    let Ok(path) = CString::new(place.as_os_str().as_bytes()) else { return false };
    let mut answer = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: a string that ends in zero, and room for the answer.
    if unsafe { libc::statvfs(path.as_ptr(), answer.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: filled in by the call, which succeeded; all zeros are valid as well.
    let answer = unsafe { answer.assume_init() };
    #[allow(clippy::unnecessary_cast, reason = "the fields have other types on other systems")]
    let free = answer.f_bavail as u64 * answer.f_frsize as u64;
    free >= ROOM
}

/// Whether the user to whom root hands the server can reach it.
fn all_may_enter(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|meta| meta.mode() & 0o001 != 0)
}

/// Removes what processes that were killed have left, with servers that outlived them.
fn sweep(place: &Path, user: Option<User>) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let folder = entry.path();
        let named = entry.file_name().as_bytes().starts_with(prefix().as_bytes());
        // Anybody can give a folder any name in a place that is open to all.
        let ours = || fs::symlink_metadata(&folder).is_ok_and(|meta| is_ours(&meta, user));
        if named && ours() {
            remove_if_abandoned(&folder);
        }
    }
}

fn is_ours(meta: &fs::Metadata, user: Option<User>) -> bool {
    meta.is_dir() && (meta.uid() == own_uid() || user.is_some_and(|user| meta.uid() == user.uid()))
}

fn remove_if_abandoned(folder: &Path) {
    let owner = File::open(folder.join("owner"));
    let abandoned = match &owner {
        // The lock is kept until the folder is gone, so that nobody else sweeps it too.
        Ok(owner) => owner.try_lock().is_ok(),
        // Just being made, or just being removed, unless it is old.
        Err(_) => is_old(folder),
    };
    if abandoned {
        leftover::stop(&folder.join("data"));
        let _ = fs::remove_dir_all(folder);
    }
}

fn is_old(folder: &Path) -> bool {
    let modified = fs::metadata(folder).and_then(|meta| meta.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > Duration::from_secs(600)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_goes_with_its_handle() {
        let folder = Folder::create(None).unwrap();
        let path = folder.path().to_owned();
        assert!(path.join("owner").is_file());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_whose_owner_lives_is_not_swept() {
        let folder = Folder::create(None).unwrap();
        sweep(folder.path().parent().unwrap(), None);
        assert!(folder.path().join("owner").is_file());
    }

    #[test]
    fn an_abandoned_folder_is_swept_and_a_young_one_is_not() {
        let place = Folder::create(None).unwrap();
        let [abandoned, young, strange] = ["1", "2", "x"].map(|name| place.path().join(prefix() + name));
        for folder in [&abandoned, &young, &strange] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(abandoned.join("owner"), "").unwrap();
        let other = place.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("owner"), "").unwrap();
        sweep(place.path(), None);
        assert!(!abandoned.exists());
        assert!(young.exists() && strange.exists() && other.exists());
    }

    #[test]
    fn a_path_that_is_too_long_for_a_socket_is_refused() {
        let place = Folder::create(None).unwrap();
        let long = place.path().join("x".repeat(80));
        fs::create_dir(&long).unwrap();
        let error = Folder::create_in(&long, None).unwrap_err();
        assert_eq!(error.to_string(), "its path is too long for a socket");
    }

    #[test]
    fn room_is_measured() {
        assert!(!has_room(Path::new("/no/such/place")));
        assert!(has_room(Path::new("/")));
    }
}
