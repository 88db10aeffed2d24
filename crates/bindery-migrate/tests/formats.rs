//! The files of each tool, applied to a real server as that tool would, and what is refused.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use bindery_migrate::{File, Format, Migration, Mistake, Reader, Strictness, TransactionMode, apply, up};
use bindery_postgres::{Database, Server};

fn files(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

/// By the rules of the tool that they look like.
fn read(set: &[(&str, &str)]) -> Vec<Migration> {
    Reader::new().read(&files(set)).unwrap()
}

fn refused(reader: &Reader, set: &[(&str, &str)]) -> Vec<Mistake> {
    let mistakes = reader.read(&files(set)).unwrap_err();
    for Mistake { path, offset, help, .. } in &mistakes {
        let text = set.iter().find(|(other, _)| other == path).map_or("", |(_, text)| text);
        assert!(help.is_some() && offset.is_none_or(|offset| offset <= text.len()), "{mistakes:?}");
    }
    mistakes
}

/// The message of the one mistake that there is, with the line and column that it points to.
fn refusal(format: Format, set: &[(&str, &str)]) -> String {
    match refused(Reader::new().format(format), set).as_slice() {
        [Mistake { path, offset: Some(offset), message, .. }] => {
            let text = set.iter().find(|(other, _)| other == path).unwrap().1;
            let before = &text[..*offset];
            let column = before.rsplit('\n').next().unwrap().len() + 1;
            format!("{path}:{}:{column}: {message}", before.matches('\n').count() + 1)
        }
        [mistake] => mistake.to_string(),
        several => panic!("{several:?}"),
    }
}

/// Asserts that each set, read as `format`, has one mistake with this text.
fn assert_refused(format: Format, cases: &[(&[(&str, &str)], &str)]) {
    for (set, part) in cases {
        let message = refusal(format, set);
        assert!(message.contains(part), "{set:?}\n{message}\n{part}");
    }
}

fn applied(migrations: &[Migration]) -> Database {
    let database = Server::start().unwrap().create_database().unwrap();
    apply(&mut database.connect().unwrap(), migrations).unwrap();
    database
}

/// Tables with their columns, other relations, functions and enums of `public`, by name.
fn schema(database: &Database) -> Vec<String> {
    let sql = "
        SELECT c.relname || coalesce('(' || string_agg(a.attname, ', ' ORDER BY a.attnum) || ')', '')
        FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') GROUP BY c.oid, c.relname
        UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'i'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_class.oid)
        UNION ALL SELECT proname || '()' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT t.typname || ': ' || string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder)
        FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
        ORDER BY 1";
    database.connect().unwrap().query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

fn sent(section: &bindery_migrate::Section) -> Vec<&str> {
    section.statements.iter().map(|statement| statement.sql.as_str()).collect()
}

const FUNCTION: &str = "CREATE FUNCTION touch() RETURNS trigger AS $$\nBEGIN\n  NEW.at = now();\n  RETURN NEW;\nEND;\n$$ LANGUAGE plpgsql;\n";

#[test]
fn golang_migrate_files_are_pairs() {
    let function = format!("BEGIN;\r\n{FUNCTION}COMMIT;\r\n");
    let set = [
        ("db/10_drop_note.down.sql", "ALTER TABLE cars ADD note text;"),
        ("db/10_drop_note.up.sql", "ALTER TABLE cars DROP note"),
        ("db/1_cars.down.sql", "DROP TABLE cars;"),
        ("db/1_cars.up.sql", "CREATE TABLE cars (id int, note text);\nCREATE TABLE owners (id int);\n"),
        ("db/2_index.up.sql", "-- by itself\nCREATE INDEX CONCURRENTLY cars_id ON cars (id);\n"),
        ("db/000003_touch.up.sql", &function),
        ("db/4_nothing.up.sql", "\n"),
    ];
    let migrations = read(&set);
    let versions: Vec<i64> = migrations.iter().filter_map(|migration| migration.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 10]);
    assert_eq!(sent(&migrations[0].up), [set[3].1]);
    let down = migrations[0].down.as_ref().unwrap();
    assert_eq!((down.path.as_str(), sent(down)), ("db/1_cars.down.sql", vec!["DROP TABLE cars;"]));
    assert!(migrations[1].down.is_none() && migrations[3].up.statements.is_empty());
    assert_eq!(schema(&applied(&migrations)), ["cars(id)", "cars_id", "owners(id)", "touch()"]);
}

