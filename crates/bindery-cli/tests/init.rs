//! `cargo bindery init` as a new user meets it: in a package of `cargo new`, which then builds and runs.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BUILD: &str = "fn main() {\n    bindery_build::run()\n}\n";

/// A package that `cargo new` made, in a folder of its own.
struct Package {
    root: PathBuf,
}

impl Package {
    fn new(name: &str, kind: &str) -> Self {
        // Not below this workspace, of which `cargo new` would make it a member.
        let parent = std::env::temp_dir().join(format!("bindery-init-{}-{name}", std::process::id()));
        fs::create_dir_all(&parent).unwrap();
        let made = cargo(&parent).args(["new", "--vcs", "none", kind, name]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        Self { root: parent.join(name) }
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The text of every file, by path.
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&self.root).unwrap().display().to_string();
                    files.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        files
    }

    fn bindery(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bindery"));
        command.arg("bindery").args(arguments).current_dir(&self.root);
        for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR"] {
            command.env_remove(variable);
        }
        command.output().unwrap()
    }

    /// What a call that ends well prints.
    fn init(&self, arguments: &[&str]) -> String {
        let output = self.bindery(&[&["init"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output));
        text(&output)
    }

    /// What a call that something stands in the way of prints; it changes nothing.
    fn refused(&self, arguments: &[&str], status: i32) -> String {
        let before = self.files();
        let output = self.bindery(&[&["init"], arguments].concat());
        assert_eq!(output.status.code(), Some(status), "{}", text(&output));
        assert_eq!(self.files(), before);
        text(&output)
    }

    /// Cargo on the package, with what this workspace has built already.
    fn cargo(&self, argument: &str) -> Output {
        self.write("Cargo.lock", &fs::read_to_string(checkout().join("Cargo.lock")).unwrap());
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut command = cargo(&self.root);
        command.args([argument, "--quiet", "--offline"]).env("CARGO_TARGET_DIR", target);
        command.env_remove("BINDERY").env_remove("BINDERY_PG_BIN").output().unwrap()
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = self.root.parent().map(fs::remove_dir_all);
    }
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(folder);
    command
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn crates() -> String {
    checkout().join("crates").display().to_string()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_new_package_runs() {
    let package = Package::new("hello", "--bin");
    let told = package.init(&["--path", &crates()]);
    assert_eq!(
        told,
        "added to Cargo.toml: `bindery`, `bindery-migrate`, `bindery-postgres`, `tokio`, `bindery-build`\n\
         created build.rs\ncreated migrations/00001_tasks.sql\ncreated queries/tasks.sql\n\
         replaced src/main.rs: an example, in place of `Hello, world!`\n\n\
         Next: `cargo run`, then commit bindery.lock along with the rest.\n\
         In CI, with PostgreSQL installed, this also compares bindery.lock with what the server says:\n\n    \
         BINDERY=check cargo build\n"
    );
    let run = package.cargo("run");
    assert_eq!(text(&run), "[ ] Write a query (in queries/tasks.sql)\n[x] Run the example (no note)\n");
    let check = package.bindery(&["check"]);
    assert_eq!(text(&check), "3 queries, as PostgreSQL says\n");
    let before = package.files();
    assert_eq!(package.init(&["--path", &crates()]), "all is there in package `hello`\n");
    assert_eq!(package.files(), before);
}

#[test]
fn a_library_is_told_the_line_to_write() {
    let package = Package::new("library", "--lib");
    let told = package.init(&["--path", &crates()]);
    let line = "mod db { bindery::include_queries!(); }";
    assert!(told.contains(&format!("left to you: in src/lib.rs:\n\n    {line}\n")), "{told}");
    // The example is what needs a server at run time.
    assert!(!package.read("Cargo.toml").contains("bindery-postgres"));
    let lib = package.read("src/lib.rs");
    package.write("src/lib.rs", &format!("#![deny(warnings)]\npub {line}\n{lib}"));
    let built = package.cargo("build");
    assert!(built.status.success(), "{}", text(&built));
    assert_eq!(package.init(&[]), "all is there in package `library`\n");
}

#[test]
fn what_is_there_is_not_touched() {
    let package = Package::new("own", "--bin");
    package.write(
        "build.rs",
        "// bindery_build goes here\nfn main() { println!(\"cargo::rerun-if-changed=x\"); }\n",
    );
    package.write("migrations/1_cars.sql", "-- +goose Up\nCREATE TABLE cars (id bigint);\n");
    package.write("src/main.rs", "fn main() {}\n");
    let before = package.files();
    let told = package.init(&["--ci", "github"]);
    assert!(told.contains("left to you: in build.rs, in `main`:\n\n    bindery_build::run();\n"), "{told}");
    assert!(told.contains("left to you: queries/NAME.sql, with"), "{told}");
    assert!(told.contains("left to you: in src/main.rs:\n\n    mod db {"), "{told}");
    let mut after = package.files();
    let workflow = after.remove(".github/workflows/bindery.yml");
    let manifest = after.remove("Cargo.toml").unwrap();
    assert!(manifest.contains(concat!("bindery = \"", env!("CARGO_PKG_VERSION"), "\"\n")), "{manifest}");
    after.insert("Cargo.toml".to_owned(), before["Cargo.toml"].clone());
    assert_eq!(after, before);
    assert!(workflow.unwrap().ends_with(
        "BINDERY: check\n    steps:\n      - uses: actions/checkout@v4\n      - run: cargo build\n"
    ));
}

#[test]
fn a_dry_run_writes_nothing() {
    let package = Package::new("dry", "--bin");
    let before = package.files();
    let told = package.init(&["--dry-run"]);
    assert_eq!(package.files(), before);
    for line in [
        "would add to Cargo.toml: `bindery`, ",
        "\n    [build-dependencies]\n",
        "\nwould create build.rs\n    fn main() {\n        bindery_build::run()\n",
        "\nwould create migrations/00001_tasks.sql\n    -- +goose Up\n",
        "\nwould replace src/main.rs: an example",
        "\n    mod db {\n        bindery::include_queries!();\n    }\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    package.init(&[]);
    assert_eq!(package.init(&["--dry-run"]), "all is there\n");
    assert_eq!(package.read("build.rs"), BUILD);
}

#[test]
fn a_member_of_a_workspace_has_its_workflow_at_the_top() {
    let package = Package::new("workspace", "--bin");
    package.write("Cargo.toml", "[workspace]\nmembers = [\"members/*\"]\n");
    package.write("members/app/Cargo.toml", "[package]\nname = \"app\"\nedition = \"2024\"\n");
    package.write("members/app/src/lib.rs", "");
    package.write(".git/HEAD", "");
    let told = package.refused(&[], 2);
    assert!(told.contains("a workspace without a package of its own"), "{told}");
    let told = package.init(&["--manifest-path", "members/app/Cargo.toml", "--ci", "github"]);
    assert!(told.contains("created members/app/build.rs\n"), "{told}");
    let workflow = package.read(".github/workflows/bindery.yml");
    assert!(workflow.ends_with("run: cargo build --manifest-path members/app/Cargo.toml\n"), "{workflow}");
}

#[test]
fn all_that_stands_in_the_way_is_told_before_anything_is_written() {
    let package = Package::new("problems", "--bin");
    let manifest = package.read("Cargo.toml");
    let manifest = manifest.replace("edition", "build = false\nedition");
    let renamed = "[dependencies]\ndb = { package = \"bindery\", version = \"0\" }\n";
    package.write("Cargo.toml", &manifest.replace("[dependencies]\n", renamed));
    package.write("queries", "no folder");
    let told = package.refused(&[], 1);
    for message in [
        "error: `Cargo.toml` has `build = false`, and Bindery runs in a build script\n",
        "error: `queries` is no folder\n",
        "error: `Cargo.toml`: `db` in [dependencies] is `bindery`, which has to go by its own name\n",
    ] {
        assert!(told.contains(message), "{message}\n{told}");
    }
    package.write("Cargo.toml", "[dependencies]\n");
    let told = package.refused(&[], 2);
    assert_eq!(told, "error: `Cargo.toml` has no [package] with a name\n");
}

#[test]
fn a_path_without_the_crates_is_a_wrong_call() {
    let package = Package::new("path", "--bin");
    let told = package.refused(&["--path", "src"], 2);
    assert!(told.starts_with("error: --path: `src` has no `bindery/Cargo.toml`\n  = help: "), "{told}");
}
