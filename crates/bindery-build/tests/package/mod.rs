//! Packages that tests write, build under denied warnings and run, as a user would have them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The root of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Writes the manifest of a workspace of its own, so that generated code is built as a user's is.
pub fn write_workspace(folder: &Path, members: &[&str]) {
    write(&folder.join("Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"));
    fs::copy(project().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// The manifest of a package with these features of `bindery`, and more dependencies as they stand in a manifest.
pub fn manifest(name: &str, features: &[&str], dependencies: &str) -> String {
    let path = |name: &str| project().join("crates").join(name);
    let run: String = ["bindery-migrate", "bindery-postgres"]
        .map(|name| format!("{name} = {{ path = {:?} }}\n", path(name)))
        .concat();
    format!(
        "[package]\nname = {name:?}\nedition = \"2024\"\n\n\
         [dependencies]\nbindery = {{ path = {:?}, features = {features:?} }}\n{run}\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}\n{dependencies}",
        path("bindery")
    )
}

/// Builds and runs one package, with the dependencies that this workspace has built already.
pub fn run(workspace: &Path, name: &str) -> String {
    fetch();
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["run", "--quiet", "--offline", "--package", name])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "")
        .env_remove("BINDERY")
        .env_remove("OUT_DIR")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

/// Has every crate of this workspace's Cargo.lock at hand, those of features that nobody has built too.
fn fetch() {
    static FETCHED: Once = Once::new();
    FETCHED.call_once(|| {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        // Without a network it fails if one is missing, and the build says which.
        let _ = cargo.args(["fetch", "--quiet", "--locked"]).current_dir(project()).status();
    });
}

/// Writes a file if it has another text.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}

/// Holds generated files against prettyplease, which drops the blank lines between items and methods, and comments.
#[allow(dead_code, reason = "not every test has files of its own")]
pub fn assert_pretty(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let printed = prettyplease::unparse(&syn::parse_file(&text).unwrap());
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("// @generated"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(lines(&text), lines(&printed), "{}", path.display());
    }
}
