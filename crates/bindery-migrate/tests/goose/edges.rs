//! The edges of goose's rules, a row each: what goose makes of a file, and what Bindery makes of it by default.

use bindery_migrate::{Strictness, TransactionMode};

use super::{place, read, statements};
use Expected::{Downs, Refused, Same, Ups};

/// What is expected of a file.
enum Expected {
    /// The Up's statements; there are no others.
    Ups(&'static [&'static str]),
    /// The statements of both.
    Downs(&'static [&'static str], &'static [&'static str]),
    /// One mistake: its place, and a part of its message.
    Refused(&'static str, &'static str),
    /// What goose makes of it.
    Same,
}

type Edge = (&'static str, &'static str, Expected, Expected);

const UP: &str = "-- +goose Up\n";
const BLOCK: &str = "-- +goose StatementBegin\n";
const END: &str = "-- +goose StatementEnd\n";

/// `U` is an Up's line, `D` a Down's, `B` a StatementBegin's, `E` a StatementEnd's.
fn text(short: &str) -> String {
    let line = |line: &str| match line.trim_end_matches('\n') {
        "U" => UP.to_owned(),
        "D" => "-- +goose Down\n".to_owned(),
        "B" => BLOCK.to_owned(),
        "E" => END.to_owned(),
        "N" => "-- +goose NO TRANSACTION\n".to_owned(),
        "ON" => "-- +goose ENVSUB ON\n".to_owned(),
        "OFF" => "-- +goose ENVSUB OFF\n".to_owned(),
        _ => line.to_owned(),
    };
    short.split_inclusive('\n').map(line).collect()
}

