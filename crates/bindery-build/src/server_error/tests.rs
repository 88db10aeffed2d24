//! The place that each error points at: line and column in the user's file, and the text that is underlined.

use std::sync::Arc;

use bindery_postgres::Server;

use super::*;
use crate::analyze::node;
use crate::migrations;
use crate::parse::{self, Unnamed};
use crate::query::Command;
use crate::session::{self, Session};
use crate::source::{SourceFile, Sources};

const SCHEMA: &str = "
    CREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, \"größe\" int, ps int);
    CREATE FUNCTION broken() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN wheels; END';
    CREATE FUNCTION old(integer) RETURNS int LANGUAGE SQL AS 'SELECT 1'";

/// A query file, and what is wrong in it: the first error's place and underlined text.
struct Case {
    what: &'static str,
    text: &'static str,
    place: &'static str,
    marked: &'static str,
}

const fn case(what: &'static str, text: &'static str, place: &'static str, marked: &'static str) -> Case {
    Case { what, text, place, marked }
}

/// The column counts characters, a tab being one.
const QUERIES: &[Case] = &[
    case("the first word", "-- name: A :many\nSELEC 1", "2:1", "SELEC"),
    case("on one line with the header", "/* name: A :many */ SELECT wheels FROM cars;", "1:28", "wheels"),
    case("tabs before it", "-- name: A :many\nSELECT\tid,\t\twheels\nFROM cars", "2:13", "wheels"),
    case("a tab begins the line", "-- name: A :many\nSELECT id,\n\twheels\nFROM cars", "3:2", "wheels"),
    case("CRLF", "-- name: A :many\r\nSELECT id,\r\n  wheels\r\nFROM cars;\r\n", "3:3", "wheels"),
    case(
        "CRLF in a string",
        "-- name: A :many\r\nSELECT 'a\r\nb', wheels\r\nFROM cars;\r\n",
        "3:5",
        "wheels",
    ),
    case("only CR", "-- name: A :many\nSELECT 1,\r  wheels FROM cars", "2:13", "wheels"),
    case(
        "a comment of 4-byte characters",
        "-- name: A :many\nSELECT /* 🚗🚙 */ wheels FROM cars",
        "2:17",
        "wheels",
    ),
    case(
        "a line comment of 4-byte characters",
        "-- name: A :many\nSELECT -- 🚗\n wheels FROM cars",
        "3:2",
        "wheels",
    ),
    case(
        "a string of 4-byte characters",
        "-- name: A :many\nSELECT '🚗🚙', wheels FROM cars",
        "2:14",
        "wheels",
    ),
    case(
        "an identifier of 4-byte characters",
        "-- name: A :many\nSELECT 1 AS \"🚗\", wheels FROM cars",
        "2:18",
        "wheels",
    ),
    // `u` and a combining diaeresis are two characters, here and for PostgreSQL.
    case("combining characters", "-- name: A :many\nSELECT 'u\u{308}', wheels FROM cars", "2:14", "wheels"),
    case(
        "a family of joined emoji",
        "-- name: A :many\nSELECT '👩\u{200d}👧', wheels FROM cars",
        "2:15",
        "wheels",
    ),
    case("letters beyond ASCII", "-- name: A :many\nSELECT größe, größer FROM cars", "2:15", "größer"),
    case(
        "text before the header",
        "-- 🚗 All of it.\n\n-- name: A :many\nSELECT wheels FROM cars",
        "4:8",
        "wheels",
    ),
    case(
        "an annotation with 4-byte characters",
        "-- name: A :many\n-- 🚗\nSELECT wheels FROM cars",
        "3:8",
        "wheels",
    ),
    case(
        "the second query",
        "-- name: A :many\nSELECT @x::int, 'ü';\n-- name: B :many\nSELECT @y::int, wheels FROM cars",
        "4:17",
        "wheels",
    ),
    case(
        "a nested block comment",
        "-- name: A :many\nSELECT /* @a /* 🚗 */ ü */ wheels FROM cars",
        "2:27",
        "wheels",
    ),
    case("a quoted identifier", "-- name: A :many\nSELECT \"Räder\" FROM cars", "2:8", "\"Räder\""),
    case(
        "after a quoted identifier with quotes",
        "-- name: A :many\nSELECT 1 AS \"a\"\"@b\", wheels FROM cars",
        "2:22",
        "wheels",
    ),
    case(
        "after a dollar quote",
        "-- name: A :many\nSELECT $x$ @a $$ ü $x$, wheels FROM cars",
        "2:25",
        "wheels",
    ),
    case("after an escaped string", "-- name: A :many\nSELECT E'\\'@a', wheels FROM cars", "2:17", "wheels"),
    case("the text of a string", "-- name: A :many\nSELECT 'ü', 'x'::int", "2:13", "'x'"),
    case("qualified", "-- name: A :many\nSELECT c.wheels FROM cars c", "2:8", "c"),
    case("an operator", "-- name: A :many\nSELECT id || ps FROM cars", "2:11", "||"),
    case("a cast", "-- name: A :many\nSELECT @x::inte FROM cars", "2:12", "inte"),
    case("after a cast", "-- name: A :many\nSELECT @x::int, wheels FROM cars", "2:17", "wheels"),
    case(
        "a parameter of a longer name than its number",
        "-- name: A :many\nSELECT @a_long_name::text, wheels FROM cars",
        "2:28",
        "wheels",
    ),
    case(
        "a parameter of a shorter name than its number",
        "-- name: A :many\nSELECT $1::int,$2::int,$3::int,$4::int,$5::int,$6::int,$7::int,$8::int,$9::int,@x::int,@y::int, wheels FROM cars",
        "2:97",
        "wheels",
    ),
    case(
        "a repeated parameter",
        "-- name: A :many\nSELECT @x::text, @x, @X, wheels FROM cars",
        "2:26",
        "wheels",
    ),
    case(
        "parameters of every form",
        "-- name: A :many\nSELECT $1::int, @b::int, sqlc.arg(c)::int, sqlc.narg('d')::int, sqlc.arg( \"e\" )::int, wheels FROM cars",
        "2:87",
        "wheels",
    ),
    case(
        "parameters on the lines before",
        "-- name: A :many\nSELECT sqlc.arg(\n  x\n)::int,\n  wheels FROM cars",
        "5:3",
        "wheels",
    ),
    case(
        "a parameter in each of two lines",
        "-- name: A :many\r\nSELECT @ü::int,\r\n  @ö::int, wheels\r\nFROM cars",
        "3:12",
        "wheels",
    ),
    case("right after a parameter", "-- name: A :many\nSELECT @x wheels wheels", "2:18", "wheels"),
    case("a parameter", "-- name: A :many\nSELECT id FROM cars WHERE @x IS NULL", "2:27", "@x"),
    case("a macro", "-- name: A :many\nSELECT id FROM cars WHERE sqlc.arg(x) IS NULL", "2:27", "sqlc.arg(x)"),
    case(
        "a macro over lines",
        "-- name: A :many\nSELECT id FROM cars WHERE sqlc.narg(\n'x') IS NULL",
        "2:27",
        "sqlc.narg(\n'x')",
    ),
    case("a number", "-- name: A :many\nSELECT id FROM cars WHERE $1 IS NULL", "2:27", "$1"),
    case("a number that is skipped", "-- name: A :many\nSELECT id FROM cars WHERE id = $2", "1:10", "A"),
    case("syntax at a parameter", "-- name: A :many\nSELECT id FROM @cars", "2:16", "@cars"),
    case(
        "syntax at the second of a repeated parameter",
        "-- name: A :many\nSELECT @x::text FROM @x",
        "2:22",
        "@x",
    ),
    case("syntax at a number", "-- name: A :many\nSELECT id FROM $12", "2:16", "$12"),
    case(
        "an operator next to a parameter",
        "-- name: A :many\nSELECT id FROM cars WHERE plate=@x::int",
        "2:32",
        "=",
    ),
    case("the end, at a semicolon", "-- name: A :many\nSELECT id FROM cars WHERE;\n", "2:26", ";"),
    case("the end, without a semicolon", "-- name: A :many\nSELECT id FROM cars WHERE\n", "2:26", "\n"),
    case("the end of the file", "-- name: A :many\nSELECT id FROM cars WHERE", "2:26", ""),
    case(
        "the end, after a parameter",
        "-- name: A :many\nSELECT id FROM cars WHERE id = @id AND ;",
        "2:39",
        " ",
    ),
    case("the end, right after a parameter", "-- name: A :many\nSELECT (@id;\n", "2:12", ";"),
    case("the end, after 4-byte characters", "-- name: A :many\nSELECT ('🚗';\n-- 🚗", "2:12", ";"),
    case("the end, before a comment", "-- name: A :many\nSELECT id FROM cars WHERE -- 🚗\n;\n", "2:26", " "),
    case("no position", "-- name: A :many\nSELECT array_length(@x, 1)", "1:10", "A"),
    case("in a function's body", "-- name: A :execrows\nSELECT broken()", "1:10", "A"),
    case("in a utility statement", "-- name: A :exec\nCREATE TABLE x (\n  \"🚗\" inte)", "3:7", "inte"),
    case("a utility statement", "-- name: A :exec\nCREATE TABLE\n  cars ()", "3:3", "cars"),
];

