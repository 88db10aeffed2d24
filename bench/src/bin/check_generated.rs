//! What `cargo check` of generated code costs, beside the same queries written by hand on the driver.
//!
//! `cargo run --manifest-path bench/Cargo.toml --bin check_generated [queries]`, 1,000 unless told. The two crates are
//! checked in turns, each from nothing but its dependencies, in the dev profile; each figure is the median of three.

#[path = "../project.rs"]
mod project;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bindery_build::Config;

const RUNS: usize = 3;

fn main() {
    if let (Some("--generate"), Some(sql)) = (env::args().nth(1).as_deref(), env::args().nth(2)) {
        Config::new(sql).generate().unwrap();
        return;
    }
    let queries = env::args().nth(1).map_or(1_000, |number| number.parse().expect("a number of queries"));
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/check_generated"));
    let generated = write_crates(&root, queries);
    let lines = |text: &str| text.lines().count();
    let ours: usize = fs::read_dir(generated.join("bindery"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| lines(&fs::read_to_string(path).unwrap()))
        .sum();
    let theirs = lines(&fs::read_to_string(root.join("by_hand/src/lib.rs")).unwrap());
    // Dependencies once.
    check(&root, "generated", &generated);
    check(&root, "by_hand", &generated);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        times[0].push(check(&root, "by_hand", &generated));
        times[1].push(check(&root, "generated", &generated));
    }
    let [by_hand, generated] = times.map(median);
    println!("cargo check of {queries} queries");
    println!("by hand   {theirs:>7} lines {:>6} ms  1.00", by_hand.as_millis());
    let ratio = generated.as_secs_f64() / by_hand.as_secs_f64();
    println!("generated {ours:>7} lines {:>6} ms  {ratio:.2}", generated.as_millis());
}

/// A workspace of two crates; returns the `OUT_DIR` of the generated one.
fn write_crates(root: &Path, queries: usize) -> PathBuf {
    let bindery = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/bindery");
    write(
        &root.join("Cargo.toml"),
        "[workspace]\nmembers = [\"generated\", \"by_hand\"]\nresolver = \"3\"\n",
    );
    let manifest = |name: &str, dependency: &str| {
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n"
        )
    };
    let dependency = format!("bindery = {{ path = {bindery:?} }}");
    write(&root.join("generated/Cargo.toml"), &manifest("generated", &dependency));
    write(&root.join("generated/src/lib.rs"), "pub mod db {\n    bindery::include_queries!();\n}\n");
    write(&root.join("by_hand/Cargo.toml"), &manifest("by_hand", "tokio-postgres = \"0.7\""));
    write(&root.join("by_hand/src/lib.rs"), &project::hand_written(queries));
    // The versions that the benchmarks themselves have.
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let sql = root.join("sql");
    let _ = fs::remove_dir_all(&sql);
    project::write(&sql, queries);
    generate(&sql);
    sql.join("out")
}

/// In a process of its own, since `OUT_DIR` is read from the environment.
fn generate(sql: &Path) {
    let mut command = Command::new(env::current_exe().unwrap());
    let status = command.arg("--generate").arg(sql).env("OUT_DIR", sql.join("out")).status().unwrap();
    assert!(status.success());
}

/// Checks one crate anew.
fn check(root: &Path, name: &str, out_dir: &Path) -> Duration {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(root).env("OUT_DIR", out_dir).env_remove("CARGO_TARGET_DIR");
        assert!(command.arg("--quiet").status().unwrap().success());
    };
    cargo(&["clean", "--package", name]);
    let start = Instant::now();
    cargo(&["check", "--offline", "--package", name]);
    start.elapsed()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