#[test]
fn a_golang_migrate_file_is_done_whole_or_not_at_all() {
    let database = Server::start().unwrap().create_database().unwrap();
    let migrations = read(&[("1_a.up.sql", "CREATE TABLE a ();\nSELECT 1 / 0;\n")]);
    let error = apply(&mut database.connect().unwrap(), &migrations).unwrap_err();
    assert!(error.to_string().contains("1_a.up.sql, statement 1: division by zero"), "{error}");
    assert!(schema(&database).is_empty());
}

#[test]
fn golang_migrate_may_cut_at_semicolons() {
    let text = "CREATE TABLE a (b int); -- made\nCREATE INDEX CONCURRENTLY i ON a (b);\n-- end\n";
    let set = [("1_a.up.sql", text), ("1_a.down.sql", "DROP INDEX CONCURRENTLY i;\nDROP TABLE a;")];
    let migrations = Reader::new().multi_statement(true).read(&files(&set)).unwrap();
    let up = &migrations[0].up;
    assert_eq!(sent(up), ["CREATE TABLE a (b int);", " -- made\nCREATE INDEX CONCURRENTLY i ON a (b);"]);
    assert_eq!(&text[up.statements[1].offset_in_file(10)..][..6], "CREATE");
    assert_eq!(migrations[0].down.as_ref().unwrap().statements.len(), 2);
    assert_eq!(schema(&applied(&migrations)), ["a(b)", "i"]);
    let mut reader = Reader::new();
    for (text, what) in
        [("SELECT ';';", "a string"), (FUNCTION, "a dollar-quoted body"), ("-- a; b\nSELECT 1;", "a comment")]
    {
        let mistakes = refused(reader.multi_statement(true), &[("1_a.up.sql", text)]);
        assert!(
            mistakes[0].message.contains(&format!("cuts this statement off inside {what}")),
            "{mistakes:?}"
        );
        assert_eq!(mistakes[0].offset, text.find(';'));
    }
    let mistakes = refused(&reader, &[("1_a.sql", "-- +goose Up\n")]);
    assert!(
        mistakes[0].message.contains("is for golang-migrate, but the files are of goose"),
        "{mistakes:?}"
    );
}

#[test]
fn what_is_numbered_zero_is_not_passed_over() {
    let database = Server::start().unwrap().create_database().unwrap();
    let migrations = read(&[("0_a.up.sql", "SELECT 1")]);
    assert_eq!(migrations[0].version, Some(0));
    let error = up(&mut database.connect().unwrap(), &migrations).unwrap_err();
    assert!(error.to_string().contains("0_a.up.sql has no version"), "{error}");
}

#[test]
fn golang_migrate_files_that_it_would_pass_over_are_refused() {
    let up = ("1_a.up.sql", "SELECT 1");
    assert_refused(
        Format::GolangMigrate,
        &[
            (&[up, ("b.sql", "")], "b.sql: golang-migrate leaves this file out"),
            (&[up, ("b.up.sql", "")], "b.up.sql: golang-migrate leaves this file out"),
            (&[up, ("2b.up.sql", "")], "2b.up.sql: golang-migrate leaves this file out"),
            (&[up, ("01_b.up.sql", "")], "01_b.up.sql: 1_a.up.sql has the same number"),
            (
                &[up, ("2_b.down.sql", "")],
                "2_b.down.sql: there is a way back from 2, but no file `2_*.up.sql`",
            ),
            (&[("99999999999999999999_a.up.sql", "")], "the number of the file is too large"),
            (&[("1_a.up.sql", "\u{feff}SELECT 1")], "1_a.up.sql:1:1: the file begins with a byte order mark"),
            (&[("1_a.up.sql", "SELECT 1;\nCOPY a FROM stdin;\n")], "1_a.up.sql:2:1: COPY FROM stdin"),
        ],
    );
}

