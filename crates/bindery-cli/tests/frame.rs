//! What all commands share: help, exit statuses, the package, colors, completions; and what docs/cli.md says of them.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_cargo-bindery");

fn bindery(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("bindery").args(arguments).current_dir(folder);
    for variable in ["BINDERY", "CARGO_MANIFEST_DIR", "OUT_DIR", "NO_COLOR", "CARGO_TERM_COLOR"] {
        command.env_remove(variable);
    }
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn told(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = bindery(folder, arguments).output().unwrap();
    (output.status.code(), text(&output))
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A workspace without a package of its own: `app` has a mistake in its SQL, `bare` has none of Bindery.
fn workspace(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frame").join(name);
    let _ = fs::remove_dir_all(&root);
    let package = |name| format!("[package]\nname = {name:?}\n");
    for (path, text) in [
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n".to_owned()),
        ("crates/app/Cargo.toml", package("app") + "[build-dependencies]\nbindery-build = \"0.1\"\n"),
        ("crates/app/migrations/1_cars.sql", "CREATE TABLE cars (plate text);\n".to_owned()),
        ("crates/app/queries/cars.sql", "-- name: A :many\nSELECT plat FROM cars;\n".to_owned()),
        ("crates/bare/Cargo.toml", package("bare")),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

#[test]
fn help_is_short() {
    let (status, help) = told(here(), &["--help"]);
    assert_eq!(status, Some(0));
    assert_eq!(help, include_str!("help.txt"));
    // However it is called.
    let directly = Command::new(BINARY).arg("--help").output().unwrap();
    assert_eq!(text(&directly), help);
    assert_eq!(told(here(), &[]), (Some(2), help));
    let version = format!("cargo-bindery {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(told(here(), &["--version"]), (Some(0), version));
}

/// The commands of `--help`, without `help` itself.
fn commands() -> Vec<String> {
    let help = told(here(), &["--help"]).1;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_an_example_and_a_section_in_the_docs() {
    for command in commands() {
        let help = told(here(), &[&command, "--help"]).1;
        assert!(help.contains("\nExample") && help.contains(&format!("cargo bindery {command}")), "{help}");
    }
    let docs = fs::read_to_string(here().join("../../docs/cli.md")).unwrap();
    let sections = docs.lines().filter_map(|line| line.strip_prefix("## "));
    let sections = sections.filter(|title| *title != "For every command");
    assert_eq!(sections.collect::<Vec<_>>(), commands());
}

#[test]
fn a_wrong_call_says_what_is_right() {
    let (status, text) = told(here(), &["chekc"]);
    assert_eq!(status, Some(2));
    assert!(text.contains("unrecognized subcommand 'chekc'") && text.contains("'check'"), "{text}");
    let root = workspace("wrong-call");
    for (path, expected) in [
        (
            "crates/ap/Cargo.toml",
            "does not exist\n  = help: write `crates/app/Cargo.toml`, `crates/bare/Cargo.toml`\n",
        ),
        ("crates/app", "is a folder\n  = help: write `crates/app/Cargo.toml`\n"),
        ("crates/app/queries/cars.sql", "is no Cargo.toml\n"),
        ("crates/app/queries/Cargo.toml", "does not exist\n  = help: `crates/app/queries` has `cars.sql`\n"),
    ] {
        let (status, text) = told(&root, &["check", "--manifest-path", path]);
        assert_eq!(status, Some(2));
        assert!(text.contains(&format!("--manifest-path: `{path}` {expected}")), "{text}");
    }
}

#[test]
fn the_package_is_the_nearest_one() {
    let root = workspace("nearest");
    let mistake = "error: column \"plat\" does not exist";
    for (folder, arguments) in [
        ("crates/app", &["check"][..]),
        ("crates/app/queries", &["check"]),
        (".", &["check", "--manifest-path", "crates/app/Cargo.toml"]),
        ("crates/bare", &["--manifest-path", "../app/Cargo.toml", "check"]),
    ] {
        let (status, text) = told(&root.join(folder), arguments);
        assert_eq!(status, Some(1), "{text}");
        assert!(text.contains(mistake) && text.contains("--> queries/cars.sql:2:8"), "{text}");
    }
    let (status, text) = told(&root.join("crates"), &["check"]);
    assert_eq!(status, Some(2));
    let expected = "is a workspace without a package of its own\n  = help: Bindery is set up in a package of it: --manifest-path";
    assert!(text.contains(expected) && text.contains(" app/Cargo.toml\n"), "{text}");
    let (status, text) = told(&root.join("crates/bare"), &["check"]);
    assert_eq!(status, Some(2));
    assert!(
        text.contains("Bindery is not set up in package `bare` (Cargo.toml)\n  = help: `cargo bindery init`"),
        "{text}"
    );
}

#[test]
fn colors_are_for_terminals_and_for_those_who_ask() {
    let root = workspace("colors").join("crates/app");
    let colored = |command: &mut Command| text(&command.output().unwrap()).contains("\x1b[");
    assert!(!colored(&mut bindery(&root, &["check"])));
    assert!(colored(&mut bindery(&root, &["check", "--color", "always"])));
    assert!(colored(bindery(&root, &["check"]).env("CARGO_TERM_COLOR", "always")));
    assert!(!colored(bindery(&root, &["check"]).env("CARGO_TERM_COLOR", "always").env("NO_COLOR", "1")));
    assert!(!colored(bindery(&root, &["check", "--color", "never"]).env("CARGO_TERM_COLOR", "always")));
    // The words are the same.
    let plain = text(&bindery(&root, &["check"]).output().unwrap());
    let colored = text(&bindery(&root, &["check", "--color", "always"]).output().unwrap());
    let mut words = String::new();
    for (index, part) in colored.split("\x1b[").enumerate() {
        words.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(words, plain);
}

/// What bash would offer after `line`, where cargo's own completion offers `build`.
const BASH: &str = r#"
_cargo() { COMPREPLY=(build); }
source <("$BINARY" completions bash)
try() {
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    local function=$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')
    "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "$* -> ${COMPREPLY[*]}"
}
try cargo bindery che
try cargo-bindery che
try cargo bindery check --manif
try cargo bindery check --color ""
try cargo b
"#;

const FISH: &str = r#"
$BINARY completions fish | source
complete -C "cargo bindery che"
complete -C "cargo-bindery che"
complete -C "cargo bindery check --manif"
"#;

/// None if the shell is not here.
fn shell(name: &str, script: &str) -> Option<String> {
    let output = Command::new(name).args(["-c", script]).env("BINARY", BINARY).output().ok()?;
    assert!(output.status.success(), "{}", text(&output));
    Some(text(&output))
}

#[test]
fn shells_complete_both_forms() {
    let expected = "\
cargo bindery che -> check
cargo-bindery che -> check
cargo bindery check --manif -> --manifest-path
cargo bindery check --color  -> auto always never
cargo b -> build
";
    match shell("bash", BASH) {
        Some(offered) => assert_eq!(offered, expected),
        None => println!("left out: bash is not here"),
    }
    match shell("fish", FISH) {
        Some(offered) => {
            let words: Vec<&str> =
                offered.lines().filter_map(|line| line.split_whitespace().next()).collect();
            assert_eq!(words, ["check", "check", "--manifest-path"], "{offered}");
        }
        None => println!("left out: fish is not here"),
    }
    // Zsh finds it by its first line, and cargo's own completion by the function's name.
    let zsh = told(here(), &["completions", "zsh"]).1;
    assert!(zsh.starts_with("#compdef cargo-bindery\n") && zsh.contains("\n_cargo-bindery() {\n"));
}
