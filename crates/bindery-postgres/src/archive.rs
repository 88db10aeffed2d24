//! A cluster in one file: a disk reads one long file much faster than seven hundred short ones.
//!
//! ```text
//! "bindery cluster"  version: u8  length of the whole file: u64  number of entries: u32
//! for each entry     kind: u8  mode: u32  length of its path: u16  length of its bytes: u64  path
//! for each file      its bytes
//! ```
//!
//! Numbers are little-endian. Folders come before what is in them, and `template1` comes last, since a server starts
//! without it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::iter::Peekable;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown, fchown};
use std::path::{Component, Path, PathBuf};
use std::vec;

use crate::user::User;

/// Ends with the version of the format.
const MAGIC: &[u8; 16] = b"bindery cluster\x01";

/// The folder of `template1`, whose number is the same everywhere.
const TEMPLATE1: &str = "base/1";

/// Large enough to need few reads, small enough to stay in the processor's cache until it is written.
const BUFFER: usize = 256 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Folder = 0,
    File = 1,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    mode: u32,
    /// Of a file's bytes.
    length: u64,
    /// In the cluster's folder.
    path: PathBuf,
}

/// The bytes of an archive of the files below `data`, apart from those that `is_left_out`.
///
/// # Errors
/// A file cannot be read; or there is a link, as to a tablespace elsewhere.
pub(crate) fn pack(data: &Path, is_left_out: impl Fn(&Path) -> bool) -> io::Result<Vec<u8>> {
    let mut entries = Vec::new();
    list(data, Path::new(""), &is_left_out, &mut entries)?;
    entries.sort_by(|a, b| (rank(&a.path), &a.path).cmp(&(rank(&b.path), &b.path)));
    let index: Vec<u8> = entries.iter().flat_map(index_entry).collect();
    let begin = MAGIC.len() + 8 + 4 + index.len();
    let content: u64 = entries.iter().map(|entry| entry.length).sum();
    let length = begin as u64 + content;
    let mut archive = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    archive.extend(MAGIC);
    archive.extend(length.to_le_bytes());
    archive.extend(u32::try_from(entries.len()).map_err(io::Error::other)?.to_le_bytes());
    archive.extend(index);
    for entry in entries.iter().filter(|entry| entry.kind == Kind::File) {
        let read = File::open(data.join(&entry.path))?.take(entry.length).read_to_end(&mut archive)?;
        if read as u64 != entry.length {
            return Err(io::Error::other(format!("{} became shorter meanwhile", entry.path.display())));
        }
    }
    Ok(archive)
}

/// The order of reading and writing. Of a running server, what says where recovery begins is read first, and the log,
/// which then has all that happened since, last.
fn rank(path: &Path) -> u8 {
    let place = |rank: u8, folder: &str| path.starts_with(folder).then_some(rank);
    place(0, "global").or_else(|| place(2, "pg_wal")).or_else(|| place(3, TEMPLATE1)).unwrap_or(1)
}

fn list(
    data: &Path,
    folder: &Path,
    is_left_out: &impl Fn(&Path) -> bool,
    entries: &mut Vec<Entry>,
) -> io::Result<()> {
    for entry in fs::read_dir(data.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if is_left_out(&path) {
            continue;
        }
        let meta = entry.metadata()?;
        let mode = meta.mode() & 0o777;
        if meta.is_dir() {
            entries.push(Entry { kind: Kind::Folder, mode, length: 0, path: path.clone() });
            list(data, &path, is_left_out, entries)?;
        } else if meta.is_file() {
            entries.push(Entry { kind: Kind::File, mode, length: meta.len(), path });
        } else {
            return Err(io::Error::other(format!("{} is neither a file nor a folder", path.display())));
        }
    }
    Ok(())
}

fn index_entry(entry: &Entry) -> Vec<u8> {
    let path = entry.path.as_os_str().as_bytes();
    let mut bytes = vec![entry.kind as u8];
    bytes.extend(entry.mode.to_le_bytes());
    bytes.extend((path.len() as u16).to_le_bytes());
    bytes.extend(entry.length.to_le_bytes());
    bytes.extend(path);
    bytes
}

