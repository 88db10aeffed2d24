//! Reads migrations and query files: once, as UTF-8, with a hash of what was read.

use std::fs;
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::Config;
use crate::diagnostic::{Diagnostic, Span};

/// A text file that the build reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Relative to the package, with forward slashes: what messages and the lock show.
    pub path: String,
    pub text: String,
}

/// Everything that the generated code depends on.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub migrations: Vec<Arc<SourceFile>>,
    /// Of each migration's text.
    pub migration_hashes: Vec<String>,
    /// A migration that is named could not be read.
    pub lacks_migrations: bool,
    /// Files beside the migrations that no schema depends on: ways back in files of their own, and what is skipped.
    pub beside: Vec<Arc<SourceFile>>,
    pub queries: Vec<Arc<SourceFile>>,
}

impl Sources {
    /// Whether the file serves as schema and as queries at once, as sqlc's users may have it.
    pub fn is_migration(&self, file: &SourceFile) -> bool {
        self.migrations.iter().any(|migration| migration.path == file.path)
    }

    /// Whether a file has this name, in whichever folder.
    pub fn has_migration_named(&self, name: &str) -> bool {
        self.migrations.iter().any(|file| file.path.rsplit('/').next() == Some(name))
    }

    /// Puts aside what makes no schema, so that a change to it is none of the schema's.
    pub fn put_aside(&mut self, makes_schema: impl Fn(&str) -> bool) {
        let read =
            std::mem::take(&mut self.migrations).into_iter().zip(std::mem::take(&mut self.migration_hashes));
        for (file, hash) in read {
            if makes_schema(&file.path) {
                self.migrations.push(file);
                self.migration_hashes.push(hash);
            } else {
                self.beside.push(file);
            }
        }
    }
}

/// What files are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Migrations,
    Queries,
}

impl Purpose {
    /// Whether a file that stands in a folder is read, by its name. Migrations in Go are, to be refused or skipped; Go's
    /// tests are none.
    pub fn takes(self, name: &str) -> bool {
        name.ends_with(".sql") || self == Self::Migrations && is_go(name) && !name.ends_with("_test.go")
    }
}

/// Whether it is code, of which nothing but its name is read.
pub(crate) fn is_go(path: &str) -> bool {
    path.ends_with(".go")
}

/// A hash of `parts` in order, told apart from any other way to cut the same text.
pub(crate) fn hash<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut hasher = Hasher::default();
    for part in parts {
        hasher.write(part);
    }
    hasher.finish()
}

/// Makes a hash of parts.
///
/// It tells whether a text has changed, which nobody has to be kept from forging: SipHash-1-3 of 128 bits does that in a
/// fiftieth of the time that SHA-256 takes in a build script, which is not optimised.
#[derive(Default)]
pub(crate) struct Hasher(SipHasher13);

impl Hasher {
    pub fn write(&mut self, part: &str) {
        self.0.write(&(part.len() as u64).to_le_bytes());
        self.0.write(part.as_bytes());
    }

    /// As the lock shows it.
    pub fn finish(&self) -> String {
        format!("siphash:{:032x}", self.0.finish128().as_u128())
    }
}

/// Reads every file that `config` names. A file that cannot be read is a diagnostic; the others are still read.
pub(crate) fn read(config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Sources {
    let mistakes = diagnostics.len();
    let migrations = read_all(config, &config.migrations, Purpose::Migrations, diagnostics);
    let lacks_migrations = diagnostics.len() > mistakes;
    let migration_hashes = migrations.iter().map(|file| hash([file.text.as_str()])).collect();
    let queries = read_all(config, &config.queries, Purpose::Queries, diagnostics);
    let queries = queries.into_iter().map(without_mark).collect();
    Sources { migrations, migration_hashes, lacks_migrations, beside: Vec::new(), queries }
}

/// A byte order mark is no part of a query, and editors do not count it. One in a migration is refused later, since goose
/// would take it for SQL.
fn without_mark(file: Arc<SourceFile>) -> Arc<SourceFile> {
    match file.text.strip_prefix('\u{feff}') {
        Some(text) => Arc::new(SourceFile { path: file.path.clone(), text: text.to_owned() }),
        None => file,
    }
}

fn read_all(
    config: &Config,
    paths: &[PathBuf],
    purpose: Purpose,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Arc<SourceFile>> {
    let mut files = Vec::new();
    for path in paths {
        match list(&config.root.join(path), purpose) {
            Ok(found) => files.extend(found),
            Err(error) => diagnostics.push(
                Diagnostic::error(format!("cannot read `{}`: {error}", shown(path)))
                    .help("create it, or name another in bindery.toml"),
            ),
        }
    }
    let read = files.iter().filter_map(|path| read_file(&config.root, path, diagnostics));
    read.map(Arc::new).collect()
}

/// A file itself, or the files directly in a folder, by name.
pub(crate) fn list(path: &Path, purpose: Purpose) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if purpose.takes(&name) && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(root: &Path, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<SourceFile> {
    let shown = shown(path.strip_prefix(root).unwrap_or(path));
    if is_go(&shown) {
        return Some(SourceFile { path: shown, text: String::new() });
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            diagnostics.push(Diagnostic::error(format!("cannot read `{shown}`: {error}")));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(SourceFile { path: shown, text }),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = Arc::new(SourceFile { path: shown, text });
            diagnostics.push(
                Diagnostic::error("this file is not UTF-8")
                    .at(Span::point(&file, offset), "this byte begins no UTF-8 character")
                    .help("save the file as UTF-8; PostgreSQL is sent the text as it stands"),
            );
            None
        }
    }
}

/// The path as messages show it on every system.
fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_hash_depends_on_where_parts_are_cut() {
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
        assert_eq!(hash(["ab", "c"]), hash(["ab", "c"]));
    }
}
