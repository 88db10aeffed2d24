//! The commands that need no database: create, fix, validate.

use std::fs;

use super::package::{Package, UP_ONE, UP_TWO, told};

#[test]
fn a_new_file_goes_on_as_the_newest_one_is_numbered() {
    let package = Package::empty("create");
    fs::remove_dir(package.root.join("migrations")).unwrap();
    package.write("bindery.toml", "");
    assert_eq!(package.done(&["create", "AddCars"]), "migrations/00001_add_cars.sql\n");
    assert_eq!(package.done(&["create", "add", "more", "cars"]), "migrations/00002_add_more_cars.sql\n");
    let stamped = package.done(&["create", "--timestamp", "x"]);
    let digits = stamped.strip_prefix("migrations/20").unwrap().strip_suffix("_x.sql\n").unwrap();
    assert!(digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{stamped}");
    // The newest is a timestamp then, and the next one may be of the same second.
    package.remove(stamped.trim_end());
    package.write("migrations/29990102150405_y.sql", "-- +goose Up\n");
    let next = package.done(&["create", "z"]);
    assert!(next.starts_with("migrations/20") && next.ends_with("_z.sql\n"), "{next}");
    assert_eq!(package.done(&["create", "--sequential", "w"]), "migrations/00003_w.sql\n");
    assert_eq!(package.done(&["validate"]), "5 migrations are well formed\n");
}

#[test]
fn nothing_is_overwritten_and_names_are_needed() {
    let package = Package::new("create-refused");
    let told = package.migrate(&["create", "..."]);
    assert!(told.status == Some(2) && told.stderr.contains("no letter or digit"), "{told:#?}");
    assert_eq!(package.migrate(&["create"]).status, Some(2));
    package.write("bindery.toml", "migrations = \"schema.sql\"\n");
    package.write("schema.sql", "CREATE TABLE t ();\n");
    assert!(package.failed(&["create", "x"]).contains("names single files"));
    let seeds = package.done(&["create", "--dir", "seeds", "fleet"]);
    assert_eq!(
        (seeds.as_str(), package.names("seeds")),
        ("seeds/00001_fleet.sql\n", vec!["00001_fleet.sql".to_owned()])
    );
}

#[test]
fn fix_renames_timestamps_or_nothing() {
    let package = Package::empty("fix-20260102150405");
    package.write("migrations/00007_cars.sql", UP_ONE);
    package.write("migrations/20260102150405_b_20260102150405.sql", UP_TWO);
    package.write("migrations/20250102150405_a.sql", "-- +goose Up\n");
    let before = package.names("migrations");
    let told = "migrations/20250102150405_a.sql -> migrations/00008_a.sql\n\
        migrations/20260102150405_b_20260102150405.sql -> migrations/00009_b_20260102150405.sql\n";
    assert_eq!(package.done(&["fix", "--dry-run"]), told);
    assert_eq!(package.names("migrations"), before);
    // No migration, but in the way.
    package.write("migrations/00009_b_20260102150405.sql/x", "");
    let failed = package.failed(&["fix"]);
    assert!(failed.contains("which is there already"), "{failed}");
    fs::remove_dir_all(package.root.join("migrations/00009_b_20260102150405.sql")).unwrap();
    assert_eq!(package.names("migrations"), before);
    assert_eq!(
        package.done(&["fix"]),
        format!("{told}Next: `cargo build`, since bindery.lock names the files.\n")
    );
    assert_eq!(package.names("migrations"), ["00007_cars.sql", "00008_a.sql", "00009_b_20260102150405.sql"]);
    assert_eq!(package.done(&["fix"]), "no file has a timestamp for its number\n");
}

#[test]
fn fix_tells_what_a_database_has_by_the_old_numbers() {
    let package = Package::empty("fix-applied");
    package.write("migrations/00001_cars.sql", UP_ONE);
    package.write("migrations/20250102150405_owners.sql", UP_TWO);
    package.done(&["up"]);
    package.write("migrations/20260102150405_new.sql", "-- +goose Up\n");
    let url = package.url().to_owned();
    let told = package.migrate(&["fix", "--database-url", &url]);
    assert_eq!(told.status, Some(0), "{told:#?}");
    assert!(told.stderr.contains("the database has 20250102150405 by these numbers"), "{told:#?}");
    // What is advised works.
    let updates: String = told.stderr.lines().filter(|line| line.contains("UPDATE")).collect();
    package.connect().batch_execute(&updates).unwrap();
    assert_eq!(package.done(&["up"]), "EMPTY 00003_new.sql\n1 done, version 3\n");
    assert_eq!(package.migrate(&["status", "--check"]).status, Some(0));
}

#[test]
fn validate_tells_every_mistake_of_every_file() {
    let package = Package::new("validate");
    let expected = "TYPE  TX    UP  DOWN  NAME\n\
        sql   true  1   1     00001_cars.sql\n\
        sql   true  1   1     00002_owners.sql\n\
        sql   true  1   1     00003_trips.sql\n\
        3 migrations are well formed\n";
    let validate = |arguments: &[&str]| told(&package.command(arguments).output().unwrap());
    assert_eq!(validate(&["validate", "-v"]).stdout, expected);
    assert_eq!(validate(&["validate", "--compat"]).status, Some(0));
    // A query's mistake is not asked for.
    package.write("queries/a.sql", "-- name: A :nonsense\nSELECT 1;\n");
    assert_eq!(validate(&["validate"]).status, Some(0));
    package.write("migrations/00001_cars.sql", "-- +goose Up\nCREATE TABLE cars ();\n-- +goose Donw\n");
    package.write("migrations/00003_trips.sql", "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n");
    let told = validate(&["validate"]);
    assert_eq!(told.status, Some(1));
    for place in ["--> migrations/00001_cars.sql:3:1\n", "--> migrations/00003_trips.sql:2:1\n"] {
        assert!(told.stderr.contains(place), "{told:#?}");
    }
    assert!(!told.stderr.contains("queries/a.sql"), "{told:#?}");
}

#[test]
fn every_command_has_an_example_and_a_line_in_the_docs() {
    let package = Package::empty("help");
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let help = package.done(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = commands.map_while(|line| line.split_whitespace().next()).collect();
    assert_eq!(commands.len(), 15);
    for command in commands.into_iter().filter(|command| *command != "help") {
        let help = package.done(&[command, "--help"]);
        assert!(
            help.contains("\nExample") && help.contains(&format!("cargo bindery migrate {command}")),
            "{help}"
        );
        assert!(docs.contains(&format!("\n| `{command}")), "{command}");
    }
}