/// An archive that is being unpacked.
#[derive(Debug)]
pub(crate) struct Archive {
    entries: Peekable<vec::IntoIter<Entry>>,
    content: BufReader<File>,
}

impl Archive {
    /// Opens one, and reads what is in it.
    ///
    /// # Errors
    /// There is none (`NotFound`); or it is damaged, cut off, or of another version (`InvalidData`).
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut content = BufReader::with_capacity(BUFFER, file);
        let read = read_index(&mut content, length);
        // An end in the middle of the index is damage like any other.
        let entries = read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged(),
            _ => error,
        })?;
        Ok(Self { entries: entries.into_iter().peekable(), content })
    }

    /// Says that it was used now.
    pub fn touch(&self) {
        // Without it the archive is only thrown away sooner.
        let _ = self.content.get_ref().set_modified(std::time::SystemTime::now());
    }

    /// Writes what a server needs to start into the new folder `data`, and gives all to `user`.
    ///
    /// # Errors
    /// The disk fails, or the archive ends too early.
    pub fn unpack_essential(&mut self, data: &Path, user: Option<User>) -> io::Result<()> {
        create_folder(data, 0o700, user)?;
        while let Some(entry) = self.entries.next_if(|entry| !entry.path.starts_with(TEMPLATE1)) {
            self.unpack_entry(&entry, data, user)?;
        }
        Ok(())
    }

    /// Writes the rest, which may be done while the server starts.
    ///
    /// # Errors
    /// As [`unpack_essential`](Self::unpack_essential).
    pub fn unpack_rest(mut self, data: &Path, user: Option<User>) -> io::Result<()> {
        while let Some(entry) = self.entries.next() {
            self.unpack_entry(&entry, data, user)?;
        }
        Ok(())
    }

    fn unpack_entry(&mut self, entry: &Entry, data: &Path, user: Option<User>) -> io::Result<()> {
        let path = data.join(&entry.path);
        if entry.kind == Kind::Folder {
            return create_folder(&path, entry.mode, user);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(entry.mode).open(path)?;
        let mut left = entry.length;
        while left > 0 {
            let buffer = self.content.fill_buf()?;
            let part = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if part == 0 {
                return Err(damaged());
            }
            file.write_all(&buffer[..part])?;
            self.content.consume(part);
            left -= part as u64;
        }
        user.map_or(Ok(()), |user| fchown(&file, Some(user.uid()), Some(user.gid())))
    }
}

fn create_folder(path: &Path, mode: u32, user: Option<User>) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(path)?;
    user.map_or(Ok(()), |user| chown(path, Some(user.uid()), Some(user.gid())))
}

fn read_index(file: &mut impl Read, length: u64) -> io::Result<Vec<Entry>> {
    if read_bytes(file)? != *MAGIC || u64::from_le_bytes(read_bytes(file)?) != length {
        return Err(damaged());
    }
    let count = u32::from_le_bytes(read_bytes(file)?);
    (0..count).map(|_| read_entry(file)).collect()
}

fn read_entry(file: &mut impl Read) -> io::Result<Entry> {
    let kind = match read_bytes(file)? {
        [0] => Kind::Folder,
        [1] => Kind::File,
        _ => return Err(damaged()),
    };
    let mode = u32::from_le_bytes(read_bytes(file)?);
    let mut path = vec![0; usize::from(u16::from_le_bytes(read_bytes(file)?))];
    let length = u64::from_le_bytes(read_bytes(file)?);
    file.read_exact(&mut path)?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(path));
    // Nothing is ever written outside of the cluster's folder.
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(damaged());
    }
    Ok(Entry { kind, mode, length, path })
}