#[test]
fn queries() {
    let server = Server::start().unwrap();
    let database = server.create_database().unwrap();
    database.connect().unwrap().batch_execute(SCHEMA).unwrap();
    let mut session = Session::open(database.config()).unwrap();
    check(QUERIES, |case| {
        // What fails only when it runs is a utility statement, or `:execrows` here.
        let file = file("queries/a.sql", case.text);
        let mut diagnostics = Vec::new();
        let queries = parse::parse(&file, Unnamed::Mistake, &mut diagnostics).queries;
        let mut refused = Vec::new();
        for query in &queries {
            let outcome = session.prepare(&query.sql).and_then(|(_, tree)| {
                let tree = node::unwrapped(&tree.unwrap());
                let is_utility = session::is_utility(&node::parse(&tree).unwrap());
                match is_utility || query.command == Command::ExecRows {
                    true => session.client.batch_execute(&query.sql).map_err(|error| of(error).unwrap()),
                    false => Ok(()),
                }
            });
            refused.extend(outcome.err().map(|error| Refused { query, error }));
        }
        diagnostics.extend(report(&mut session.client, &refused).unwrap());
        diagnostics
    });
}

const MIGRATIONS: &[Case] = &[
    case("plain", "-- +goose Up\nCREATE TABLE a (b inte);\n", "2:19", "inte"),
    case("without annotations", "CREATE TABLE a (c int);\n-- 🚗\nCREATE TABLE b (c inte);\n", "3:19", "inte"),
    case("psql's own lines", "\\restrict ü\nCREATE TABLE b (c inte);\n", "2:19", "inte"),
    case("indented", "-- +goose Up\n\n  \tCREATE TABLE a (b inte);\n", "3:22", "inte"),
    case("CRLF", "-- +goose Up\r\n\r\nCREATE TABLE a (\r\n  x int,\r\n\tb inte\r\n);\r\n", "5:4", "inte"),
    case(
        "4-byte characters",
        "-- +goose Up\n-- 🚗\nCREATE TABLE a (\"🚗\" text DEFAULT 'ü', -- 🚗\n  x /* 🚗 */ inte);\n",
        "4:13",
        "inte",
    ),
    case(
        "4-byte characters and CRLF",
        "-- +goose Up\r\n-- 🚗\r\nCREATE TABLE a (\"🚗\" text, /* 🚗\r\n🚗 */ x inte);\r\n",
        "4:8",
        "inte",
    ),
    case(
        "the second statement",
        "-- +goose Up\nCREATE TABLE ü (x int);\nCREATE TABLE a (x int); -- ü\nCREATE TABLE b (x inte);\n",
        "4:19",
        "inte",
    ),
    case(
        "the second in a line",
        "-- +goose Up\nCREATE TABLE a (x int); CREATE TABLE b (x inte);\n",
        "2:43",
        "inte",
    ),
    case(
        "a block",
        "-- +goose Up\n-- +goose StatementBegin\nCREATE TABLE a (x int);\nCREATE TABLE b (\n  x inte);\n-- +goose StatementEnd\n",
        "5:5",
        "inte",
    ),
    case(
        "after a block with CRLF",
        "-- +goose Up\r\n-- +goose StatementBegin\r\n\r\nDO $$\r\nBEGIN\r\n  NULL; -- 🚗\r\nEND $$;\r\n-- +goose StatementEnd\r\nCREATE TABLE b (x inte);\r\n",
        "9:19",
        "inte",
    ),
    case(
        "a comment in a block",
        "-- +goose Up\n-- +goose StatementBegin\n-- 🚗\nCREATE TABLE b (\n  x inte);\n-- +goose StatementEnd\n",
        "5:5",
        "inte",
    ),
    case(
        "the body of a function",
        "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 'ü',\n    wheels;\n$$;\n-- +goose StatementEnd\n",
        "5:5",
        "wheels",
    ),
    case(
        "syntax in the body of a function",
        "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETRUN 1;\nEND $$;\n-- +goose StatementEnd\n",
        "5:3",
        "RETRUN",
    ),
    case(
        "what a block runs",
        "-- +goose Up\n-- +goose StatementBegin\nDO $$\nBEGIN\n  PERFORM wheels;\nEND $$;\n-- +goose StatementEnd\n",
        "3:1",
        "DO",
    ),
    case("no position", "-- +goose Up\nCREATE TABLE a (x int);\nSELECT 'a',\n 1 / 0;\n", "3:1", "SELECT"),
    case("a name", "-- +goose Up\n-- 🚗\nALTER TABLE\r\n  \"🚗\"\nADD x int;\n", "4:3", "\"🚗\""),
    case("a name twice", "-- +goose Up\nALTER TABLE x -- x\nADD y int;\n", "2:1", "ALTER"),
    case(
        "no transaction",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE ü (x int);\n  CREATE TABLE b (x inte);\n",
        "4:21",
        "inte",
    ),
    case("the end", "-- +goose Up\nCREATE TABLE a (x int;\n", "2:22", ";"),
    case("the end without a semicolon", "CREATE TABLE ü (x int\n", "2:1", ""),
];