#[test]
fn dbmate_parts_are_messages() {
    let set = [
        (
            "db/20240102_index.sql",
            "-- By itself.\n\n--migrate:up transaction:false\r\nCREATE INDEX CONCURRENTLY cars_id ON cars (id);\r\n--migrate:down transaction:false\r\nDROP INDEX CONCURRENTLY cars_id;\r\n",
        ),
        (
            "db/20240101_cars.sql",
            &format!(
                "-- migrate:up\nCREATE TABLE cars (id int);\n{FUNCTION}\n-- migrate:down\nDROP TABLE cars;\n"
            ),
        ),
        ("db/20240103.sql", "-- migrate:up\n\n-- migrate:down\n"),
    ];
    let migrations = read(&set);
    assert_eq!(migrations[0].version, Some(20_240_101));
    let up = &migrations[0].up;
    assert_eq!(up.transaction, TransactionMode::PerFile);
    assert_eq!(sent(up), [&set[1].1[..set[1].1.find("-- migrate:down").unwrap()]]);
    assert_eq!(sent(migrations[0].down.as_ref().unwrap()), ["-- migrate:down\nDROP TABLE cars;\n"]);
    let (up, down) = (&migrations[1].up, migrations[1].down.as_ref().unwrap());
    assert_eq!((up.transaction, down.transaction), (TransactionMode::None, TransactionMode::None));
    assert!(
        migrations[2].up.statements.is_empty() && migrations[2].down.as_ref().unwrap().statements.is_empty()
    );
    assert_eq!(schema(&applied(&migrations)), ["cars(id)", "cars_id", "touch()"]);
}

#[test]
fn dbmate_pairs_of_one_file_are_transactions_of_their_own() {
    let text = "-- migrate:up\nCREATE TYPE fuel AS ENUM ('petrol');\n-- migrate:down\nDROP TYPE fuel;\n\
                -- migrate:up\nALTER TYPE fuel ADD VALUE 'diesel';\n-- migrate:down\n\
                -- migrate:up\nCREATE TABLE cars (fuel fuel DEFAULT 'diesel');\n-- migrate:down\nDROP TABLE cars;\n";
    let migrations = read(&[("1_fuel.sql", text)]);
    assert_eq!(migrations[0].up.statements.len(), 3);
    assert_eq!(migrations[0].down.as_ref().unwrap().statements.len(), 2);
    assert_eq!(schema(&applied(&migrations)), ["cars(fuel)", "fuel: petrol diesel"]);
}

#[test]
fn dbmate_orders_names_as_texts() {
    let empty = "-- migrate:up\n-- migrate:down\n";
    let migrations = read(&[("b/2_b.sql", empty), ("z/10_a.sql", empty), ("a/9c.sql", empty)]);
    let paths: Vec<&str> = migrations.iter().map(|migration| migration.path.as_str()).collect();
    assert_eq!(paths, ["z/10_a.sql", "b/2_b.sql", "a/9c.sql"]);
}

#[test]
fn dbmate_files_that_it_refuses_or_misreads_are_refused() {
    let good = "-- migrate:up\nSELECT 1;\n-- migrate:down\n";
    let one = |text: &'static str| [("1_a.sql", text)];
    assert_refused(
        Format::Dbmate,
        &[
            (&one("SELECT 1;\n"), "1_a.sql:1:1: there is SQL before the Up"),
            (&one("-- nothing\n"), "1_a.sql: the file has no Up"),
            (&one("-- migrate:up\nSELECT 1;\n"), "1_a.sql:1:1: this Up has no Down"),
            (&one("-- migrate:down\n-- migrate:up\n"), "1_a.sql:1:1: this Down has no Up"),
            (
                &one("-- migrate:up\n-- migrate:up\n-- migrate:down\n"),
                "1_a.sql:2:1: the Up before this one has no Down",
            ),
            (&one("-- migrate:up\n-- migrate:down\n-- migrate:down\n"), "1_a.sql:3:1: this Down has no Up"),
            (&one("/* a */\n-- migrate:up\n-- migrate:down\n"), "1_a.sql:1:1: there is SQL before the Up"),
            (
                &one("-- migrate:up\n -- migrate:down\n-- migrate:down\n"),
                "1_a.sql:2:1: dbmate takes this line for a comment",
            ),
            (
                &one("-- migrate:up\n-- migrate:down\n-- Migrate:Down\n"),
                "1_a.sql:3:1: dbmate takes this line for a comment",
            ),
            (
                &one("-- migrate:up transaction: false\n-- migrate:down\n"),
                "1_a.sql:1:1: dbmate knows no option `transaction:`",
            ),
            (
                &one("-- migrate:up\n-- migrate:down transaction:no\n"),
                "1_a.sql:2:1: dbmate knows no option `transaction:no`",
            ),
            (&[("1_a.sql", good), ("01_b.sql", good)], "1_a.sql: 01_b.sql has the same number"),
            (&[("1_a.sql", good), ("schema.sql", good)], "schema.sql: dbmate leaves this file out"),
            (&[("1_a.sql", good), ("99999999999999999999.sql", good)], "is too large"),
        ],
    );
    let cut = "-- migrate:up\nSELECT '\n-- migrate:down\n';\n";
    let mistakes = refused(&Reader::new(), &[("1_a.sql", cut)]);
    assert!(mistakes[0].message.contains("cut off inside a string"), "{mistakes:?}");
}

