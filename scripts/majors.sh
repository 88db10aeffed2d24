#!/usr/bin/env bash
# The tests of what PostgreSQL says, on every supported major version; .ci/run does it for the newest alone.
#
#   scripts/majors.sh            300 random queries on each
#   BINDERY_RANDOM_QUERIES=5000 scripts/majors.sh
set -euo pipefail
cd "$(dirname "$0")/.."

bins=$(scripts/postgres.sh 14 15 16 17 18)
BINDERY_MAJORS=$bins cargo test --package cargo-bindery --test majors -- --nocapture
while IFS= read -r bin; do
  echo "== $bin"
  BINDERY_PG_BIN=$bin cargo test --package bindery-build --lib -- --nocapture
  BINDERY_PG_BIN=$bin cargo test --package bindery-build --test types -- --nocapture
  BINDERY_PG_BIN=$bin cargo test --package bindery --test server
done <<< "$bins"
