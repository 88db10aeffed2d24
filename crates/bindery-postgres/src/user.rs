//! Whom the server runs as: PostgreSQL refuses to run as root.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::ptr;

use crate::error::Error;

/// A user and group to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        let user = [c"postgres", c"nobody"].into_iter().find_map(Self::named);
        user.map(Some).ok_or_else(|| {
            Error::new(
                "PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it as: \
                 add one, build as another user, or set BINDERY_DATABASE_URL",
            )
        })
    }

    pub fn uid(self) -> u32 {
        self.uid
    }

    pub fn gid(self) -> u32 {
        self.gid
    }

    /// Makes `command` run as this user, in no group but its own.
    pub fn apply(self, command: &mut Command) {
        // std clears root's supplementary groups when a user is set.
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a folder and all in it to this user.
    ///
    /// # Errors
    /// This root may not, as in a container without the capability.
    pub fn own(self, path: &Path) -> Result<(), Error> {
        self.own_all(path).map_err(Error::because(format!(
            "cannot hand {} to an unprivileged user, which PostgreSQL needs since it refuses to run as root: \
             build as another user, or set BINDERY_DATABASE_URL",
            path.display()
        )))
    }

    fn own_all(self, path: &Path) -> io::Result<()> {
        lchown(path, Some(self.uid), Some(self.gid))?;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.own_all(&entry.path())?;
            } else {
                lchown(entry.path(), Some(self.uid), Some(self.gid))?;
            }
        }
        Ok(())
    }

    /// The system's own lookup, since users need not be in `/etc/passwd`.
    fn named(name: &CStr) -> Option<Self> {
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut text: [libc::c_char; 4096] = [0; 4096];
        let mut found: *mut libc::passwd = ptr::null_mut();
        // SAFETY: every pointer is to a live value of ours, and the length is that of the buffer.
        unsafe {
            libc::getpwnam_r(
                name.as_ptr(),
                entry.as_mut_ptr(),
                text.as_mut_ptr(),
                text.len(),
                &raw mut found,
            );
        }
        // SAFETY: null, or `entry`, which is then filled in; the two numbers are copied out of it.
        let entry = unsafe { found.as_ref() }?;
        Some(Self { uid: entry.pw_uid, gid: entry.pw_gid })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_looked_up_by_name() {
        assert_eq!(User::named(c"root"), Some(User { uid: 0, gid: 0 }));
        assert_eq!(User::named(c"no such user"), None);
    }

    #[test]
    fn nobody_but_root_becomes_another() {
        let user = User::unprivileged().expect("a test machine has nobody");
        assert_eq!(user.is_some(), own_uid() == 0);
        assert!(user.is_none_or(|user| user.uid() != 0));
    }
}
