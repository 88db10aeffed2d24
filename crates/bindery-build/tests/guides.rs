//! The guides for users of other tools: what they show is the text of the files in `guides/`, which build and run.

#![allow(clippy::unwrap_used)]

mod package;

use std::fs;
use std::path::{Path, PathBuf};

use package::write;

/// A guide, and what its program prints.
struct Guide {
    name: &'static str,
    features: &'static [&'static str],
    dependencies: &'static str,
    prints: &'static str,
}

const GUIDES: [Guide; 3] = [
    Guide {
        name: "sqlc",
        features: &["serde"],
        dependencies: "serde = { version = \"1\", features = [\"derive\"] }\n",
        prints: "DUNE\n",
    },
    Guide { name: "cornucopia", features: &[], dependencies: "", prints: "DUNE None\n" },
    Guide { name: "sqlx", features: &[], dependencies: "", prints: "DUNE None\n" },
];

fn folder(guide: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guides").join(guide)
}

#[test]
fn what_the_guides_show_builds_and_runs() {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guides");
    let name = |guide: &Guide| format!("from-{}", guide.name);
    let names: Vec<String> = GUIDES.iter().map(name).collect();
    package::write_workspace(&workspace, &names.iter().map(String::as_str).collect::<Vec<_>>());
    for guide in &GUIDES {
        let build = format!(
            "{}\n[build-dependencies]\nbindery-build = {{ path = {:?} }}\n",
            guide.dependencies,
            env!("CARGO_MANIFEST_DIR")
        );
        let package = workspace.join(name(guide));
        let _ = fs::remove_file(package.join("bindery.lock"));
        write(&package.join("Cargo.toml"), &package::manifest(&name(guide), guide.features, &build));
        write(&package.join("build.rs"), "fn main() {\n    bindery_build::run()\n}\n");
        copy(&folder(guide.name), &package);
    }
    for guide in &GUIDES {
        assert_eq!(package::run(&workspace, &name(guide)), guide.prints, "{}", guide.name);
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => write(&target, &fs::read_to_string(path).unwrap()),
        }
    }
}

/// A block of code in a guide stands below a comment that names its file: `<!-- guides/sqlx/queries/books.sql -->`.
#[test]
fn the_guides_show_the_files_that_are_tested() {
    for guide in GUIDES {
        let path = package::project().join(format!("docs/from-{}.md", guide.name));
        let text = fs::read_to_string(&path).unwrap();
        let mut shown = 0;
        for part in text.split("<!-- guides/").skip(1) {
            let (file, rest) = part.split_once(" -->\n```").unwrap();
            let (_, code) = rest.split_once('\n').unwrap();
            let (code, _) = code.split_once("```\n").unwrap();
            let tested = fs::read_to_string(folder(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(code, tested, "{} shows another {file}", path.display());
            shown += 1;
        }
        // What has no such comment is no code of a project: commands and single lines.
        assert!(shown >= 3, "{}: {shown} blocks", path.display());
    }
}
