//! The initdb'ed cluster that running ones are copied from, so that only the first build pays for initdb.
//!
//! ```text
//! ~/.cache/bindery/
//!     lock                        shared while a cluster is copied, exclusive while one is made or thrown away
//!     cluster-15.18_..._2/        one for each version of the server's programs
//! ```
//!
//! It holds two databases: `template1`, which others are made from, and `bindery`, which the first caller gets.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::cache;
use crate::error::Error;
use crate::folder::Folder;
use crate::installation::Installation;
use crate::program::{program, run};
use crate::user::User;

/// Part of a template's name: raise it when templates are made in another way.
const LAYOUT: u32 = 3;

/// The database that is there from the start.
pub(crate) const FIRST_DATABASE: &str = "bindery";

/// The superuser of every temporary cluster.
pub(crate) const SUPERUSER: &str = "postgres";

/// `template0` is not needed, and each database less is 7 MB less to copy.
const TRIM: &str = "\
UPDATE pg_database SET datistemplate = false WHERE datname = 'template0';
DROP DATABASE template0;
ALTER DATABASE postgres RENAME TO bindery;
";

/// A place for a template among the user's cached files.
#[derive(Debug)]
pub(crate) struct Template {
    path: PathBuf,
    lock: File,
}

impl Template {
    /// Where the template of this installation is, or is to be.
    ///
    /// # Errors
    /// No cache folder can be written to.
    pub fn of(installation: &Installation) -> Result<Self, Error> {
        let cache = cache::folder()?;
        let lock = File::create(cache.join("lock")).map_err(Error::because("cannot write to the cache"))?;
        let name = format!("cluster-{}_{LAYOUT}", file_name(installation.version()));
        Ok(Self { path: cache.join(name), lock })
    }

    /// Copies it to `data`; makes it before, if it is missing.
    ///
    /// # Errors
    /// initdb fails, or the disk does.
    pub fn copy_to(&self, data: &Path, installation: &Installation, user: Option<User>) -> Result<(), Error> {
        self.lock.lock_shared().map_err(Error::because("cannot lock the cache"))?;
        if !is_whole(&self.path) {
            self.lock.lock().map_err(Error::because("cannot lock the cache"))?;
            // Another process may have made it while this one waited.
            if !is_whole(&self.path) {
                self.make(installation, user)?;
            }
        }
        let copied = copy(&self.path, data).map_err(Error::because("cannot copy the cached cluster"));
        self.unlock();
        copied
    }

    /// Throws it away: a server did not start from it.
    pub fn discard(&self) {
        if self.lock.lock().is_ok() {
            let _ = fs::remove_dir_all(&self.path);
            self.unlock();
        }
    }

    fn make(&self, installation: &Installation, user: Option<User>) -> Result<(), Error> {
        // The cache may be closed to the server's user.
        let scratch = Folder::create(user)?;
        initialise(&scratch.data(), installation, user)?;
        let unfinished = self.path.with_file_name("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        let _ = fs::remove_dir_all(&self.path);
        let stored = copy(&scratch.data(), &unfinished).and_then(|()| fs::rename(&unfinished, &self.path));
        stored.map_err(Error::because("cannot store the cluster in the cache"))
    }

    fn unlock(&self) {
        // Closing the file unlocks it as well.
        let _ = self.lock.unlock();
    }
}

/// Runs initdb and trims the result.
///
/// # Errors
/// A program fails; the error has what it said.
pub(crate) fn initialise(data: &Path, installation: &Installation, user: Option<User>) -> Result<(), Error> {
    let folder = data.parent().expect("a cluster is a folder in a temporary folder");
    let mut initdb = program(installation, "initdb", user, folder);
    initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    initdb.args(["--wal-segsize=1", "--username", SUPERUSER, "--pgdata"]).arg(data);
    if installation.major() >= 18 {
        initdb.arg("--no-data-checksums");
    }
    run(initdb)?;
    let sql = folder.join("trim.sql");
    let written = fs::write(&sql, TRIM).and_then(|()| File::open(&sql));
    let sql = written.map_err(Error::because("cannot write to the temporary folder"))?;
    let mut single = program(installation, "postgres", user, folder);
    single.args(["--single", "-D"]).arg(data).args(["-c", "fsync=off", "template1"]).stdin(sql);
    run(single)?;
    trim_log(data, folder, installation, user)
}

/// The log that initdb has filled is not needed after a clean shutdown: 4 MB less to copy.
fn trim_log(
    data: &Path,
    folder: &Path,
    installation: &Installation,
    user: Option<User>,
) -> Result<(), Error> {
    if !installation.bin_dir().join("pg_resetwal").is_file() {
        return Ok(());
    }
    let mut reset = program(installation, "pg_resetwal", user, folder);
    reset.arg("--pgdata").arg(data);
    run(reset)
}

/// `global/pg_control` is the last file that a copy makes.
fn is_whole(template: &Path) -> bool {
    template.join("PG_VERSION").is_file() && template.join("global/pg_control").is_file()
}

/// Copies a folder; `global` last, so that a copy that was cut off is seen to be none.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    let mut entries: Vec<_> = fs::read_dir(from)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(|entry| entry.file_name() == "global" || entry.file_name() == "pg_control");
    for entry in entries {
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn file_name(version: &str) -> String {
    version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_copy_is_whole_only_with_its_last_file() {
        let scratch = Folder::create(None).unwrap();
        let [from, to] = ["from", "to"].map(|name| scratch.path().join(name));
        fs::create_dir_all(from.join("global")).unwrap();
        fs::write(from.join("PG_VERSION"), "15").unwrap();
        assert!(!is_whole(&from));
        fs::write(from.join("global/pg_control"), "x").unwrap();
        copy(&from, &to).unwrap();
        assert!(is_whole(&to));
    }

    #[test]
    fn a_version_is_a_file_name() {
        assert_eq!(file_name("15.18 (Debian 15.18-0+deb12u1)"), "15.18__Debian_15.18_0_deb12u1_");
    }
}