/// Rules 1 to 9 of goose's parser (goose 3.27, `internal/sqlparser/parser.go`).
const EDGES: &[Edge] = &[
    // Lines.
    ("CRLF", "-- +goose Up\r\nSELECT\r\n1;\r\n", Ups(&["SELECT\n1;"]), Same),
    ("only the last CR goes", "U\nSELECT 'a\r\r\nb';\n", Ups(&["SELECT 'a\r\nb';"]), Same),
    ("blank lines first", "\n  \n\t\nU\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    ("no line end at the end", "U\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    ("a no-break space is blank", "U\nSELECT 1;\n\u{a0}\n", Ups(&["SELECT 1;"]), Same),
    ("byte order mark", "\u{feff}-- +goose Up\nSELECT 1;\n", Refused("1:1", "byte order mark"), Same),
    ("old Mac lines", "-- +goose Up\rSELECT 1;\r", Refused("1:1", "no annotation"), Same),
    // Annotations.
    (
        "any case",
        "-- +goose uP\nSELECT 1;\n-- +goose DOWN\nSELECT 2;",
        Downs(&["SELECT 1;"], &["SELECT 2;"]),
        Same,
    ),
    ("glued and framed", "--+goose Up --\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    ("goose behind", "-- Up +goose\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    ("prose", "-- as +goose does\nU\nSELECT 1;", Refused("1:1", "no annotation that goose knows"), Same),
    (
        "prose in a statement",
        "U\nSELECT\n-- +goose is\n1;",
        Refused("3:1", "no annotation that goose knows"),
        Same,
    ),
    ("in a string", "U\nSELECT '-- +goose Down';", Ups(&["SELECT '-- +goose Down';"]), Same),
    (
        "a space before",
        " -- +goose Up\nSELECT 1;",
        Refused("1:1", "begins its line"),
        Refused("1:1", "begins its line"),
    ),
    ("a tab before", "U\n\t-- +goose Down\n", Refused("2:1", "begins its line"), Same),
    ("twice", "-- +goose +goose Up\n", Refused("1:1", "no annotation"), Same),
    ("empty", "-- +goose\n", Refused("1:1", "no annotation"), Same),
    ("two spaces inside", "-- +goose NO  TRANSACTION\nU\n", Refused("1:1", "NO  TRANSACTION"), Same),
    ("another case of goose", "-- +GOOSE Down\nU\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    // Order.
    ("two Ups", "U\nU\nSELECT 1;", Refused("2:1", "an Up already"), Same),
    ("an Up after the Down", "U\nD\nSELECT 1;\nU\n", Refused("4:1", "an Up already"), Same),
    ("Down first", "D\nSELECT 1;\n", Refused("1:1", "a Down is not expected"), Same),
    ("two Downs", "U\nD\nD\n", Refused("3:1", "a Down is not expected"), Same),
    ("a Down in a block", "U\nB\nSELECT 1\nD\nE\n", Refused("4:1", "a Down is not expected"), Same),
    ("a Down without an end before", "U\nSELECT 1\nD\n", Refused("2:1", "no semicolon"), Same),
    ("a Down without an end", "U\nSELECT 1;\nD\nSELECT 2\n", Refused("4:1", "no semicolon"), Same),
    ("a Down after a block", "U\nB\nSELECT 1\nE\nD\nSELECT 2;", Downs(&["SELECT 1"], &["SELECT 2;"]), Same),
    ("a Down after an empty block", "U\nB\nE\nD\nSELECT 2;", Downs(&[], &["SELECT 2;"]), Same),
    ("no Down", "U\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    ("an empty Down", "U\nSELECT 1;\nD\n", Downs(&["SELECT 1;"], &[]), Same),
    ("nothing at all", "U\n", Ups(&[]), Same),
    ("only comments", "-- a\nU\n-- b\nD\n-- c\n", Downs(&[], &[]), Same),
    ("a block before the Up", "B\nSELECT 1\nE\nU\n", Refused("1:1", "StatementBegin is not expected"), Same),
    ("a block in a block", "U\nB\nB\nSELECT 1\nE\n", Refused("3:1", "StatementBegin is not expected"), Same),
    ("a block without an end", "U\nB\nSELECT 1;\n", Refused("2:1", "no StatementEnd"), Same),
    ("an end without a block", "U\nSELECT 1;\nE\n", Refused("3:1", "no StatementBegin"), Same),
    ("two ends", "U\nB\nE\nE\n", Refused("4:1", "no StatementBegin"), Same),
    ("no Up", "N\n-- a\n", Refused("file", "no `-- +goose Up`"), Same),
    // What is kept of comments and blank lines.
    ("comments before are dropped", "U\n-- a\n\n  -- b\nSELECT 1;", Ups(&["SELECT 1;"]), Same),
    ("comments inside are kept", "U\nSELECT\n-- a\n\n1; -- b", Ups(&["SELECT\n-- a\n\n1; -- b"]), Same),
    (
        "spaces make a buffer",
        "U\nSELECT 1;\n  \n-- a\nSELECT 2;",
        Ups(&["SELECT 1;", "-- a\nSELECT 2;"]),
        Same,
    ),
    (
        "and the comment then has no end",
        "U\nSELECT 1;\n \n-- a\n",
        Refused("4:1", "takes this comment"),
        Same,
    ),
    ("inner blanks are kept", "U\nB\n\n  a\n\n  b  \n\nE\n", Ups(&["a\n\n  b"]), Same),
    // Where a statement ends.
    (
        "a comment after",
        "U\nSELECT 1; -- a;\nSELECT 2  ;  -- b\n",
        Ups(&["SELECT 1; -- a;", "SELECT 2  ;  -- b"]),
        Same,
    ),
    ("two on a line", "U\nSELECT 1; SELECT 2;\n", Ups(&["SELECT 1; SELECT 2;"]), Same),
    ("only a semicolon", "U\n;\n", Ups(&[";"]), Same),
    ("a semicolon in a comment", "U\nSELECT 1 -- a;\n;\n", Ups(&["SELECT 1 -- a;\n;"]), Same),
    ("inside a line", "U\nSELECT 1; SELECT\n2;\n", Ups(&["SELECT 1; SELECT\n2;"]), Same),
    ("glued comment", "U\nSELECT 1;--a\nSELECT 2;\n", Ups(&["SELECT 1;--a\nSELECT 2;"]), Same),
    ("glued comment last", "U\nSELECT 1;--a\n", Refused("2:9", "does not see that this `;`"), Same),
    (
        "block comment behind",
        "U\nSELECT 1; /* a */\nSELECT 2;\n",
        Ups(&["SELECT 1; /* a */\nSELECT 2;"]),
        Same,
    ),
    (
        "block comment behind the last",
        "U\nSELECT 1; /* a */\n",
        Refused("2:9", "does not see that this `;`"),
        Same,
    ),
    ("block comment above", "U\n/* a */\nSELECT 1;\n", Ups(&["/* a */\nSELECT 1;"]), Same),
    (
        "block comment before the Up",
        "/* a\nb */\nU\nSELECT 1;\n",
        Refused("1:1", "no block comment before the Up"),
        Same,
    ),
    ("block comment last", "U\nSELECT 1;\n/* a */\n", Refused("3:1", "takes this comment"), Same),
    ("SQL before the Up", "-- a\n  SELECT 1;\nSELECT 2;\nU\n", Refused("2:3", "SQL before the Up"), Same),
    // What goose cuts in two.
    (
        "cut in a body",
        "U\nDO $$\nBEGIN\n NULL;\nEND;\n$$;\nSELECT 1;\n",
        Ups(&["DO $$\nBEGIN\n NULL;", "END;", "$$;", "SELECT 1;"]),
        Refused("2:1", "cut off inside a dollar-quoted body"),
    ),
    (
        "cut in a body with a tag",
        "U\nDO $a$\nBEGIN\n NULL; -- x\nEND $a$;\n",
        Ups(&["DO $a$\nBEGIN\n NULL; -- x", "END $a$;"]),
        Refused("2:1", "cut off inside a dollar-quoted body"),
    ),
    (
        "cut in a string",
        "U\nSELECT 'a;\nb;\nc';\n",
        Ups(&["SELECT 'a;", "b;", "c';"]),
        Refused("2:1", "cut off inside a string"),
    ),
    (
        "cut in a name",
        "U\nSELECT \"a;\nb\";\n",
        Ups(&["SELECT \"a;", "b\";"]),
        Refused("2:1", "inside a quoted name"),
    ),
    (
        "cut in a comment",
        "U\n/* a;\nb */\nSELECT 1;\n",
        Ups(&["/* a;", "b */\nSELECT 1;"]),
        Refused("2:1", "inside a comment"),
    ),
    (
        "cut at a comment's end",
        "U\nSELECT a--b;\nFROM t;\n",
        Ups(&["SELECT a--b;", "FROM t;"]),
        Refused("2:9", "the `;` in this comment"),
    ),
    (
        "cut in a body of SQL",
        "U\nCREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC\n SELECT 1;\nEND;\n",
        Ups(&["CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC\n SELECT 1;", "END;"]),
        Refused("2:1", "inside a BEGIN ATOMIC body"),
    ),
    (
        "cut in a rule",
        "U\nCREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1;\nSELECT 2);\n",
        Ups(&["CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1;", "SELECT 2);"]),
        Refused("2:1", "inside parentheses"),
    ),
    ("a parenthesis is missing", "U\nCREATE TABLE t (a int;\n", Ups(&["CREATE TABLE t (a int;"]), Same),
    (
        "a body on one line",
        "U\nDO $$ BEGIN NULL; END $$;\nSELECT E'\\';', 'C:\\';\n",
        Ups(&["DO $$ BEGIN NULL; END $$;", "SELECT E'\\';', 'C:\\';"]),
        Same,
    ),
    (
        "a body with a semicolon inside a line",
        "U\nDO $$\n BEGIN NULL; END\n$$;\n",
        Ups(&["DO $$\n BEGIN NULL; END\n$$;"]),
        Same,
    ),
    (
        "a no-break space is none of the server's",
        "U\nSELECT 1;\u{a0}-- a\n",
        Ups(&["SELECT 1;\u{a0}-- a"]),
        Same,
    ),
    // What goose does not see.
    (
        "a semicolon behind a hidden word",
        "U\nSELECT 'a --b';\nSELECT 2;\n",
        Ups(&["SELECT 'a --b';\nSELECT 2;"]),
        Refused("2:11", "takes this word for a comment"),
    ),
    (
        "hidden in a string of two lines",
        "U\nSELECT 'a\n--b';\nSELECT 2;\n",
        Ups(&["SELECT 'a\n--b';\nSELECT 2;"]),
        Refused("3:1", "takes this word for a comment"),
    ),
    (
        "hidden in the last",
        "U\nSELECT '--', $$ --$$;\n",
        Refused("2:21", "does not see that this `;`"),
        Refused("2:17", "takes this word"),
    ),
    (
        "hidden in a block comment",
        "U\nSELECT 1 /* --a */;\nSELECT 2;\n",
        Ups(&["SELECT 1 /* --a */;\nSELECT 2;"]),
        Refused("2:13", "takes this word for a comment"),
    ),
    ("a word that only looks so", "U\nSELECT '--b', 'a--b';\n", Ups(&["SELECT '--b', 'a--b';"]), Same),
    ("a comment with a quote", "U\nSELECT 1 -- don't;\n;\n", Ups(&["SELECT 1 -- don't;\n;"]), Same),
    // Blocks.
    ("a block of several", "U\nB\nSELECT 1;\nSELECT 2;\nE\n", Ups(&["SELECT 1;\nSELECT 2;"]), Same),
    (
        "a body in a block",
        "U\nB\nDO $$\n NULL;\n$$;\nE\nSELECT 1;",
        Ups(&["DO $$\n NULL;\n$$;", "SELECT 1;"]),
        Same,
    ),
    ("a block without a semicolon", "U\nB\nSELECT 1\nE\n", Ups(&["SELECT 1"]), Same),
    (
        "an open block",
        "U\nB\nSELECT 'a\nE\n",
        Ups(&["SELECT 'a"]),
        Refused("3:1", "this block ends inside a string"),
    ),
    (
        "an unfinished statement above a block",
        "U\nSELECT 1\nB\nSELECT 2;\nE\n",
        Ups(&["SELECT 1\nSELECT 2;"]),
        Refused("2:1", "together with the block"),
    ),
    ("a block comment above a block", "U\n/* a */\nB\nSELECT 2;\nE\n", Ups(&["/* a */\nSELECT 2;"]), Same),
    ("spaces and a comment above a block", "U\n \n-- a\nB\nSELECT 2;\nE\n", Ups(&["-- a\nSELECT 2;"]), Same),
    (
        "an empty block swallows a line",
        "U\nB\nE\nSELECT 1;\nSELECT 2;\n",
        Ups(&["", "SELECT 2;"]),
        Refused("4:1", "goose would drop this line"),
    ),
    (
        "a block of comments swallows a line",
        "U\nB\n-- a\n\nE\n-- b\n\nCREATE TABLE t (\n a int\n);\n",
        Ups(&["", "a int\n);"]),
        Refused("8:1", "goose would drop this line"),
    ),
    ("an empty block swallows a blank line", "U\nB\nE\n  \nSELECT 1;\n", Ups(&["", "SELECT 1;"]), Same),
    ("an empty block at the end", "U\nSELECT 1;\nB\nE\n\n-- a\n", Ups(&["SELECT 1;"]), Same),
    ("two empty blocks", "U\nB\nE\nB\nE\nD\n", Downs(&[], &[]), Same),
    (
        "an empty block swallows in a Down",
        "U\nD\nB\nE\nSELECT 1;\n",
        Downs(&[], &[""]),
        Refused("5:1", "would drop this line"),
    ),
    ("a blank line in a block", "U\nB\n  \nE\nSELECT 1;\n", Ups(&["", "SELECT 1;"]), Same),
    // What no server takes, or takes in another way.
    (
        "COPY in a block",
        "U\nB\nCOPY t (a) FROM stdin;\n1\t'\n\\.\nE\n",
        Ups(&["COPY t (a) FROM stdin;\n1\t'\n\\."]),
        Refused("3:1", "COPY FROM stdin"),
    ),
    (
        "COPY",
        "U\nCOPY t FROM\n STDIN WITH (FORMAT csv);\n1,it's;\n\\.\nSELECT 1;\n",
        Ups(&["COPY t FROM\n STDIN WITH (FORMAT csv);", "1,it's;", "\\.\nSELECT 1;"]),
        Refused("2:1", "COPY FROM stdin"),
    ),
    (
        "COPY behind others",
        "U\nSELECT 1; /* a */ copy public.\"t\" (a, b) -- c\nfrom Stdin;\n",
        Ups(&["SELECT 1; /* a */ copy public.\"t\" (a, b) -- c\nfrom Stdin;"]),
        Refused("2:19", "COPY FROM stdin"),
    ),
    (
        "COPY from and to elsewhere",
        "U\nCOPY t FROM '/stdin';\nCOPY t TO STDOUT;\nCOPY (SELECT 'FROM stdin') TO '/a';\nSELECT 'copy t from stdin';\n",
        Ups(&[
            "COPY t FROM '/stdin';",
            "COPY t TO STDOUT;",
            "COPY (SELECT 'FROM stdin') TO '/a';",
            "SELECT 'copy t from stdin';",
        ]),
        Same,
    ),
    (
        "psql",
        "U\n\\connect other\nSELECT 1;\n",
        Ups(&["\\connect other\nSELECT 1;"]),
        Refused("2:1", "`\\connect` is a command of psql's"),
    ),
    (
        "psql at a line's end",
        "U\nB\nSELECT 1 \\gexec\nE\n",
        Ups(&["SELECT 1 \\gexec"]),
        Refused("3:10", "`\\gexec`"),
    ),
    ("psql before the Up", "\\restrict x\nU\n", Refused("1:1", "SQL before the Up"), Same),
    // Transactions.
    (
        "COMMIT",
        "U\nSELECT 1;\ncommit;\n",
        Ups(&["SELECT 1;", "commit;"]),
        Refused("3:1", "this COMMIT would end"),
    ),
    ("BEGIN", "U\nBEGIN;\nSELECT 1;\n", Ups(&["BEGIN;", "SELECT 1;"]), Refused("2:1", "BEGIN begins none")),
    (
        "ROLLBACK in a block",
        "U\nB\nSELECT 1;\n-- a\nROLLBACK\nE\n",
        Ups(&["SELECT 1;\n-- a\nROLLBACK"]),
        Refused("5:1", "this ROLLBACK"),
    ),
    (
        "a transaction in a body, and a savepoint",
        "U\nSAVEPOINT a;\nROLLBACK WORK TO a;\nB\nDO $$ BEGIN\nCOMMIT;\nEND $$;\nE\n",
        Ups(&["SAVEPOINT a;", "ROLLBACK WORK TO a;", "DO $$ BEGIN\nCOMMIT;\nEND $$;"]),
        Same,
    ),
    (
        "a body of SQL in a block",
        "U\nB\nCREATE FUNCTION f() RETURNS int BEGIN ATOMIC\nSELECT 1;\nEND;\nE\n",
        Ups(&["CREATE FUNCTION f() RETURNS int BEGIN ATOMIC\nSELECT 1;\nEND;"]),
        Same,
    ),
    ("transactions of its own", "N\nU\nBEGIN;\nCOMMIT;\n", Ups(&["BEGIN;", "COMMIT;"]), Same),
    ("NO TRANSACTION in the Down", "U\nCOMMIT;\nD\nN\n", Downs(&["COMMIT;"], &[]), Same),
    (
        "one message is one transaction",
        "N\nU\nSELECT 1; CREATE INDEX CONCURRENTLY i ON t (a);\n",
        Ups(&["SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a);"]),
        Refused("3:11", "in one message with others"),
    ),
    (
        "one message by a glued comment",
        "N\nU\nSELECT 1;--a\nVACUUM;\n",
        Ups(&["SELECT 1;--a\nVACUUM;"]),
        Refused("4:1", "in one message with others"),
    ),
    ("one message without harm", "N\nU\nSELECT 1; SELECT 2;\n", Ups(&["SELECT 1; SELECT 2;"]), Same),
    ("messages of their own", "N\nU\nVACUUM;\nSELECT 1; --\n", Ups(&["VACUUM;", "SELECT 1; --"]), Same),
];

#[test]
fn every_edge_is_read_as_goose_reads_it_and_what_it_mangles_is_refused() {
    let mut failures = Vec::new();
    for (name, short, like_goose, strict) in EDGES {
        let text = text(short);
        let strict = if matches!(strict, Same) { like_goose } else { strict };
        for (strictness, expected) in [(Strictness::LikeGoose, like_goose), (Strictness::Strict, strict)] {
            if let Err(found) = check(&text, strictness, expected) {
                failures.push(format!("{name}, {strictness:?}: {found}"));
            }
        }
    }
    println!("{} edges", EDGES.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn check(text: &str, strictness: Strictness, expected: &Expected) -> Result<(), String> {
    let read = read(text, strictness);
    let found = match &read {
        Ok(migration) => {
            format!("{:?} / {:?}", statements(&migration.up), migration.down.as_ref().map(statements))
        }
        Err(mistakes) => {
            let line =
                |mistake: &bindery_migrate::Mistake| format!("{} {}", place(text, mistake), mistake.message);
            mistakes.iter().map(line).collect::<Vec<_>>().join("; ")
        }
    };
    let is_expected = match (expected, &read) {
        (Ups(ups), Ok(migration)) => statements(&migration.up) == **ups && migration.down.is_none(),
        (Downs(ups, downs), Ok(migration)) => {
            statements(&migration.up) == **ups
                && migration.down.as_ref().is_some_and(|down| statements(down) == **downs)
        }
        (Refused(at, part), Err(mistakes)) => match &mistakes[..] {
            [mistake] => {
                place(text, mistake) == *at && mistake.message.contains(part) && mistake.help.is_some()
            }
            _ => false,
        },
        _ => false,
    };
    if is_expected { Ok(()) } else { Err(found) }
}

#[test]
fn no_transaction_anywhere_is_for_both_directions() {
    for text in
        ["N\nU\nSELECT 1;\nD\nSELECT 2;", "U\nSELECT 1;\nD\nB\nSELECT 2;\nN\nE\n", "U\nSELECT\nN\n1;\nD\n"]
    {
        for strictness in [Strictness::LikeGoose, Strictness::Strict] {
            let migration = read(&self::text(text), strictness).unwrap();
            assert_eq!(migration.up.transaction, TransactionMode::None);
            assert_eq!(migration.down.unwrap().transaction, TransactionMode::None);
        }
    }
}

#[test]
fn every_mistake_of_a_file_is_told_in_order() {
    let text = "-- see +goose\nU\nDO $$\n a;\n b;\n$$;\nCOMMIT;\nB\nSELECT '\nE\nSELECT ' --';\nSELECT 1\nD\n\\q\nSELECT 1;\n";
    let text = self::text(text);
    let mistakes = read(&text, Strictness::Strict).unwrap_err();
    let places: Vec<_> = mistakes.iter().map(|mistake| place(&text, mistake)).collect();
    assert_eq!(places, ["1:1", "3:1", "7:1", "9:1", "11:10", "12:1", "14:1"]);
}

#[test]
fn a_line_that_goose_cannot_read_is_refused() {
    for (length, fits) in [(4 * 1024 * 1024 - 1, true), (4 * 1024 * 1024, false)] {
        let text = format!("{UP}SELECT '{}';", "x".repeat(length - 10));
        for strictness in [Strictness::LikeGoose, Strictness::Strict] {
            assert_eq!(read(&text, strictness).is_ok(), fits, "{length}");
        }
    }
}

#[test]
fn a_file_without_annotations_is_refused_only_as_goose_reads_it() {
    let text = "\\restrict x\nCREATE TABLE a ();\nCREATE TABLE b ();\n";
    let migration = read(text, Strictness::Strict).unwrap();
    assert_eq!(statements(&migration.up), ["           \nCREATE TABLE a ();\nCREATE TABLE b ();\n"]);
    assert!(read(text, Strictness::LikeGoose).unwrap_err()[0].message.contains("SQL before the Up"));
    let copy = "SELECT 1;\n/* a */ COPY t\nFROM stdin;\n";
    assert_eq!(place(copy, &read(copy, Strictness::Strict).unwrap_err()[0]), "2:9");
}

#[test]
fn positions_lead_back_to_the_file() {
    let text = "-- +goose Up\r\n\r\n-- ü\r\n  CREATE TABLE ä (\r\n    id bigit\r\n);\r\n";
    for strictness in [Strictness::LikeGoose, Strictness::Strict] {
        let migration = read(text, strictness).unwrap();
        let statement = &migration.up.statements[0];
        let before = &statement.sql[..statement.sql.find("bigit").unwrap()];
        let offset = statement.offset_in_file(u32::try_from(before.chars().count() + 1).unwrap());
        assert_eq!(&text[offset..][..5], "bigit");
        assert_eq!(&text[statement.offset_in_file(1)..][..6], "CREATE");
        assert_eq!(&text[statement.offset_in_file(9999)..], "\r\n");
    }
}