#[test]
fn sql_migrate_files_are_cut_at_semicolons() {
    let first = "-- +migrate Up\n-- Cars.\nCREATE TABLE cars (\n-- the key\n  id int\n); -- made\nINSERT INTO cars VALUES (1); INSERT INTO cars VALUES (2);\n\n\
                 -- +migrate StatementBegin\nCREATE FUNCTION touch() RETURNS trigger AS $$\nBEGIN\n-- now\n  NEW.at = now();\n  RETURN NEW;\nEND;\n$$ LANGUAGE plpgsql;\n-- +migrate StatementEnd\n\n\
                 -- +migrate Down\nDROP TABLE cars;\n\n-- +migrate Up\nALTER TABLE cars ADD note text;\n\n-- +migrate Down\nALTER TABLE cars DROP note;\n";
    let set = [
        (
            "10_b.sql",
            "-- +migrate Up notransaction\r\nCREATE INDEX CONCURRENTLY cars_id ON cars (id);\r\nCREATE INDEX CONCURRENTLY cars_note ON cars (note);\r\n",
        ),
        ("2-cars.sql", first),
        ("views.sql", "-- +migrate Up\nCREATE VIEW v AS SELECT id FROM cars;\n"),
    ];
    let migrations = read(&set);
    let versions: Vec<Option<i64>> = migrations.iter().map(|migration| migration.version).collect();
    assert_eq!(versions, [Some(2), Some(10), None]);
    assert_eq!(
        sent(&migrations[0].up),
        [
            "CREATE TABLE cars (\n  id int\n); -- made",
            "INSERT INTO cars VALUES (1); INSERT INTO cars VALUES (2)",
            "CREATE FUNCTION touch() RETURNS trigger AS $$\nBEGIN\n  NEW.at = now();\n  RETURN NEW;\nEND;\n$$ LANGUAGE plpgsql",
            "ALTER TABLE cars ADD note text",
        ]
    );
    assert_eq!(sent(migrations[0].down.as_ref().unwrap()), ["DROP TABLE cars", "ALTER TABLE cars DROP note"]);
    assert_eq!(migrations[1].up.transaction, TransactionMode::None);
    assert!(migrations[1].down.is_none());
    let expected = ["cars(id, note)", "cars_id", "cars_note", "touch()", "v(id)"];
    assert_eq!(schema(&applied(&migrations)), expected);
}

#[test]
fn sql_migrate_positions_lead_back_to_the_file() {
    let text = "-- +migrate Up\n-- ä\nCREATE TABLE a (\n-- left out\n  id bigit\n);\n";
    let database = Server::start().unwrap().create_database().unwrap();
    let error = apply(&mut database.connect().unwrap(), &read(&[("1_a.sql", text)])).unwrap_err();
    assert_eq!(&text[error.offset().unwrap()..][..5], "bigit");
}

#[test]
fn sql_migrate_knows_files_by_name() {
    let empty = "-- +migrate Up\n";
    let migrations = read(&[
        ("b.sql", empty),
        ("1_b.sql", empty),
        ("01_a.sql", empty),
        ("a.sql", empty),
        ("2.sql", empty),
    ]);
    let paths: Vec<&str> = migrations.iter().map(|migration| migration.path.as_str()).collect();
    assert_eq!(paths, ["01_a.sql", "1_b.sql", "2.sql", "a.sql", "b.sql"]);
    let versions: Vec<Option<i64>> = migrations.iter().map(|migration| migration.version).collect();
    assert_eq!(versions, [None, None, Some(2), None, None]);
}

