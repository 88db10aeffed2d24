//! Whom the server runs as: PostgreSQL refuses to run as root.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// A user and group to become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    uid: u32,
    gid: u32,
}

/// The user that this process runs as.
pub(crate) fn own_uid() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

impl User {
    /// An unprivileged user if this process is root's, else none: the server then runs as this process does.
    ///
    /// # Errors
    /// Neither `postgres` nor `nobody` exists.
    pub fn unprivileged() -> Result<Option<Self>, Error> {
        if own_uid() != 0 {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let user = ["postgres", "nobody"].iter().find_map(|name| find(&passwd, name));
        user.map(Some).ok_or_else(|| {
            Error::new(
                "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as: \
                 build as another user, or set BINDERY_DATABASE_URL",
            )
        })
    }

    /// Makes `command` run as this user, in no group but its own.
    pub fn apply(self, command: &mut Command) {
        // std drops the supplementary groups of root when a user is set.
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a folder and all in it to this user.
    pub fn own(self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))?;
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                self.own(&entry?.path())?;
            }
        }
        Ok(())
    }
}

/// `postgres:x:101:104:...`
fn find(passwd: &str, name: &str) -> Option<User> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(User { uid, gid })
    })
}
