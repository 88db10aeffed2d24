//! Puts texts on the disk: whole or not at all, and only where they differ.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::cores;
use crate::generate::Files;

/// Writes the generated files; a file whose text is there already keeps its time, so that nothing is built again.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write_files(folder: &Path, files: &Files) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let files: Vec<(&String, &String)> = files.iter().collect();
    let written = cores::map(&files, |(name, text)| write_if_changed(&folder.join(name), text));
    written.into_iter().try_for_each(|outcome| outcome.map(|_| ()))
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
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path).inspect_err(|_| {
        let _ = fs::remove_file(&unfinished);
    })?;
    Ok(true)
}
