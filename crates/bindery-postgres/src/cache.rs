//! Where files are kept from one build to the next.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::user::own_uid;

/// `BINDERY_CACHE_DIR`, else `bindery` in the user's cache folder, else one among temporary files.
///
/// # Errors
/// None of them can be written to.
pub(crate) fn folder() -> Result<PathBuf, Error> {
    candidates().into_iter().find(|folder| is_usable(folder)).ok_or_else(|| {
        Error::new("no cache folder can be written to: set BINDERY_CACHE_DIR to one that this user owns")
    })
}

fn candidates() -> Vec<PathBuf> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // With sudo, HOME can be that of another user, who could then not write to a cache of root's.
    let own = |name: &str| variable(name).filter(|path| is_own(path));
    let candidates = [
        variable("BINDERY_CACHE_DIR"),
        own("XDG_CACHE_HOME").map(|folder| folder.join("bindery")),
        own("HOME").map(|folder| folder.join(".cache/bindery")),
        Some(env::temp_dir().join(format!("bindery-cache-{}", own_uid()))),
        Some(format!("/tmp/bindery-cache-{}", own_uid()).into()),
    ];
    candidates.into_iter().flatten().collect()
}

fn is_usable(folder: &Path) -> bool {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    // A file system that is mounted read-only fails here only.
    made.is_ok() && is_own(folder) && fs::File::create(folder.join("lock")).is_ok()
}

/// What another user wrote, or points to, is not to be trusted.
fn is_own(folder: &Path) -> bool {
    let uids = [fs::symlink_metadata(folder), fs::metadata(folder)].map(|meta| meta.map(|meta| meta.uid()));
    uids.iter().all(|uid| uid.as_ref().is_ok_and(|uid| *uid == own_uid()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_of_ones_own_is_usable_and_a_file_is_not() {
        let place = env::temp_dir().join(format!("bindery-cache-test-{}", std::process::id()));
        assert!(is_usable(&place.join("a/b")));
        assert!(!is_usable(&place.join("a/b/lock")));
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn a_place_of_anothers_is_not_ones_own() {
        assert!(!is_own(Path::new("/no/such/folder")));
        assert_eq!(is_own(Path::new("/")), own_uid() == 0);
    }
}
