//! Where the SQL is: paths, folders and patterns of sqlc, as paths of the package.
//!
//! sqlc's rules: a folder stands for the `.sql` files directly in it, by name; hidden files and `*.down.sql` are skipped.
//! bindery.toml has files and folders only: a pattern for all of a folder is that folder, any other becomes the list of
//! the files that it stands for today.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::sets::Set;
use crate::exit::Problem;
use crate::package::shown;

/// The folder of the configuration, and the way to it from the package.
pub struct Places {
    folder: PathBuf,
    prefix: PathBuf,
}

/// What stands for paths of sqlc.
pub struct Found {
    pub paths: Vec<String>,
    /// Paths that became lists of files.
    expanded: Vec<String>,
}

impl Found {
    /// What has to be said of them.
    pub fn note(&self) -> String {
        match &self.expanded[..] {
            [] => String::new(),
            some => format!(" (the files of `{}` as of today: add new ones to the list)", some.join("`, `")),
        }
    }
}

/// A path, or a list of them.
pub fn listed(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

impl Places {
    pub fn new(config: &Path, root: &Path) -> Result<Self, Problem> {
        let folder =
            config.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let real = |path: &Path| {
            path.canonicalize()
                .map_err(|error| Problem::new(format!("cannot read `{}`: {error}", shown(path))))
        };
        let (folder, root) = (real(folder)?, real(root)?);
        let prefix = between(&root, &folder);
        Ok(Self { folder, prefix })
    }

    /// # Errors
    /// Nothing is there.
    pub fn find(&self, paths: &[&str]) -> Result<Found, String> {
        let mut found = Found { paths: Vec::new(), expanded: Vec::new() };
        for path in paths {
            let all = self.find_one(path)?;
            if !(all.len() == 1 && all[0] == self.in_package(&without_star(path))) {
                found.expanded.push((*path).to_owned());
            }
            found.paths.extend(all);
        }
        match found.paths.is_empty() {
            true => Err("it names no SQL file".to_owned()),
            false => Ok(found),
        }
    }

    fn find_one(&self, path: &str) -> Result<Vec<String>, String> {
        let plain = without_star(path);
        if !has_pattern(&plain) {
            return self.find_plain(&plain);
        }
        self.matches(path)?;
        Ok(self.files(&[path]).iter().map(|path| self.in_package(path)).collect())
    }

    /// A file or a folder; a folder of which sqlc skips some files becomes the list of the others.
    fn find_plain(&self, path: &str) -> Result<Vec<String>, String> {
        let whole = self.folder.join(path);
        if !whole.exists() {
            return Err(format!("`{path}` does not exist"));
        }
        let files = if whole.is_dir() { self.sql_in(path) } else { Vec::new() };
        match files.iter().all(|path| is_read(path)) {
            true => Ok(vec![self.in_package(path)]),
            false => {
                Ok(files.iter().filter(|path| is_read(path)).map(|path| self.in_package(path)).collect())
            }
        }
    }

    /// The `.sql` files directly in a folder, by name.
    fn sql_in(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join(path)).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut files: Vec<String> =
            names.filter(|name| name.ends_with(".sql")).map(|name| format!("{path}/{name}")).collect();
        files.sort();
        files
    }

    /// What a pattern stands for; as in Go, `**` is no more than `*`.
    fn matches(&self, pattern: &str) -> Result<Vec<String>, String> {
        let folder = glob::Pattern::escape(&self.folder.to_string_lossy());
        let whole = format!("{folder}/{}", pattern.trim_start_matches("./").replace("**", "*"));
        let found = glob::glob(&whole).map_err(|error| format!("`{pattern}`: {error}"))?;
        let below = |path: PathBuf| between(&self.folder, &path).to_string_lossy().replace('\\', "/");
        Ok(found.flatten().map(below).collect())
    }

    /// The path as bindery.toml has it.
    fn in_package(&self, path: &str) -> String {
        let mut whole = PathBuf::new();
        for part in self.prefix.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir
                    if matches!(whole.components().next_back(), Some(Component::Normal(_))) =>
                {
                    whole.pop();
                }
                part => whole.push(part),
            }
        }
        match whole.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => whole.to_string_lossy().replace('\\', "/"),
        }
    }

    /// The text of all schema files, lower case, for looking up what a name is.
    pub fn texts(&self, sets: &[&Set<'_>]) -> String {
        let listed: Vec<&str> =
            sets.iter().filter_map(|set| set.value.get("schema")).flat_map(listed).collect();
        let files = self.files(&listed);
        let texts = files.iter().filter_map(|path| fs::read_to_string(self.folder.join(path)).ok());
        texts.collect::<Vec<_>>().join("\n").to_lowercase()
    }

    /// All files that sqlc reads, relative to the configuration.
    pub fn files(&self, listed: &[&str]) -> Vec<String> {
        let matched = listed.iter().flat_map(|path| match has_pattern(path) {
            true => self.matches(path).unwrap_or_default(),
            false => vec![path.trim_start_matches("./").trim_end_matches('/').to_owned()],
        });
        let files = matched.flat_map(|path| match self.folder.join(&path).is_dir() {
            true => self.sql_in(&path),
            false => vec![path],
        });
        files.filter(|path| is_read(path)).collect()
    }
}

/// All SQL of a folder is what the folder stands for.
fn without_star(path: &str) -> String {
    let plain = path.strip_suffix("/*.sql").or(path.strip_suffix("/*")).unwrap_or(path);
    plain.trim_end_matches('/').to_owned()
}

fn has_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Whether sqlc reads a file: `.sql`, not hidden, not the way back of golang-migrate.
fn is_read(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".sql") && !name.starts_with('.') && !name.ends_with(".down.sql")
}

/// The way from one folder to a path, both absolute.
fn between(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_goes_up_and_down() {
        let way = |from: &str, to: &str| between(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/a/b", "/a/b"), "");
        assert_eq!(way("/a/b", "/a/b/c"), "c");
        assert_eq!(way("/a/b", "/a/c/d"), "../c/d");
    }

    #[test]
    fn the_ways_back_and_hidden_files_are_not_read() {
        assert!(is_read("a/1_cars.up.sql") && is_read("cars.sql"));
        assert!(!is_read("a/1_cars.down.sql") && !is_read("a/.cars.sql") && !is_read("a/notes.txt"));
    }

    #[test]
    fn all_of_a_folder_is_the_folder() {
        for path in ["db/queries", "db/queries/", "db/queries/*.sql", "db/queries/*"] {
            assert_eq!(without_star(path), "db/queries");
        }
        assert!(has_pattern(&without_star("db/*/queries/*.sql")));
    }
}
