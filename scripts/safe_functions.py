#!/usr/bin/env python3
"""Which built-in functions never return NULL when no argument is NULL, read off PostgreSQL's C sources.

    scripts/safe_functions.py POSTGRESQL-15.18 POSTGRESQL-18.6 > crates/bindery-build/src/analyze/safe_functions.txt

The arguments are unpacked source trees (Debian: `apt-get source postgresql-15`). A name is written if in every tree that
has it no path of the C function sets its null flag: not by PG_RETURN_NULL, not by touching fcinfo->isnull, and not by
handing fcinfo to a function that does. `tests/builtins.rs` calls each of them on the servers at hand.
"""
import pathlib, re, sys

# Reached only after ereport(ERROR), which does not return.
UNREACHABLE = re.compile(
    r"/\* keep compiler quiet \*/\s*PG_RETURN_NULL\(\);"
    r"|/\* ensure compiler realizes we mustn't reach the division[^*]*\*/\s*PG_RETURN_NULL\(\);"
    r"|PG_RETURN_NULL\(\);\s*/\* (?:keep compiler quiet|not reached|can't get here)[^*]*\*/"
)
# Bodies that macros make: `CMPFUNC(tsvector_lt, ...)`. What they return is never NULL.
MACRO = re.compile(r"^(?:TSVECTORCMPFUNC|CMPFUNC)\(\s*(\w+)|^(?:TSVECTORCMPFUNC|CMPFUNC|PSEUDOTYPE_DUMMY\w*)\((\w+)", re.M)
DEFINITION = re.compile(r"^(\w+)\(([^;{}()]*(?:\([^()]*\)[^;{}()]*)*)\)\s*\n\{\n(.*?)^\}", re.M | re.S)


def functions(tree):
    """Each C function: its parameters and its body without comments that change nothing."""
    found = {}
    for path in sorted((pathlib.Path(tree) / "src/backend").rglob("*.c")):
        text = path.read_text(errors="replace")
        for name, parameters, body in DEFINITION.findall(text):
            body = UNREACHABLE.sub("", body)
            found[name] = (parameters, re.sub(r"/\*.*?\*/", "", body, flags=re.S))
        for names in MACRO.findall(text):
            found[next(filter(None, names))] = ("PG_FUNCTION_ARGS", "")
    return found


def may_return_null(name, found, seen=()):
    if name not in found or name in seen:
        return name not in found
    body = found[name][1]
    if re.search(
        r"PG_RETURN_NULL|(?<!\w)fcinfo->isnull|SRF_RETURN|\*\s*is_?null\s*=\s*true", body
    ):
        return True
    handed_on = re.findall(r"\b(\w+)\([^;]*?\bfcinfo\b", body)
    ignored = re.compile(r"^(PG_|get_fn_|AggCheckCallContext|if|while|return|init_|InitMaterializedSRF|get_call_result_type|WindowObject)")
    return any(may_return_null(other, found, (*seen, name)) for other in handed_on if not ignored.match(other))


def builtin_sources(tree):
    """prosrc of each strict function of pg_catalog that is written in C and gives one value."""
    data = (pathlib.Path(tree) / "src/include/catalog/pg_proc.dat").read_text()
    for entry in re.findall(r"^\{(.*?)\},?$", data, re.M | re.S):
        fields = dict(re.findall(r"(\w+) => '((?:[^'\\]|\\.)*)'", entry))
        plain = not fields.keys() & {"proretset", "prokind", "prolang"}
        if plain and fields.get("proisstrict", "t") == "t":
            kinds = fields.get("proargtypes", "").split() + [fields["prorettype"]]
            if not set(kinds) & {"cstring", "internal", "trigger", "event_trigger", "language_handler", "void",
                                 "fdw_handler", "index_am_handler", "table_am_handler", "tsm_handler"}:
                yield fields["prosrc"]


def main(trees):
    safe, unsafe = set(), set()
    for tree in trees:
        found = functions(tree)
        for source in builtin_sources(tree):
            (unsafe if may_return_null(source, found) else safe).add(source)
    print("\n".join(sorted(safe - unsafe)))
    print(f"{len(safe - unsafe)} safe, {len(unsafe)} not", file=sys.stderr)
    if "-v" in sys.argv:
        print("\n".join(sorted(unsafe)), file=sys.stderr)


main([argument for argument in sys.argv[1:] if argument != "-v"])
