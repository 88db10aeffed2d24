//! Puts texts on the disk: whole or not at all, and only where they differ.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cores;
use crate::generate::Files;

/// Writes the generated files; a file whose text is there already keeps its time, so that nothing is built again.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write_files(folder: &Path, files: &Files) -> io::Result<()> {
    if !folder.exists() && write_new_folder(folder, files).is_ok() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    write_all(files, |name, text| write_if_changed(&folder.join(name), text).map(|_| ()))
}

/// Writes a folder that was not there: it appears whole, by one renaming, which spares one a file.
fn write_new_folder(folder: &Path, files: &Files) -> io::Result<()> {
    let unfinished = unfinished(folder);
    fs::create_dir_all(&unfinished)?;
    let written = write_all(files, |name, text| fs::write(unfinished.join(name), text));
    written.and_then(|()| fs::rename(&unfinished, folder)).inspect_err(|_| {
        let _ = fs::remove_dir_all(&unfinished);
    })
}

fn write_all(files: &Files, write: impl Fn(&str, &str) -> io::Result<()> + Sync) -> io::Result<()> {
    let files: Vec<(&String, &String)> = files.iter().collect();
    cores::map(&files, |(name, text)| write(name, text)).into_iter().collect()
}

/// The files in `folder` whose text is not the one in `files`.
pub(crate) fn differing<'f>(folder: &Path, files: &'f Files) -> Vec<&'f str> {
    let differs =
        |name: &String, text: &String| fs::read_to_string(folder.join(name)).ok().as_ref() != Some(text);
    files.iter().filter(|(name, text)| differs(name, text)).map(|(name, _)| name.as_str()).collect()
}

/// Writes the lock, which cargo watches.
///
/// Cargo runs a build script again if a watched file is newer than the script's start; so the lock, whose text the
/// script itself decides, is dated before it.
///
/// # Errors
/// The file cannot be written, as in a read-only source tree.
pub(crate) fn write_lock(path: &Path, text: &str) -> io::Result<()> {
    if write_if_changed(path, text)? {
        let before_the_build = SystemTime::now() - Duration::from_secs(3600);
        File::options().write(true).open(path)?.set_modified(before_the_build)?;
    }
    Ok(())
}

/// Says whether it wrote. A reader sees the old text or the new, never a part.
fn write_if_changed(path: &Path, text: &str) -> io::Result<bool> {
    if fs::read(path).is_ok_and(|present| present == text.as_bytes()) {
        return Ok(false);
    }
    let unfinished = unfinished(path);
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path).inspect_err(|_| {
        let _ = fs::remove_file(&unfinished);
    })?;
    Ok(true)
}

/// The name that something has until it is whole: no other process uses it.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[(&str, &str)]) -> Files {
        texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_new_folder_and_changed_files_are_written_whole() {
        let root = std::env::temp_dir().join(format!("bindery-write-{}", std::process::id()));
        let folder = root.join("deep/er");
        let time = |name: &str| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
        write_files(&folder, &files(&[("a.rs", "a"), ("b.rs", "b")])).unwrap();
        let before = time("a.rs");
        write_files(&folder, &files(&[("a.rs", "a"), ("b.rs", "B"), ("c.rs", "c")])).unwrap();
        assert_eq!(time("a.rs"), before);
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!((text("a.rs"), text("b.rs"), text("c.rs")), ("a".into(), "B".into(), "c".into()));
        // Nothing unfinished is left.
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
        assert_eq!(fs::read_dir(root.join("deep")).unwrap().count(), 1);
        fs::remove_dir_all(&root).unwrap();
    }
}
