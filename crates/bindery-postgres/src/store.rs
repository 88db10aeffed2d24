//! The clusters that are kept from one build to the next.
//!
//! ```text
//! ~/.cache/bindery/
//!     lock                        held by whoever makes, keeps or throws away
//!     cluster-15.18_..._4         made by initdb; one for each version of the server's programs
//!     kept-15.18_..._4-5f3a9c21   a state that a build has kept under the key 5f3a9c21; at most a dozen in all
//!     unfinished                  being written
//! ```
//!
//! A file is given its name when it is whole and is never changed, so reading takes no lock.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::archive::Archive;
use crate::cache;
use crate::error::Error;
use crate::installation::Installation;
use crate::template::{self, LAYOUT};
use crate::user::User;

/// How many states are kept. Each has 15 MB and more.
const MOST_KEPT: usize = 12;

/// Long enough for a hash of any kind, short enough for the name of a file.
const LONGEST_KEY: usize = 128;

/// The clusters for one version of the server's programs.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// The version of the programs and the layout.
    suffix: String,
}

impl Store {
    /// The one for this installation.
    ///
    /// # Errors
    /// No cache folder can be written to.
    pub fn of(installation: &Installation) -> Result<Self, Error> {
        let suffix = format!("{}_{LAYOUT}", file_name(installation.version()));
        Ok(Self { folder: cache::folder()?, suffix })
    }

    /// Where the cluster that initdb has made is, or is to be.
    pub fn template(&self) -> PathBuf {
        self.folder.join(format!("cluster-{}", self.suffix))
    }

    /// Where a state is kept, if it is.
    pub fn kept(&self, key: &str) -> PathBuf {
        self.folder.join(format!("kept-{}-{key}", self.suffix))
    }

    /// The cluster that initdb has made; makes it before, if it is missing or damaged.
    ///
    /// # Errors
    /// initdb fails, or the disk does.
    pub fn template_or_make(
        &self,
        installation: &Installation,
        user: Option<User>,
    ) -> Result<Archive, Error> {
        let path = self.template();
        Archive::open(&path).or_else(|_| {
            let lock = self.lock()?;
            // Another process may have made it while this one waited.
            if Archive::open(&path).is_err() {
                self.write(&path, &template::make(installation, user)?, &lock)?;
            }
            Archive::open(&path).map_err(Error::because("cannot read from the cache"))
        })
    }

    /// Keeps a cluster under `key`, and throws away those that were not used for longest.
    ///
    /// # Errors
    /// The cache cannot be written to; what it had is untouched.
    pub fn keep(&self, key: &str, cluster: &[u8]) -> Result<(), Error> {
        self.write(&self.kept(key), cluster, &self.lock()?)
    }

    /// Throws a cluster away: a server did not start from it.
    pub fn discard(&self, path: &Path) {
        if let Ok(_lock) = self.lock() {
            let _ = fs::remove_file(path);
        }
    }

    /// Unlocked when the file is closed.
    fn lock(&self) -> Result<File, Error> {
        let cannot = "cannot lock the cache";
        let lock = File::create(self.folder.join("lock")).map_err(Error::because(cannot))?;
        lock.lock().map_err(Error::because(cannot))?;
        Ok(lock)
    }

    fn write(&self, path: &Path, cluster: &[u8], _lock: &File) -> Result<(), Error> {
        self.tidy(path);
        let unfinished = self.folder.join("unfinished");
        // Earlier versions had a folder of this name.
        let _ = fs::remove_dir_all(&unfinished);
        let written = write_private(&unfinished, cluster).and_then(|()| {
            // Some file systems write the new file to the disk at once when it takes the place of another.
            let _ = fs::remove_file(path);
            fs::rename(&unfinished, path)
        });
        written.map_err(|error| {
            let _ = fs::remove_file(&unfinished);
            Error::because("cannot store the cluster in the cache")(error)
        })
    }

    /// Makes room for `new`, and removes the folders in which earlier versions had their clusters.
    fn tidy(&self, new: &Path) {
        let mut kept: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(meta) = entry.metadata() else { continue };
            let begins = |word: &str| name.as_encoded_bytes().starts_with(word.as_bytes());
            if begins("cluster-") && meta.is_dir() {
                let _ = fs::remove_dir_all(path);
            } else if begins("kept-") && path != new {
                kept.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), path));
            }
        }
        kept.sort();
        for (_, path) in kept.iter().rev().skip(MOST_KEPT - 1) {
            let _ = fs::remove_file(path);
        }
    }
}

/// A new file for this user's eyes only, since a state has data in it.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A write that was cut off may have left one.
    let _ = fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(bytes)
}

/// Refuses what is not the name of a file.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(Error::new(format!("{key:?} is no key for a state: give it 1 to {LONGEST_KEY} letters and digits")))
}

fn file_name(version: &str) -> String {
    version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::folder::Folder;

    fn store(scratch: &Folder) -> Store {
        Store { folder: scratch.path().to_owned(), suffix: "15.18_4".to_owned() }
    }

    #[test]
    fn the_states_that_were_not_used_for_longest_make_room() {
        let scratch = Folder::create(None).unwrap();
        let store = store(&scratch);
        let used = |key: &str, hours_ago: usize| {
            let at = SystemTime::now() - Duration::from_secs(3600 * hours_ago as u64);
            File::open(store.kept(key)).unwrap().set_modified(at).unwrap();
        };
        for age in 1..=MOST_KEPT {
            store.keep(&age.to_string(), b"").unwrap();
            used(&age.to_string(), age);
        }
        let [oldest, second, third] = [0, 1, 2].map(|less| (MOST_KEPT - less).to_string());
        used(&oldest, 0);
        store.keep("new", b"").unwrap();
        let is_kept = |key: &str| store.kept(key).exists();
        assert!(is_kept(&oldest) && !is_kept(&second) && is_kept(&third) && is_kept("new"));
        // The same again needs no room.
        store.keep("new", b"").unwrap();
        assert!(is_kept(&third));
    }

    #[test]
    fn folders_of_earlier_versions_are_removed() {
        let scratch = Folder::create(None).unwrap();
        for folder in ["cluster-15.18_3/base", "unfinished/base", "other"] {
            fs::create_dir_all(scratch.path().join(folder)).unwrap();
        }
        store(&scratch).keep("1", b"").unwrap();
        let is_there = |name: &str| scratch.path().join(name).exists();
        assert!(!is_there("cluster-15.18_3") && !is_there("unfinished") && is_there("other"));
    }

    #[test]
    fn a_key_is_part_of_a_file_name() {
        assert!(check_key("5f3a9c21").is_ok());
        for key in ["", "a/b", "..", "ä", &"a".repeat(LONGEST_KEY + 1)] {
            assert!(check_key(key).is_err(), "{key}");
        }
    }

    #[test]
    fn a_version_is_a_file_name() {
        assert_eq!(file_name("15.18 (Debian 15.18-0+deb12u1)"), "15.18__Debian_15.18_0_deb12u1_");
    }
}
