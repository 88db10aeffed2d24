//! Rows whose types are known only when the program runs.

use bindery::{Connection, Dict, Row, Value};

use crate::values::Random;
use crate::{client, database, run};

const TYPES: &str = "
    CREATE TYPE fuel AS ENUM ('petrol', 'electric, green');
    CREATE DOMAIN plate AS text CHECK (VALUE <> '');
    CREATE TYPE address AS (street text, number int4, fuel fuel, plates plate[]);
    CREATE TYPE float_range AS RANGE (subtype = float8);
";

/// Expressions of every type that PostgreSQL has and Bindery maps.
const EXPRESSIONS: &[&str] = &[
    "NULL::int4",
    "NULL::fuel",
    "'-32768'::int2",
    "2147483647",
    "9223372036854775807",
    "1.5::float4",
    "'-1e-7'::float4",
    "'1e6'::float4",
    "'NaN'::float8",
    "'-Infinity'::float8",
    "0.1::float8 + 0.2::float8",
    "'-0'::float8",
    "1e300::float8",
    "123.4500",
    "'NaN'::numeric",
    "''::text",
    "'ä\"\\'::varchar",
    "'a'::bpchar(1)",
    "'name'::name",
    "'x'::\"char\"",
    "'\\x00ff10'::bytea",
    "'{\"a\": [1, 2.50, null]}'::json",
    "'{\"b\": 1.10, \"a\": \"x\"}'::jsonb",
    "'$.a[*]'::jsonpath",
    "'2024-02-29'::date",
    "'infinity'::date",
    "'0044-03-15 BC'::date",
    "'24:00'::time",
    "'04:05:06.789+05:30'::timetz",
    "'2024-02-29 12:34:56.5'::timestamp",
    "'-infinity'::timestamp",
    "'294276-12-31 23:59:59.999999Z'::timestamptz",
    "'1 year -2 mons 3 days 04:05:06.7'::interval",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "'192.168.0.1/24'::inet",
    "'192.168.0.1'::inet",
    "'2001:db8::1/64'::inet",
    "'10.0.0.0/8'::cidr",
    "'10.1.2.3/32'::cidr",
    "'08:00:2b:01:02:03'::macaddr",
    "'08:00:2b:01:02:03:04:05'::macaddr8",
    "B'10110'::bit(5)",
    "B''::varbit",
    "4294967295::oid",
    "'7'::xid",
    "'8'::cid",
    "'18446744073709551615'::xid8",
    "'(42,7)'::tid",
    "'16/B374D848'::pg_lsn",
    "'10:20:10,14,15'::pg_snapshot",
    "point(1.5, -2)",
    "'{1,2,3}'::line",
    "'[(0,0),(1e20,1)]'::lseg",
    "'(0,0),(3,4)'::box",
    "'((0,0),(1,1),(2,0))'::path",
    "'[(0,0),(1,1)]'::path",
    "'((0,0),(1,1),(2,0))'::polygon",
    "'<(1,2),0.5>'::circle",
    "'a:1 fat:2A,4B cat''s:3'::tsvector",
    "'a & ( b | !c ) <-> d <2> e:*AB'::tsquery",
    "'!( a & b ) | ( x <-> ( y <-> z ) )'::tsquery",
    "''::tsquery",
    "'petrol'::fuel",
    "'A 1'::plate",
    "ROW('High \"Street', 7, 'electric, green', '{A,\"B,C\"}')::address",
    "ROW('', NULL, NULL, NULL)::address",
    "ROW(1, 'a b', NULL, 2.5)",
    "'{1,NULL,3}'::int4[]",
    "'{}'::text[]",
    "'{{1,2},{3,4}}'::int4[]",
    "'{{{a},{\"b c\"}},{{\"\"},{\"NULL\"}}}'::text[]",
    "'[0:1]={1,2}'::int8[]",
    "'[-1:0][2:3]={{1,2},{3,4}}'::int8[]",
    "'{\"a\\\\b\",\"c\\\"d\",\"{e}\",NULL,null}'::text[]",
    "'{(3,4),(0,0);(1,1),(0,0)}'::box[]",
    "ARRAY['petrol', 'electric, green']::fuel[]",
    "ARRAY['A', 'B']::plate[]",
    "ARRAY[ROW('a', 1, 'petrol', '{}')::address, NULL]",
    "ARRAY[int4range(1, 3), 'empty']",
    "int4range(1, 10)",
    "'empty'::numrange",
    "'(1.5,]'::numrange",
    "'[2024-01-01 00:00,2024-02-01 00:00)'::tsrange",
    "'[2024-01-01 00:00Z,infinity]'::tstzrange",
    "'[1.5,2.5]'::float_range",
    "'{[1,3),[5,7)}'::int4multirange",
    "'{}'::datemultirange",
    "'{[2024-01-01 00:00,2024-01-02 00:00]}'::tsmultirange",
    "t.*::t",
];

