#!/usr/bin/env bash
# Tests the crate `bindery` with each of its features alone, with none, and with all.
set -euo pipefail
cd "$(dirname "$0")/.."

features=$(sed -n '/^\[features\]/,/^\[dependencies\]/s/^\([a-z_-]*\) = .*/\1/p' crates/bindery/Cargo.toml | grep -v '^default$')
for feature in "" $features; do
  echo "bindery with ${feature:-no feature}"
  RUSTFLAGS="-D warnings" cargo test --quiet --package bindery --lib --no-default-features --features "$feature" \
    --target-dir target/features
done
echo "bindery with all features"
RUSTFLAGS="-D warnings" cargo test --quiet --package bindery --all-features --target-dir target/features