#[test]
fn migrations() {
    let server = Server::start().unwrap();
    check(MIGRATIONS, |case| {
        let sources =
            Sources { migrations: vec![file("migrations/1_a.sql", case.text)], ..Sources::default() };
        let mut diagnostics = Vec::new();
        let parsed = migrations::parse(&sources, &Default::default(), &Default::default(), &mut diagnostics);
        let database = server.create_database().unwrap();
        let mut client = database.connect().unwrap();
        let mut failed = parsed
            .iter()
            .flatten()
            .filter_map(|migration| migrations::apply(&mut client, &sources, migration).err());
        diagnostics.extend(failed.next().map(|failed| *failed));
        diagnostics
    });
}

/// Tells all cases that are wrong.
fn check(cases: &[Case], mut run: impl FnMut(&Case) -> Vec<Diagnostic>) {
    let mut wrong = Vec::new();
    for case in cases {
        let diagnostics = run(case);
        let found = diagnostics.first().map(|first| {
            let location = first.location().unwrap_or_default();
            let place = location.split_once(':').map(|(_, place)| place.to_owned()).unwrap_or_default();
            (place, first.marked().unwrap_or_default().to_owned())
        });
        if found != Some((case.place.to_owned(), case.marked.to_owned())) {
            let said: String = diagnostics.iter().map(|one| format!("\n{}", one.render())).collect();
            wrong.push(format!(
                "{}: expected {} {:?}, found {found:?}{said}",
                case.what, case.place, case.marked
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn file(path: &str, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile { path: path.into(), text: text.into() })
}
