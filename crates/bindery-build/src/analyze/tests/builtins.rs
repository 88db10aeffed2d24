//! Every built-in that is taken for safe is called with values at their extremes: none may return NULL.

use std::collections::HashMap;

use bindery_postgres::Server;

use super::super::functions;

/// Runs calls and tells the first that returns NULL; a call that fails tells nothing.
const PROBE: &str = "
    SET statement_timeout = '20s';
    CREATE FUNCTION pg_temp.first_null(calls text[]) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        call text;
        is_null bool;
    BEGIN
        FOREACH call IN ARRAY calls LOOP
            BEGIN
                EXECUTE format('SELECT (%s) IS NOT DISTINCT FROM NULL', call) INTO is_null;
                IF is_null THEN RETURN call; END IF;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
        RETURN NULL;
    END $$;";

/// Every signature that could be called by name, with its argument types.
const SIGNATURES: &str = "
    SELECT p.oid, p.proname::text, p.prosrc,
           ARRAY(SELECT t.typname::text FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a (oid, place)
                 JOIN pg_type t ON t.oid = a.oid ORDER BY a.place)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE l.lanname = 'internal' AND p.pronamespace = 'pg_catalog'::regnamespace AND p.proisstrict AND NOT p.proretset
      AND p.prokind = 'f' AND p.oid < 16384
    ORDER BY p.oid";

/// They change the server, wait, or write files.
const NOT_CALLED: [&str; 19] = [
    "pg_terminate",
    "pg_cancel",
    "pg_sleep",
    "pg_advisory",
    "pg_try_advisory",
    "pg_promote",
    "pg_reload",
    "pg_rotate",
    "pg_switch",
    "pg_create",
    "pg_drop",
    "pg_logical",
    "pg_replication",
    "pg_stat_reset",
    "pg_export",
    "pg_wal",
    "pg_log",
    "set",
    "lo_",
];

const VALUES: [(&str, &[&str]); 52] = [
    ("bool", &["true", "false"]),
    ("int2", &["0", "1", "-1", "32767"]),
    ("int4", &["0", "1", "-1", "1000"]),
    ("int8", &["0", "1", "-1", "1000"]),
    ("float4", &["0", "1.5", "'NaN'", "'infinity'", "'-infinity'"]),
    ("float8", &["0", "1.5", "'NaN'", "'infinity'", "'-infinity'"]),
    ("numeric", &["0", "1.5", "-2", "'NaN'", "'infinity'", "'-infinity'"]),
    ("money", &["'0'", "'1.5'"]),
    ("text", &["''", "'x'", "'1'", "'a b'", "'UTF8'", "'year'", "'9'"]),
    ("varchar", &["''", "'x'"]),
    ("bpchar", &["''", "'x'"]),
    ("name", &["''", "'x'", "'pg_class'", "'UTF8'"]),
    ("char", &["''", "'x'"]),
    ("bytea", &["''", "'\\x00'", "'\\xff01'"]),
    ("date", &["'infinity'", "'-infinity'", "'2020-01-01'"]),
    ("timestamp", &["'infinity'", "'-infinity'", "'2020-01-01'"]),
    ("timestamptz", &["'infinity'", "'-infinity'", "'2020-01-01'"]),
    ("time", &["'00:00'", "'24:00'"]),
    ("timetz", &["'00:00+00'", "'24:00+02'"]),
    ("interval", &["'0'", "'1 day'", "'-1 month'", "'infinity'", "'-infinity'"]),
    ("json", &["'{}'", "'[]'", "'null'", "'{\"a\": null}'", "'1'"]),
    ("jsonb", &["'{}'", "'[]'", "'null'", "'{\"a\": null}'", "'1'"]),
    ("jsonpath", &["'$'", "'$.a'", "'$.a > 1'"]),
    ("uuid", &["'00000000-0000-0000-0000-000000000000'", "'019876aa-0000-7000-8000-000000000000'"]),
    ("inet", &["'10.0.0.1'", "'::1/64'"]),
    ("cidr", &["'10.0.0.0/8'", "'::/0'"]),
    ("macaddr", &["'00:00:00:00:00:00'"]),
    ("macaddr8", &["'00:00:00:00:00:00:00:00'"]),
    ("point", &["'(0,0)'", "'(1,1)'", "'(NaN,0)'"]),
    ("lseg", &["'(0,0),(1,1)'", "'(5,5),(6,7)'"]),
    ("line", &["'{1,-1,0}'", "'{1,-1,5}'"]),
    ("box", &["'(0,0),(1,1)'", "'(5,5),(6,6)'"]),
    ("path", &["'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'"]),
    ("polygon", &["'(0,0),(1,1),(2,0)'"]),
    ("circle", &["'<(0,0),1>'", "'<(5,5),0>'"]),
    ("bit", &["'0'", "'1'"]),
    ("varbit", &["''", "'101'"]),
    ("tsvector", &["''", "'a:1 b:2'"]),
    ("tsquery", &["''", "'a'", "'a & b'"]),
    ("oid", &["0", "1", "1259", "999999"]),
    ("regclass", &["'pg_class'", "0"]),
    ("regtype", &["'int4'", "0"]),
    ("regproc", &["0"]),
    ("pg_lsn", &["'0/0'", "'1/1'"]),
    ("xid", &["'0'", "'3'"]),
    ("xid8", &["'0'", "'3'"]),
    ("cid", &["'0'"]),
    ("tid", &["'(0,1)'"]),
    ("xml", &["'<a/>'"]),
    ("refcursor", &["'x'"]),
    ("record", &["ROW(1, NULL)", "ROW(NULL, NULL)"]),
    ("oidvector", &["''", "'1 2'"]),
];