fn read_bytes<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the cached cluster is damaged, or of another version")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::folder::Folder;

    /// A folder with something of everything, and an archive of it.
    fn archived(scratch: &Folder) -> (PathBuf, PathBuf) {
        let (from, archive) = (scratch.path().join("from"), scratch.path().join("archive"));
        for folder in ["global", "base/1", "base/5", "pg_wal/empty"] {
            fs::create_dir_all(from.join(folder)).unwrap();
        }
        let long: Vec<u8> = (0..3 * BUFFER).map(|at| (at % 251) as u8).collect();
        fs::write(from.join("base/5/long"), long).unwrap();
        fs::write(from.join("base/1/last"), "last").unwrap();
        for file in ["PG_VERSION", "global/pg_control", "pg_wal/1", "base/5/short", "left_out"] {
            fs::write(from.join(file), file).unwrap();
        }
        fs::write(from.join("base/5/none"), "").unwrap();
        fs::write(&archive, pack(&from, |path| path == Path::new("left_out")).unwrap()).unwrap();
        (from, archive)
    }

    fn unpack(archive: &Path, to: &Path) -> io::Result<()> {
        let mut archive = Archive::open(archive)?;
        archive.unpack_essential(to, None)?;
        archive.unpack_rest(to, None)
    }

    /// Every path, with the bytes of those that are files.
    fn all(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let mut entries = Vec::new();
        list(folder, Path::new(""), &|_| false, &mut entries).unwrap();
        let mut all: Vec<_> =
            entries.into_iter().map(|e| (e.path.clone(), fs::read(folder.join(e.path)).ok())).collect();
        all.sort();
        all
    }

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let scratch = Folder::create(None).unwrap();
        let (from, archive) = archived(&scratch);
        let to = scratch.path().join("to");
        unpack(&archive, &to).unwrap();
        fs::remove_file(from.join("left_out")).unwrap();
        assert!(all(&from) == all(&to), "{:?}", all(&to).iter().map(|(path, _)| path).collect::<Vec<_>>());
    }

    #[test]
    fn template1_comes_after_what_is_essential() {
        let scratch = Folder::create(None).unwrap();
        let (_, archive) = archived(&scratch);
        let to = scratch.path().join("to");
        let mut archive = Archive::open(&archive).unwrap();
        archive.unpack_essential(&to, None).unwrap();
        assert!(to.join("base/5/long").exists() && to.join("pg_wal/1").exists());
        assert!(!to.join("base/1").exists());
    }

    #[test]
    fn every_cut_and_every_other_version_is_seen() {
        let scratch = Folder::create(None).unwrap();
        let (_, archive) = archived(&scratch);
        let whole = fs::read(&archive).unwrap();
        let refused = |bytes: &[u8]| {
            fs::write(&archive, bytes).unwrap();
            Archive::open(&archive).unwrap_err().kind() == io::ErrorKind::InvalidData
        };
        for length in [0, 1, 15, 16, 23, 27, 40, 100, whole.len() / 2, whole.len() - 1] {
            assert!(refused(&whole[..length]), "{length}");
        }
        let changed = |at: usize, to: u8| {
            let mut bytes = whole.clone();
            bytes[at] = to;
            bytes
        };
        assert!(refused(&changed(15, 2)), "another version");
        assert!(refused(&changed(28, 9)), "another kind of entry");
        assert!(refused(&[&whole[..], b"x"].concat()), "too long");
    }

    #[test]
    fn nothing_is_written_outside() {
        let scratch = Folder::create(None).unwrap();
        let (_, archive) = archived(&scratch);
        let bytes = fs::read(&archive).unwrap();
        let at = bytes.windows(10).position(|bytes| bytes == b"PG_VERSION").unwrap();
        fs::write(&archive, [&bytes[..at], b"../VERSION", &bytes[at + 10..]].concat()).unwrap();
        assert_eq!(Archive::open(&archive).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_link_is_not_packed() {
        let scratch = Folder::create(None).unwrap();
        let (from, _) = archived(&scratch);
        std::os::unix::fs::symlink("/", from.join("base/elsewhere")).unwrap();
        assert!(pack(&from, |_| false).unwrap_err().to_string().contains("base/elsewhere"));
    }
}
