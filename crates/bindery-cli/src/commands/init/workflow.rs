//! The CI workflow, where it is asked for.

use std::path::Path;

use super::plan::Plan;

/// GitHub's Ubuntu machines have Rust and PostgreSQL.
const GITHUB: &str = "\
# Builds, and compares bindery.lock with what PostgreSQL says.
name: Bindery
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    env:
      BINDERY: check
    steps:
      - uses: actions/checkout@v4
      - run: cargo build";

/// GitHub reads workflows at the top of the repository only, which a member of a workspace is below.
pub fn plan(plan: &mut Plan) {
    let root = plan.root.clone();
    let top = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&root);
    let below = root.strip_prefix(top).unwrap_or(Path::new(""));
    let manifest = match below.as_os_str().is_empty() {
        true => String::new(),
        false => format!(" --manifest-path {}", below.join("Cargo.toml").display()),
    };
    plan.create(top.join(".github/workflows/bindery.yml"), format!("{GITHUB}{manifest}\n"));
}