/// The value, and the server's own text of it: by `format`, since the cast of an `inet` adds to it.
async fn both(conn: &Connection, expression: &str) -> (Value, Option<String>) {
    let sql = format!(
        "SELECT v, CASE WHEN v::text IS NOT NULL THEN format('%s', v) END FROM (SELECT ({expression}) AS v FROM (VALUES (1, 'w')) AS o) AS o"
    );
    let sql = match expression.starts_with("t.*") {
        true => "SELECT t, t::text FROM t".to_owned(),
        false => sql,
    };
    let row: Row = conn.query_one(&sql, &[]).await.unwrap();
    let value = row.get(0).unwrap_or_else(|error| panic!("{expression}: {error}"));
    (value, row.get(1).unwrap())
}

async fn check(conn: &Connection, expression: &str) {
    let (value, text) = both(conn, expression).await;
    assert!(!matches!(value, Value::Other { .. }), "{expression}: {value:?}");
    assert_eq!(value.is_null(), text.is_none(), "{expression}");
    if let Some(text) = text {
        assert_eq!(value.to_string(), text, "{expression}: {value:?}");
    }
}

#[tokio::test]
async fn every_type_prints_as_the_server_prints_it() {
    let database = database();
    run(&database, TYPES);
    run(&database, "INSERT INTO t VALUES (1, 'a b')");
    let conn = client(&database, 1).await.connection().await.unwrap();
    conn.batch_execute("SET timezone = 'UTC'; SET datestyle = 'ISO'").await.unwrap();
    for expression in EXPRESSIONS {
        check(&conn, expression).await;
    }
}

#[tokio::test]
async fn extensions_print_so_too_where_they_are_installed() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    for (extension, expressions) in [
        ("hstore", ["'a=>1, long=>NULL, \"q\\\"\"=>\"b,c\"'::hstore", "''::hstore"].as_slice()),
        ("ltree", &["'a.b.c'::ltree", "'a.*{1,2}.b'::lquery", "'a & b'::ltxtquery"]),
        ("cube", &["'(1,2.5)'::cube", "'(0,0),(1,1e20)'::cube"]),
        ("citext", &["'Ab'::citext", "ARRAY['A']::citext[]"]),
        ("vector", &["'[1,2.5]'::vector", "'[1,2.5]'::halfvec", "'{1:1.5,3:2}/5'::sparsevec"]),
        ("postgis", &["'POINT(1 2)'::geometry"]),
    ] {
        if conn.batch_execute(&format!("CREATE EXTENSION {extension}")).await.is_err() {
            println!("{extension} is not installed");
            continue;
        }
        for expression in expressions {
            check(&conn, expression).await;
        }
    }
}

#[tokio::test]
async fn random_numbers_and_texts_print_as_the_server_prints_them() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let mut random = Random::new();
    let sql = "SELECT $1::float8, $2::float4, ARRAY[$3::text, $3], ROW($3::text, $1),
        $1::float8::text, $2::float4::text, ARRAY[$3::text, $3]::text, ROW($3::text, $1)::text";
    for _ in 0..500 {
        let exponent = i32::try_from(random.below(40)).unwrap() - 20;
        let double = random.below(1_000_000) as f64 * 10f64.powi(exponent);
        let letters: Vec<char> = " a,\"\\{}()'ä\nN;\u{a0}\u{b}".chars().collect();
        let length = random.below(5);
        let text: String = (0..length)
            .map(|_| letters[usize::try_from(random.below(letters.len() as u64)).unwrap()])
            .collect();
        let row: Row = conn.query_one(sql, &[&double, &(double as f32), &text]).await.unwrap();
        for index in 0..4 {
            let shown: String = row.get(index + 4).unwrap();
            assert_eq!(row.get::<Value>(index).unwrap().to_string(), shown, "{double} {text:?}");
        }
    }
}

#[tokio::test]
async fn a_row_is_a_list_of_names_and_values() {
    let database = database();
    run(&database, TYPES);
    let conn = client(&database, 1).await.connection().await.unwrap();
    let sql = "SELECT 1::int8 AS id, NULL::text AS nothing, ROW('a', 2, NULL, NULL)::address AS home, \
               ARRAY[true] AS yes";
    let row: Row = conn.query_one(sql, &[]).await.unwrap();
    let columns: Vec<_> =
        row.columns().map(|column| format!("{} {}", column.name(), column.type_name())).collect();
    assert_eq!(columns, ["id int8", "nothing text", "home public.address", "yes bool[]"]);
    let dict: Dict = row.dict().unwrap();
    assert_eq!(
        dict.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["id", "nothing", "home", "yes"]
    );
    assert_eq!(dict.get("id").and_then(Value::as_i64), Some(1));
    assert_eq!(dict.get("nothing").map(Value::is_null), Some(true));
    let home = dict.get("home").and_then(Value::as_dict).unwrap();
    assert_eq!(home.get("street").and_then(Value::as_str), Some("a"));
    assert_eq!(dict.get("yes").and_then(Value::as_array).unwrap()[0].as_bool(), Some(true));
    assert_eq!(dict.get("else"), None);
    #[cfg(all(feature = "serde", feature = "serde_json"))]
    assert_eq!(
        serde_json::to_string(&dict).unwrap(),
        r#"{"id":1,"nothing":null,"home":{"street":"a","number":2,"fuel":null,"plates":null},"yes":[true]}"#
    );
}