/// The values of polymorphic and array types.
fn values(ty: &str, by_type: &HashMap<&str, &[&str]>) -> Vec<String> {
    let of = |ty: &str| {
        let values = by_type.get(ty).copied().unwrap_or_default();
        let cast = |value: &&str| {
            if ty == "record" { (*value).to_owned() } else { format!("{value}::pg_catalog.\"{ty}\"") }
        };
        values.iter().map(cast).collect::<Vec<_>>()
    };
    let given = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    match ty {
        "anyelement" | "anynonarray" | "anycompatible" | "anycompatiblenonarray" => given(&["1", "0"]),
        "anyarray" | "anycompatiblearray" => {
            given(&["'{}'::int[]", "'{1,NULL}'::int[]", "'{{1},{2}}'::int[]", "'[0:1]={1,2}'::int[]"])
        }
        "anyrange" | "anycompatiblerange" => {
            given(&["'empty'::int4range", "'(,)'::int4range", "'[1,2)'::int4range"])
        }
        "anymultirange" | "anycompatiblemultirange" => {
            given(&["'{}'::int4multirange", "'{(,)}'::int4multirange"])
        }
        "any" => given(&["1", "'x'::text"]),
        "anyenum" => given(&["'a'::pg_temp.letter"]),
        _ => match ty.strip_prefix('_') {
            Some(element) => [
                format!("'{{}}'::pg_catalog.\"{element}\"[]"),
                format!("'{{NULL}}'::pg_catalog.\"{element}\"[]"),
            ]
            .into_iter()
            .chain(of(element).iter().map(|value| format!("ARRAY[{value}]")))
            .collect(),
            None => of(ty),
        },
    }
}

#[test]
fn safe_builtins_never_return_null() {
    let database = Server::start().unwrap().create_database().unwrap();
    let mut client = database.connect().unwrap();
    client.batch_execute("CREATE TYPE pg_temp.letter AS ENUM ('a', 'b')").unwrap();
    client.batch_execute(PROBE).unwrap();
    let by_type: HashMap<&str, &[&str]> = VALUES.into_iter().collect();
    let (mut called, mut calls_made, mut without_values) = (0, 0, 0);
    for row in client.query(SIGNATURES, &[]).unwrap() {
        let (name, source, types): (String, String, Vec<String>) = (row.get(1), row.get(2), row.get(3));
        if !functions::is_safe_source(&source) || NOT_CALLED.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let mut calls = vec![format!("pg_catalog.\"{name}\"(")];
        for (place, ty) in types.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let values = values(ty, &by_type);
            calls = calls
                .iter()
                .flat_map(|call| values.iter().map(move |value| format!("{call}{comma}{value}")))
                .collect();
            // Enough of each combination: the last values are those at the extremes.
            let step = calls.len() / 300 + 1;
            calls = calls.into_iter().step_by(step).collect();
        }
        let calls: Vec<String> = calls.into_iter().map(|call| format!("{call})")).collect();
        if calls.is_empty() {
            without_values += 1;
            continue;
        }
        let null: Option<String> =
            client.query_one("SELECT pg_temp.first_null($1)", &[&calls]).unwrap().get(0);
        assert_eq!(null, None, "{source}");
        called += 1;
        calls_made += calls.len();
    }
    println!(
        "{called} signatures called {calls_made} times; {without_values} take types without values here"
    );
    assert!(called > 1_000, "only {called} were called");
}
