//! Queries with optional parts: code is generated from them, built under denied warnings, and run over random data.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod package;

use std::fs;
use std::path::Path;

use bindery_build::Config;
use package::write;

#[test]
fn each_choice_returns_what_a_filter_in_rust_returns() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dynamic/searches");
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamic");
    let root = workspace.join("searches");
    package::write_workspace(&workspace, &["searches"]);
    let build =
        format!("\n[build-dependencies]\nbindery-build = {{ path = {:?} }}\n", env!("CARGO_MANIFEST_DIR"));
    write(&root.join("Cargo.toml"), &package::manifest("searches", &["serde_json"], &build));
    write(&root.join("build.rs"), "fn main() { bindery_build::run(); }\n");
    for file in ["migrations/0001_cars.sql", "queries/cars.sql"] {
        write(&root.join(file), &fs::read_to_string(own.join(file)).unwrap());
    }
    write(&root.join("src/main.rs"), &fs::read_to_string(own.join("main.rs")).unwrap());
    write(&root.join("bindery.toml"), "query_traits = \"on\"\n");
    // A lock of an earlier run would keep what Bindery said then.
    let _ = fs::remove_file(root.join("bindery.lock"));
    let mut config = Config::new(&root);
    config.out_dir("code");
    config.generate().unwrap();
    package::assert_pretty(&root.join("code"));
    println!("{}", package::run(&workspace, "searches"));
}