#[test]
fn sql_migrate_files_that_it_refuses_or_misreads_are_refused() {
    let one = |text: &'static str| [("1_a.sql", text)];
    assert_refused(
        Format::SqlMigrate,
        &[
            (&one("-- nothing\n"), "1_a.sql: the file has no Up and no Down"),
            (&one("SELECT 1;\n-- +migrate Up\n"), "1_a.sql:1:1: sql-migrate leaves out what stands before"),
            (&one("-- +migrate Up\nSELECT 1\n"), "1_a.sql:2:1: this statement has no semicolon"),
            (
                &one("-- +migrate Up\nSELECT 1\n-- +migrate Down\n"),
                "1_a.sql:2:1: this statement has no semicolon",
            ),
            (
                &one("-- +migrate Up\nSELECT 1\n-- +migrate StatementBegin\n;\n-- +migrate StatementEnd\n"),
                "1_a.sql:2:1: this statement has no semicolon",
            ),
            (
                &one("-- +migrate Up\n-- +migrate StatementBegin\nSELECT 1;\n"),
                "1_a.sql:2:1: this StatementBegin has no StatementEnd",
            ),
            (
                &one("-- +migrate Up\n-- +migrate StatementBegin\n-- +migrate Down\n"),
                "1_a.sql:2:1: this StatementBegin has no StatementEnd",
            ),
            (
                &one("-- +migrate Up\n-- +migrate StatementEnd\n"),
                "1_a.sql:2:1: there is no StatementBegin to end",
            ),
            (
                &one("-- +migrate StatementBegin\n-- +migrate Up\n"),
                "1_a.sql:1:1: a StatementBegin is not expected here",
            ),
            (&one("-- +migrate Up\n-- +migrate down\n"), "1_a.sql:2:1: sql-migrate passes over `down`"),
            (
                &one("-- +migrate Up\n--+migrate Down\n"),
                "1_a.sql:2:1: sql-migrate takes this line for a comment",
            ),
            (
                &one("-- +migrate Up\n -- +migrate Down\n"),
                "1_a.sql:2:1: sql-migrate takes this line for a comment",
            ),
            (&one("-- +migrate Up\n-- +migrate\n"), "1_a.sql:2:1: sql-migrate takes this line for a comment"),
            (&one("-- +migrate Up NoTransaction\n"), "1_a.sql:1:1: sql-migrate passes over `NoTransaction`"),
            (
                &one("-- +migrate Up\nSELECT '\n-- a\n';\n"),
                "1_a.sql:3:1: sql-migrate takes this line of a text for a comment",
            ),
            (&[("99999999999999999999.sql", "-- +migrate Up\n")], "is too large"),
            (
                &[("a/1.sql", "-- +migrate Up\n"), ("b/1.sql", "-- +migrate Up\n")],
                "b/1.sql: a/1.sql has the same name",
            ),
        ],
    );
    let cut = "-- +migrate Up\nCREATE FUNCTION f() AS $$\nSELECT 1;\n$$;\n";
    assert!(
        refused(&Reader::new(), &[("1_a.sql", cut)])[0]
            .message
            .contains("cut off inside a dollar-quoted body")
    );
}

#[test]
fn tern_parts_are_messages_after_which_settings_are_reset() {
    let set = [
        ("001_cars.sql", format!("CREATE SCHEMA x;\nSET search_path = x;\nCREATE TABLE away ();\n{FUNCTION}\n---- create above / drop below ----\nDROP SCHEMA x;\n")),
        ("2_cars.sql", "CREATE TABLE cars (id int);\n---- create above / drop below ----\n\n".to_owned()),
        ("3_index.sql", "---- tern: disable-tx ----\n-- a; comment\nCREATE INDEX CONCURRENTLY i ON cars (id);\nDO $$ BEGIN; NULL; END $$;\nCREATE INDEX CONCURRENTLY j ON cars ((';'::text));".replace("BEGIN;", "BEGIN")),
    ];
    let set: Vec<(&str, &str)> = set.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let migrations = read(&set);
    assert_eq!(sent(&migrations[0].up)[1..], ["reset all"]);
    assert_eq!(sent(migrations[0].down.as_ref().unwrap()), ["DROP SCHEMA x;", "reset all"]);
    assert!(migrations[1].down.is_none() && migrations[2].down.is_none());
    let up = &migrations[2].up;
    assert_eq!((up.transaction, up.statements.len()), (TransactionMode::None, 4));
    assert!(set[2].1[up.statements[1].offset_in_file(1)..].starts_with("DO $$"));
    assert_eq!(schema(&applied(&migrations)), ["cars(id)", "i", "j"]);
}

