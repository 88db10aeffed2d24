//! The lock's text, there and back, and what is told of two that differ.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::description::{Attribute, Embed, Field, Relation, Table, UserType, UserTypeKind};
use crate::lint::{Finding, Rule};
use crate::settings::{RustType, Via};

fn field(name: &str, ty: &str, nullable: bool) -> Field {
    Field {
        name: name.into(),
        ty: ty.into(),
        nullable,
        null_elements: ty.ends_with("[]"),
        domain: None,
        rust: None,
        whole_rows: false,
    }
}

fn lock() -> Lock {
    let description = Description {
        statements: 12,
        params: vec![
            field("plate", "public.plate", false),
            Field { domain: Some("public.plate".into()), ..field("other", "text", true) },
        ],
        columns: vec![
            field("id", "int8", false),
            field("odd \"name\"\n", "text[]", true),
            Field {
                rust: Some(RustType { path: "crate::A".into(), via: Some(Via::Serde) }),
                ..field("a", "json", true)
            },
            Field { rust: Some(RustType { path: "B".into(), via: None }), ..field("b", "json", true) },
            Field { whole_rows: true, ..field("c", "public.cars[]", false) },
        ],
        embeds: vec![Embed {
            name: "car".into(),
            table: "public.cars".into(),
            columns: 2..4,
            optional: true,
        }],
        keeps_stars: true,
        at_most_one_row: true,
        read_only: true,
        unmet_keys: Vec::new(),
        table: Some("public.cars".into()),
        relations: vec!["public.cars".into(), "public.od\"d".into()],
        findings: vec![
            Finding { at: Some(8), rule: Rule::SelectStar, subject: "cars".into() },
            Finding { at: None, rule: Rule::ALL[0], subject: String::new() },
        ],
    };
    let query = LockedQuery {
        name: "FindCar".into(),
        file: "queries/cars.sql".into(),
        command: Command::Opt,
        source: "sha256:00".into(),
        description,
    };
    let attributes = vec![Attribute { name: "street".into(), ty: "text".into() }];
    let of = |name: &str, kind| UserType { name: name.into(), kind };
    let types = vec![
        of("a.address", UserTypeKind::Composite { attributes: attributes.clone(), of_table: false }),
        of("a.cars", UserTypeKind::Composite { attributes, of_table: true }),
        of("a.spans", UserTypeKind::Multirange("float8".into())),
        of("a.span", UserTypeKind::Range("float8".into())),
        of("ext.citext", UserTypeKind::Base { extension: Some("citext".into()), is_binary: true }),
        of("ext.own", UserTypeKind::Base { extension: None, is_binary: false }),
        UserType { name: "public.fuel".into(), kind: UserTypeKind::Enum(vec!["a".into(), "b".into()]) },
        UserType {
            name: "public.plate".into(),
            kind: UserTypeKind::Domain { base: "text".into(), checks: vec!["CHECK (true)".into()] },
        },
    ];
    let tables = vec![Table { name: "public.cars".into(), columns: vec![field("id", "int8", false)] }];
    let relations =
        vec![Relation { name: "public.cars".into(), not_null: vec!["id".into(), "tab\t".into()] }];
    let mut schema = Schema { tables, relations, types };
    schema.sort();
    Lock {
        postgres: 15,
        migrations: vec![LockedMigration { file: "migrations/1.sql".into(), source: "sha256:11".into() }],
        settings: LockedSettings { null_elements: true, named: Some("sha256:22".into()) },
        queries: vec![query],
        schema,
    }
}

#[test]
fn a_lock_reads_back_as_it_was_written() {
    assert_eq!(Lock::parse(&lock().render()), Ok(lock()));
}

#[test]
fn a_column_is_a_line() {
    let mut nullable = lock();
    nullable.queries[0].description.columns[0].nullable = true;
    let (before, after) = (lock().render(), nullable.render());
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    assert_eq!(changed.count(), 1);
    assert_eq!(told(&nullable), ["query `FindCar`: column was `id int8 not null`, is `id int8 nullable`"]);
}

