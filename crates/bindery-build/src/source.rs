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
    pub queries: Vec<Arc<SourceFile>>,
}

impl Sources {
    /// Whether the file serves as schema and as queries at once, as sqlc's users may have it.
    pub fn is_migration(&self, file: &SourceFile) -> bool {
        self.migrations.iter().any(|migration| migration.path == file.path)
    }
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
    let migrations = read_all(config, &config.migrations, diagnostics);
    let lacks_migrations = diagnostics.len() > mistakes;
    let migration_hashes = migrations.iter().map(|file| hash([file.text.as_str()])).collect();
    let queries = read_all(config, &config.queries, diagnostics).into_iter().map(without_mark).collect();
    Sources { migrations, migration_hashes, lacks_migrations, queries }
}

/// A byte order mark is no part of a query, and editors do not count it. One in a migration is refused later, since goose
/// would take it for SQL.
fn without_mark(file: Arc<SourceFile>) -> Arc<SourceFile> {
    match file.text.strip_prefix('\u{feff}') {
        Some(text) => Arc::new(SourceFile { path: file.path.clone(), text: text.to_owned() }),
        None => file,
    }
}

fn read_all(config: &Config, paths: &[PathBuf], diagnostics: &mut Vec<Diagnostic>) -> Vec<Arc<SourceFile>> {
    let mut files = Vec::new();
    for path in paths {
        match list(&config.root.join(path)) {
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

/// A file itself, or the `.sql` files directly in a folder, by name.
pub(crate) fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "sql") && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(root: &Path, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<SourceFile> {
    let shown = shown(path.strip_prefix(root).unwrap_or(path));
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