#[test]
fn tern_files_that_it_refuses_or_misreads_are_refused() {
    let one = |text: &'static str| [("1_a.sql", text)];
    assert_refused(
        Format::Tern,
        &[
            (
                &one("-- nothing\n---- create above / drop below ----\nSELECT 1"),
                "1_a.sql: tern wants SQL above",
            ),
            (
                &[("1_a.sql", "SELECT 1"), ("3_b.sql", "SELECT 1")],
                "3_b.sql: tern wants numbers without a gap, but no file has the number 2",
            ),
            (
                &[("0_a.sql", "SELECT 1")],
                "0_a.sql: tern wants numbers without a gap, but no file has the number 1",
            ),
            (&[("1_a.sql", "SELECT 1"), ("001_b.sql", "SELECT 1")], "001_b.sql: 1_a.sql has the same number"),
            (&[("1_a.sql", "SELECT 1"), ("b.sql", "SELECT 1")], "b.sql: tern leaves this file out"),
            (&[("1_a.sql", "SELECT 1"), ("2_.sql", "SELECT 1")], "2_.sql: tern leaves this file out"),
            (&one("SELECT 1;\n{{ template \"a.sql\" . }}\n"), "1_a.sql:2:1: tern takes `{{`"),
            (
                &one("SELECT 1;\n--- create above / drop below ---\nSELECT 2"),
                "1_a.sql:2:1: tern takes this line for a comment",
            ),
            (
                &one("SELECT 1;\n---- Create Above / Drop Below ----\n"),
                "1_a.sql:2:1: tern takes this line for a comment",
            ),
            (
                &one("---- tern: disable-tx ----\r\nSELECT 1;"),
                "1_a.sql:1:1: tern takes this line for a comment",
            ),
            (&one("-- tern: disable-tx\nSELECT 1;"), "1_a.sql:1:1: tern takes this line for a comment"),
            (&one("SELECT '\n---- create above / drop below ----\n"), "1_a.sql: the SQL above or below"),
        ],
    );
}

#[test]
fn plain_files_are_run_in_the_order_given() {
    let set = [
        ("types.sql", "CREATE TYPE fuel AS ENUM ('petrol');\n"),
        ("schema.sql", &format!("CREATE TABLE cars (fuel fuel);\n{FUNCTION}")),
        (".hidden.sql", "no SQL"),
        ("index.sql", "CREATE INDEX CONCURRENTLY i ON cars (fuel);"),
    ];
    let migrations = read(&set);
    assert!(migrations.iter().all(|migration| migration.version.is_none() && migration.down.is_none()));
    assert_eq!(schema(&applied(&migrations)), ["cars(fuel)", "fuel: petrol", "i", "touch()"]);
}

#[test]
fn plain_files_with_numbers_are_run_in_their_order() {
    let order = |set: &[(&str, &str)]| -> Vec<(String, Option<i64>)> {
        read(set).into_iter().map(|migration| (migration.path, migration.version)).collect()
    };
    let numbered = order(&[("10_b.sql", ""), ("9_a.sql", ""), ("0_c.sql", "")]);
    assert_eq!(
        numbered,
        [("0_c.sql".to_owned(), None), ("9_a.sql".into(), Some(9)), ("10_b.sql".into(), Some(10))]
    );
    let other = order(&[("10.sql", ""), ("9-a.sql", "")]);
    assert_eq!(other, [("9-a.sql".to_owned(), Some(9)), ("10.sql".into(), Some(10))]);
    let some = order(&[("2_b.sql", ""), ("1_a.sql", ""), ("3rd.sql", "")]);
    assert_eq!(
        some.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        ["2_b.sql", "1_a.sql", "3rd.sql"]
    );
    let mistake = refusal(Format::Plain, &[("1_a.sql", ""), ("01_b.sql", "")]);
    assert!(mistake.contains("01_b.sql: 1_a.sql has the same number"), "{mistake}");
}

