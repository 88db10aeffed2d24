//! What migrations do to queries that were there before them: by revision, and as the cause of what a check finds.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bindery_build::{Config, Diagnostic, Mode};

const CARS: &str =
    "-- +goose Up\nCREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, note text, seats int);\n";
const QUERIES: &str = "-- name: FindCar :opt\nSELECT id, plate FROM cars WHERE id = @id;\n\n\
                       -- name: ListNotes :many\nSELECT id, note FROM cars;\n\n\
                       -- name: CountCars :one\nSELECT count(*) FROM cars;\n\n\
                       -- name: ListSeats :many\nSELECT seats FROM cars;\n";
const DROPS_NOTE: &str = "-- +goose Up\nALTER TABLE cars DROP COLUMN note;\n";
const CHANGES_TYPES: &str = "-- +goose Up\nALTER TABLE cars ALTER seats TYPE smallint;\n\
                             ALTER TABLE cars ALTER plate DROP NOT NULL;\n";

struct Package {
    root: PathBuf,
}

impl Package {
    /// With one migration, committed.
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("impact").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("migrations")).unwrap();
        fs::create_dir_all(root.join("queries")).unwrap();
        let package = Self { root };
        package.write("migrations/1_cars.sql", CARS);
        package.write("queries/cars.sql", QUERIES);
        package.git(&["init", "--quiet"]);
        package.git(&["add", "."]);
        let who = ["-c", "user.name=A", "-c", "user.email=a@b"];
        package.git(&[&who[..], &["commit", "--quiet", "-m", "first"]].concat());
        package
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.root.join(path), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").args(arguments).current_dir(&self.root).status().unwrap();
        assert!(status.success());
    }

    fn config(&self) -> Config {
        Config::new(&self.root)
    }
}

fn lines(diagnostics: &[Diagnostic]) -> Vec<String> {
    let shown = |diagnostic: &Diagnostic| {
        let render = diagnostic.render();
        let notes = render.lines().filter_map(|line| line.split_once("= note: ")).map(|(_, note)| note);
        let kind = if diagnostic.is_error() { "error" } else { "warning" };
        format!("{kind}: {diagnostic}; {}", notes.collect::<Vec<_>>().join("; "))
    };
    diagnostics.iter().map(shown).collect()
}

#[test]
fn what_added_migrations_break_and_change_is_told_with_the_migration() {
    let package = Package::new("since");
    let none = package.config().impact_since("HEAD").unwrap();
    assert_eq!(none.to_string(), "0 new migrations, 4 queries of before: 0 break, 0 changes");
    package.write("migrations/2_note.sql", DROPS_NOTE);
    package.write("migrations/10_types.sql", CHANGES_TYPES);
    package.write("queries/cars.sql", &QUERIES.replace("SELECT id, note", "SELECT id, plate"));
    let impact = package.config().impact_since("HEAD").unwrap();
    assert_eq!(impact.to_string(), "2 new migrations, 4 queries of before: 1 breaks, 2 changes");
    assert_eq!(impact.migrations, ["migrations/2_note.sql", "migrations/10_types.sql"]);
    assert!(impact.breaks());
    assert_eq!(
        lines(&impact.effects),
        [
            "warning: queries/cars.sql:1:10: query `FindCar`: column was `plate text not null`, \
             is `plate text nullable`; since migrations/10_types.sql",
            "error: queries/cars.sql:5:12: column \"note\" does not exist; since migrations/2_note.sql; \
             `ListNotes` has been changed since",
            "warning: queries/cars.sql:10:10: query `ListSeats`: column was `seats int4 nullable`, \
             is `seats int2 nullable`; since migrations/10_types.sql",
        ]
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let package = Package::new("refused");
    let told = |package: &Package, revision: &str| {
        package.config().impact_since(revision).unwrap_err().diagnostics()[0].render()
    };
    let unknown = told(&package, "no-such-branch");
    assert!(unknown.starts_with("error: the SQL of `no-such-branch` cannot be read: "), "{unknown}");
    assert!(unknown.ends_with("= help: name a commit, branch or tag of this repository"), "{unknown}");
    package.write("migrations/1_cars.sql", &CARS.replace("seats int", "seats int, more int"));
    assert_eq!(
        told(&package, "HEAD"),
        "error: the migrations of `HEAD` are not the first ones of now\n |\n = help: only added migrations can be looked \
         at: give changed, renamed or reordered ones back what they had"
    );
}

#[test]
fn a_check_names_the_migration_that_a_difference_is_due_to() {
    let package = Package::new("check");
    let mut config = package.config();
    config.generate().unwrap();
    package
        .write("migrations/2_note.sql", &DROPS_NOTE.replace("DROP COLUMN note", "ALTER note SET NOT NULL"));
    package.write("migrations/3_more.sql", "-- +goose Up\nCREATE TABLE more ();\n");
    package.write("migrations/4_types.sql", CHANGES_TYPES);
    let error = config.mode(Mode::Check).generate().unwrap_err();
    // The lint has its warnings of new migrations, which are not at issue here.
    let differences: Vec<Diagnostic> =
        error.diagnostics().iter().filter(|told| told.is_error()).cloned().collect();
    assert_eq!(
        lines(&differences),
        [
            "error: bindery.lock is not up to date: migrations/2_note.sql: this migration is new; ",
            "error: bindery.lock is not up to date: migrations/3_more.sql: this migration is new; ",
            "error: bindery.lock is not up to date: migrations/4_types.sql: this migration is new; ",
            "error: bindery.lock is not up to date: table `public.cars` declares its column `note` NOT NULL now; \
             since migrations/2_note.sql",
            "error: bindery.lock is not up to date: table `public.cars` has no column `plate` that is declared NOT NULL \
             any more; since migrations/4_types.sql",
            "error: queries/cars.sql:1:10: bindery.lock is not up to date: query `FindCar`: column was \
             `plate text not null`, is `plate text nullable`; since migrations/4_types.sql",
            "error: queries/cars.sql:4:10: bindery.lock is not up to date: query `ListNotes`: column \
             was `note text nullable`, is `note text not null`; since migrations/2_note.sql",
            "error: queries/cars.sql:10:10: bindery.lock is not up to date: query `ListSeats`: column \
             was `seats int4 nullable`, is `seats int2 nullable`; since migrations/4_types.sql",
        ]
    );
}
