//! The package to work on: found as cargo finds it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use crate::exit::Problem;

const MANIFEST: &str = "Cargo.toml";

/// Folders below a workspace are searched this deep for its packages.
const DEPTH: usize = 4;

/// A package, by its Cargo.toml.
pub struct Package {
    pub name: String,
    /// The folder, absolute.
    pub root: PathBuf,
    pub manifest: DocumentMut,
}

impl Package {
    /// The package of `manifest_path`, else of the current folder or the nearest one above.
    ///
    /// # Errors
    /// There is no such file, it cannot be read, or it is that of a workspace without a package.
    pub fn find(manifest_path: Option<&Path>) -> Result<Self, Problem> {
        let here = env::current_dir()
            .map_err(|error| Problem::new(format!("the current folder cannot be read: {error}")))?;
        let path = match manifest_path {
            Some(given) => check_given(given, &here)?,
            None => nearest(&here)?,
        };
        Self::read(&path)
    }

    fn read(path: &Path) -> Result<Self, Problem> {
        let text = fs::read_to_string(path)
            .map_err(|error| Problem::new(format!("cannot read `{}`: {error}", shown(path))))?;
        let manifest: DocumentMut =
            text.parse().map_err(|error| Problem::new(format!("`{}`: {error}", shown(path))))?;
        let name = manifest.get("package").and_then(|package| package.get("name")).and_then(Item::as_str);
        let root = path.parent().unwrap_or(Path::new("/")).to_owned();
        match name {
            Some(name) => Ok(Self { name: name.to_owned(), root, manifest }),
            None if manifest.contains_key("workspace") => Err(only_a_workspace(path)),
            None => Err(Problem::new(format!("`{}` has no [package] with a name", shown(path)))),
        }
    }

    /// Whether there is anything that Bindery would read.
    pub fn is_set_up(&self) -> bool {
        let names = ["migrations", "queries", "bindery.toml", "bindery.lock"];
        names.iter().any(|name| self.root.join(name).exists()) || self.builds_with_bindery()
    }

    fn builds_with_bindery(&self) -> bool {
        let dependencies = self.manifest.get("build-dependencies");
        dependencies.is_some_and(|dependencies| dependencies.get("bindery-build").is_some())
    }

    /// Its Cargo.toml, as messages show it.
    pub fn shown(&self) -> String {
        shown(&self.root.join(MANIFEST))
    }
}

/// The path from the current folder if it is below, else the whole of it.
pub fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
    if path.as_os_str().is_empty() { ".".to_owned() } else { path.display().to_string() }
}

fn nearest(here: &Path) -> Result<PathBuf, Problem> {
    let manifests = here.ancestors().map(|folder| folder.join(MANIFEST));
    manifests.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        let message = format!("there is no Cargo.toml in `{}` or in any folder above", here.display());
        Problem::new(message).help("call it in a package, or name one with `--manifest-path`")
    })
}

fn check_given(given: &Path, here: &Path) -> Result<PathBuf, Problem> {
    let path = normal(&here.join(given));
    if path.is_file() && path.file_name() == Some(OsStr::new(MANIFEST)) {
        return Ok(path);
    }
    let wrong = match (path.is_dir(), path.exists()) {
        (true, _) => "is a folder",
        (false, true) => "is no Cargo.toml",
        (false, false) => "does not exist",
    };
    let message = format!("--manifest-path: `{}` {wrong}", given.display());
    Err(Problem::new(message).help(what_is_there(&path)))
}

/// The packages in the nearest folder that exists, or else what it has.
fn what_is_there(path: &Path) -> String {
    let folder = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"));
    let mut manifests = Vec::new();
    collect_manifests(folder, DEPTH, &mut manifests);
    if !manifests.is_empty() {
        return format!("write {}", list(manifests.iter().map(|path| shown(path))));
    }
    match names_in(folder) {
        names if names.is_empty() => format!("`{}` is empty", shown(folder)),
        names => format!("`{}` has {}", shown(folder), list(names)),
    }
}

fn only_a_workspace(path: &Path) -> Problem {
    let message = format!("`{}` is a workspace without a package of its own", shown(path));
    let mut manifests = Vec::new();
    collect_manifests(path.parent().unwrap_or(path), DEPTH, &mut manifests);
    // This one is no package, and would be looked into again.
    manifests.retain(|manifest| manifest != path);
    let packages: Vec<Package> = manifests.iter().filter_map(|path| Package::read(path).ok()).collect();
    let set_up = packages.iter().filter(|package| package.builds_with_bindery());
    let set_up: Vec<String> = set_up.map(|package| format!("--manifest-path {}", package.shown())).collect();
    Problem::new(message).help(match (set_up.is_empty(), packages.is_empty()) {
        (false, _) => format!("Bindery is set up in a package of it: {}", set_up.join(", or ")),
        (true, false) => {
            let manifests = list(packages.iter().map(Package::shown));
            format!("Bindery is set up in none of its packages: `cargo bindery init --manifest-path` with {manifests}")
        }
        (true, true) => "it has no packages yet".to_owned(),
    })
}

/// Every Cargo.toml in `folder` and below, by path.
fn collect_manifests(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let manifest = folder.join(MANIFEST);
    if manifest.is_file() {
        found.push(manifest);
    }
    if depth == 0 {
        return;
    }
    for name in names_in(folder) {
        let folder = folder.join(&name);
        if name != "target" && !name.starts_with('.') && folder.is_dir() && !folder.is_symlink() {
            collect_manifests(&folder, depth - 1, found);
        }
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A few of them, in words.
fn list(names: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 8;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0..=MOST => names.join(", "),
        all => format!("{} and {} more", names[..MOST].join(", "), all - MOST),
    }
}

/// Without `.` and `..`, as text: the file may not be there.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