#[test]
fn a_dump_is_run_without_what_is_for_psql() {
    let dump = "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET statement_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n\n\
                CREATE TABLE public.cars (\n    id integer NOT NULL\n);\n\nCREATE FUNCTION public.f() RETURNS text\n    LANGUAGE sql\n    AS $_$SELECT '\n\\i no command\n'$_$;\n\n\\unrestrict abc\n";
    let database = applied(&read(&[("schema.sql", dump)]));
    assert_eq!(schema(&database), ["cars(id)", "f()"]);
    let text: String = database.connect().unwrap().query_one("SELECT f()", &[]).unwrap().get(0);
    assert_eq!(text, "\n\\i no command\n");
    assert_refused(
        Format::Plain,
        &[
            (
                &[("s.sql", "\\restrict x\nCOPY public.cars (id) FROM stdin;\n1\n\\.\n")],
                "s.sql:2:1: COPY FROM stdin",
            ),
            (&[("s.sql", "SELECT 1;\n\\i other.sql\n")], "s.sql:2:1: `\\i` is for psql"),
        ],
    );
}

#[test]
fn files_with_another_ending_are_run_or_refused() {
    let schema = [("schema.ddl", "CREATE TABLE a ();")];
    assert_eq!(read(&schema)[0].up.statements.len(), 1);
    assert_eq!(read(&[("1_a.up.pgsql", "SELECT 1")])[0].version, Some(1));
    for (format, text) in [
        (Format::Dbmate, "-- migrate:up\n-- migrate:down\n"),
        (Format::SqlMigrate, "-- +migrate Up\n"),
        (Format::Tern, "SELECT 1"),
    ] {
        let message = refusal(format, &[("1_a.ddl", text)]);
        assert!(message.contains(&format!("1_a.ddl: {format} leaves this file out")), "{message}");
    }
}

#[test]
fn the_format_is_seen_from_the_files() {
    let detected = |set: &[(&str, &str)]| Format::detect(&files(set));
    assert_eq!(detected(&[]), Ok(Format::Goose));
    assert_eq!(detected(&[("1_a.go", "")]), Ok(Format::Goose));
    assert_eq!(detected(&[("a.sql", "SELECT 1;")]), Ok(Format::Plain));
    assert_eq!(detected(&[("1_a.sql", "-- +goose Up\n"), ("2_b.sql", "SELECT 1;")]), Ok(Format::Goose));
    assert_eq!(detected(&[("1_a.up.sql", ""), ("b.sql", "")]), Ok(Format::GolangMigrate));
    assert_eq!(detected(&[("1_a.sql", "--migrate:up\r\n")]), Ok(Format::Dbmate));
    assert_eq!(detected(&[("1_a.sql", "-- migrate:upwards\n")]), Ok(Format::Plain));
    assert_eq!(detected(&[("1_a.sql", "-- x\n-- +migrate Up\n")]), Ok(Format::SqlMigrate));
    assert_eq!(detected(&[("1_a.sql", "SELECT 1\n---- create above / drop below ----")]), Ok(Format::Tern));
}

#[test]
fn a_mix_of_tools_is_refused() {
    let set = [
        ("1_a.sql", "-- +goose Up\n"),
        ("2_b.sql", "-- migrate:up\n"),
        ("3_c.up.sql", ""),
        ("4_d.sql", "-- migrate:up\n"),
    ];
    let mistakes = refused(&Reader::new(), &set);
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "2_b.sql: the file is one of dbmate, but 1_a.sql is one of goose",
            "3_c.up.sql: the file is one of golang-migrate, but 1_a.sql is one of goose"
        ]
    );
    assert!(mistakes[0].help.as_ref().unwrap().contains("`format = \"goose\"` or `format = \"dbmate\"`"));
    // golang-migrate reads no comments.
    let pairs = [("1_a.up.sql", "-- migrate:up\nSELECT 1;"), ("2_b.up.sql", "")];
    assert_eq!(Reader::new().format(Format::GolangMigrate).read(&files(&pairs)).unwrap().len(), 2);
    // As one of these its Down would be run.
    for format in [Format::Goose, Format::Plain] {
        let message = refusal(format, &[("1_a.sql", "-- migrate:up\n-- migrate:down\nDROP TABLE a;")]);
        assert!(message.contains("has annotations of dbmate, but is to be read as"), "{message}");
    }
}