/// How a lock differs from [`lock`].
fn told(fresh: &Lock) -> Vec<String> {
    lock().differences(fresh).iter().map(ToString::to_string).collect()
}

#[test]
fn columns_are_compared_by_name() {
    let mut fresh = lock();
    let columns = &mut fresh.queries[0].description.columns;
    columns.remove(1);
    columns[0].name = "key".into();
    columns.push(field("new", "int4", true));
    assert_eq!(
        told(&fresh),
        [
            "query `FindCar`: column was `id int8 not null`, is `key int8 not null`",
            "query `FindCar` has lost its column `odd \"name\"\n text[] nullable, elements nullable`",
            "query `FindCar` has a new column `new int4 nullable`",
        ]
    );
    let mut swapped = lock();
    swapped.queries[0].description.params.swap(0, 1);
    assert_eq!(
        told(&swapped),
        ["query `FindCar`: the order of its parameters was plate, other, is other, plate"]
    );
}

#[test]
fn columns_of_one_name_are_compared_by_their_places() {
    let with_two = |nullable| {
        let mut lock = lock();
        lock.queries[0].description.columns.push(field("id", "int8", nullable));
        lock
    };
    assert!(with_two(true).differences(&with_two(true)).is_empty());
    let told: Vec<String> =
        with_two(true).differences(&with_two(false)).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["query `FindCar`: column was `id int8 nullable`, is `id int8 not null`"]);
}

#[test]
fn what_queries_rest_on_is_compared() {
    let mut fresh = lock();
    fresh.schema.relations[0].not_null = vec!["tab\t".into(), "new".into()];
    fresh.schema.types[0].kind = UserTypeKind::Range("int4".into());
    fresh.queries[0].description.at_most_one_row = false;
    fresh.queries[0].description.table = None;
    fresh.queries[0].description.embeds[0].optional = false;
    assert_eq!(
        told(&fresh),
        [
            "query `FindCar`: its result was at most one row, is any number of rows",
            "query `FindCar`: its row was that of `public.cars`, is one of its own",
            "query `FindCar`: what it embeds was `car` of `public.cars` that may be missing, is `car` of `public.cars`",
            "table `public.cars` has no column `id` that is declared NOT NULL any more",
            "table `public.cars` declares its column `new` NOT NULL now",
            "type `a.address`: it was a composite of street text, is a range of int4",
        ]
    );
}

#[test]
fn a_lock_of_a_newer_bindery_is_refused() {
    let versioned = |version: u32| {
        lock().render().replace(&format!("version = {VERSION}"), &format!("version = {version}"))
    };
    assert_eq!(Lock::parse(&versioned(VERSION + 1)), Err(LockError::Newer(VERSION + 1)));
    assert_eq!(Lock::parse(&versioned(3)), Err(LockError::Older(3)));
}

#[test]
fn a_damaged_lock_is_refused() {
    let told = |text: &str| Lock::parse(text).unwrap_err().to_string();
    assert_eq!(told("<<<<<<< HEAD"), "line 1: a merge left a conflict here");
    let text = lock().render();
    let without_command = text.replace("command = \"opt\"\n", "");
    assert_eq!(told(&without_command), "line 12: expected `command` and one of its words");
    assert_eq!(told(&text.replace("nullable = true", "nullable = yes")), "line 25: no item of `params`");
    assert_eq!(
        told(&text.replace("[[query]]", "=======\n[[query]]")),
        "line 9: a merge left a conflict here"
    );
}

/// Whatever was done to it by hand, reading ends with a lock or a line.
#[test]
fn no_text_makes_reading_panic() {
    let text = lock().render();
    for cut in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        let _ = Lock::parse(&text[..cut]);
        let _ = Lock::parse(&format!("{}{}", &text[..cut], text[cut..].replacen('"', "\\", 1)));
        let _ = Lock::parse(&format!("{}ü\\u12{}", &text[..cut], &text[cut..]));
    }
}