#[test]
fn skipped_files_have_to_be_there() {
    let set = [("db/1_a.up.sql", "SELECT 1"), ("db/notes.sql", "no migration"), ("db/embed.go", "")];
    let migrations = Reader::new().skip(["notes.sql"]).read(&files(&set)).unwrap();
    assert_eq!(migrations.len(), 1);
    let mistakes = refused(Reader::new().skip(["notes.sql", "note.sql"]), &set);
    assert_eq!(mistakes.len(), 1);
    assert_eq!(
        mistakes[0].to_string(),
        "note.sql: the file is to be skipped, but there is none of this name"
    );
}

#[test]
fn migrations_in_go_are_seen_in_a_folder() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("1_a.sql", "-- +goose Up\n"), ("2_b.go", "package x"), ("3_c_test.go", "")] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let error = Reader::new().read_dir(&folder).unwrap_err().to_string();
    assert!(error.contains("2_b.go") && error.contains("`skip`") && !error.contains("test.go"), "{error}");
    assert_eq!(Reader::new().skip(["2_b.go"]).read_dir(&folder).unwrap().len(), 1);
}

#[test]
fn as_goose_reads_files_they_are_of_no_other_tool() {
    let set = files(&[("1_a.sql", "-- +goose Up\nSELECT 1;\n"), ("2_b.up.sql", "-- +goose Up\nSELECT 2;\n")]);
    assert_eq!(Reader::new().strictness(Strictness::LikeGoose).read(&set).unwrap().len(), 2);
}

/// What files of all tools consist of, in any order.
const PIECES: [&str; 34] = [
    "-- migrate:up",
    "-- migrate:down",
    "--migrate:up transaction:false",
    "-- Migrate:Down",
    "-- +migrate Up",
    "-- +migrate Down notransaction",
    "-- +migrate StatementBegin",
    "-- +migrate StatementEnd",
    "-- +migrate ",
    "---- create above / drop below ----",
    "---- tern: disable-tx ----",
    "{{",
    "\\restrict ü",
    "\\i x",
    "\\.",
    "COPY a FROM stdin;",
    "copy",
    "SELECT 1",
    "SELECT 'ü'",
    ";",
    "'",
    "\"",
    "$$",
    "$x$",
    "/*",
    "*/",
    "--",
    "-- ü;",
    "E'\\'",
    "\u{feff}",
    "\r",
    " ",
    "\t",
    "\u{a0}",
];

#[test]
fn whatever_is_in_the_files_is_read_or_refused_at_a_place_in_them() {
    let seed = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    println!("seed {seed}");
    let mut state = u64::from(seed) | 1;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut read = 0;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..random(12) {
            text.push_str(PIECES[random(PIECES.len())]);
            text.push_str(["\n", "\n", "\r\n", " ", ""][random(5)]);
        }
        let format = Format::ALL[1 + random(5)];
        let name = if format == Format::GolangMigrate { "1_a.up.sql" } else { "1_a.sql" };
        let file = File { path: name.to_owned(), text: text.clone() };
        match Reader::new().format(format).read(std::slice::from_ref(&file)) {
            Ok(migrations) => {
                read += 1;
                for statement in migrations.iter().flat_map(|migration| &migration.up.statements) {
                    // Of a line that is blanked only the bytes are as many as they were.
                    let written = (1..).zip(statement.sql.chars()).filter(|(_, c)| *c != ' ');
                    let places: Vec<usize> = written.map(|(at, _)| statement.offset_in_file(at)).collect();
                    assert!(
                        places.is_sorted() && places.iter().all(|at| text.is_char_boundary(*at)),
                        "{text:?}"
                    );
                }
            }
            Err(mistakes) => {
                for Mistake { offset, help, .. } in &mistakes {
                    assert!(help.is_some() && offset.is_none_or(|at| text.is_char_boundary(at)), "{text:?}");
                }
                assert!(!mistakes.is_empty(), "{text:?}");
            }
        }
    }
    assert!(read > 1000, "{read} files are read");
}
