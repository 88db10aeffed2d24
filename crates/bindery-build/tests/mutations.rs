//! What becomes of garage when somebody changes it: who notices, and what they say. `docs/drift.md` says it in general.
//!
//! Each mutation is done to a copy of garage's SQL and lock, and `mutations/expected.txt` has what then is told
//!
//! ```text
//! locked   by a build with BINDERY=locked
//! check    by a build with BINDERY=check
//! build    by a build without BINDERY, and what is new to the compiler: its functions, fields and labels
//! drift    of a live database with the mutated migrations, by the SQL of before
//! ```
//!
//! `BINDERY_ACCEPT=1 cargo test -p bindery-build --test mutations` writes it; read it before committing.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bindery_build::{Config, Diagnostic, Error, Mode};
use bindery_postgres::Server;

use Edit::{Delete, Forget, Migrate, Rename, Replace, Swap};

/// What is done to one file.
enum Edit {
    /// A migration is added, of this name and SQL.
    Migrate(&'static str, &'static str),
    /// In a file, the first such text becomes another one.
    Replace(&'static str, &'static str, &'static str),
    Rename(&'static str, &'static str),
    /// Two migrations change their numbers.
    Swap(&'static str, &'static str),
    Delete(&'static str),
    /// The lock loses a query.
    Forget(&'static str),
}

const NEW: &str = "00013_new.sql";
const LOCK: &str = "bindery.lock";

/// What somebody does, in their words, and how.
const MUTATIONS: &[(&str, &[Edit])] = &[
    ("a column is renamed", &[Migrate(NEW, "ALTER TABLE bookings RENAME note TO remark")]),
    ("a column is dropped", &[Migrate(NEW, "ALTER TABLE owners DROP COLUMN iban")]),
    ("a column is added", &[Migrate(NEW, "ALTER TABLE reviews ADD COLUMN language text")]),
    ("int8 becomes int4", &[Migrate(NEW, "ALTER TABLE damage_reports ALTER trip_id TYPE integer")]),
    ("numeric has more digits", &[Migrate(NEW, "ALTER TABLE payments ALTER amount TYPE numeric(12, 2)")]),
    ("NOT NULL is dropped", &[Migrate(NEW, "ALTER TABLE members ALTER born_on DROP NOT NULL")]),
    ("NOT NULL is added", &[Migrate(NEW, "ALTER TABLE members ALTER phone SET NOT NULL")]),
    ("an enum gets a label", &[Migrate(NEW, "ALTER TYPE fuel ADD VALUE 'hydrogen'")]),
    ("a label is renamed", &[Migrate(NEW, "ALTER TYPE fuel RENAME VALUE 'petrol' TO 'gasoline'")]),
    (
        "a label that a query has is renamed",
        &[Migrate(NEW, "ALTER TYPE severity RENAME VALUE 'unsafe' TO 'dangerous'")],
    ),
    (
        "a label is removed, by a new type",
        &[Migrate(
            NEW,
            "CREATE TYPE two AS ENUM ('minor', 'unsafe');\n\
             ALTER TABLE damage_reports ALTER severity TYPE two USING severity::text::two;\n\
             DROP TYPE severity;\nALTER TYPE two RENAME TO severity",
        )],
    ),
    (
        "a view gets a column",
        &[Replace(
            "migrations/00010_car_overview.sql",
            "AS reviews\nFROM cars",
            "AS reviews, cars.odometer_km\nFROM cars",
        )],
    ),
    (
        "a view gets an outer join",
        &[Migrate(
            NEW,
            "CREATE OR REPLACE VIEW car_overview AS\nSELECT c.id, c.plate, m.make || ' ' || m.name AS model, m.fuel, \
             m.seats, c.status, c.features, s.id AS station_id, s.name AS station, NULL::numeric AS stars, 0::bigint AS \
             reviews\nFROM cars c LEFT JOIN models m ON m.id = c.model_id LEFT JOIN stations s ON s.id = c.station_id",
        )],
    ),
    (
        "a function is changed",
        &[Replace("migrations/00007_car_events.sql", "'odometer_km', NEW", "'km', NEW")],
    ),
    ("a unique key is dropped", &[Migrate(NEW, "ALTER TABLE cars DROP CONSTRAINT cars_plate_key")]),
    ("a CHECK is dropped", &[Migrate(NEW, "ALTER TABLE cars DROP CONSTRAINT features_not_null")]),
    (
        "the CHECK of a domain is changed",
        &[Migrate(
            NEW,
            "ALTER DOMAIN plate DROP CONSTRAINT plate_check;\n\
             ALTER DOMAIN plate ADD CONSTRAINT plate_check CHECK (VALUE ~ '^[A-Z0-9-]{3,10}$')",
        )],
    ),
    ("a table is renamed", &[Migrate(NEW, "ALTER TABLE reviews RENAME TO ratings")]),
    ("a table is dropped", &[Migrate(NEW, "DROP TABLE damage_reports")]),
    ("an index is added", &[Migrate(NEW, "CREATE INDEX trips_station ON trips (end_station_id)")]),
    (
        "three migrations are added, of which one changes a query",
        &[
            Migrate(NEW, "CREATE INDEX trips_station ON trips (end_station_id)"),
            Migrate("00014_new.sql", "ALTER TABLE members ALTER born_on DROP NOT NULL"),
            Migrate("00015_new.sql", "CREATE TABLE garages (id bigint PRIMARY KEY)"),
        ],
    ),
    ("a migration has a mistake", &[Migrate(NEW, "ALTER TABLE cars ADD COLUMN colour txt")]),
    (
        "an old migration is edited",
        &[Replace("migrations/00002_owners_and_cars.sql", "odometer_km integer", "odometer_km bigint")],
    ),
    (
        "a comment in an old migration is edited",
        &[Replace("migrations/00001_stations.sql", "-- Regions form a tree", "-- Regions are a tree")],
    ),
    (
        "the last migration is renumbered",
        &[Rename("migrations/00012_features_not_null.sql", "migrations/00013_features_not_null.sql")],
    ),
    ("two migrations are swapped", &[Swap("00008_damage_reports.sql", "00009_reviews_and_referrals.sql")]),
    ("two migrations are swapped, and one needs the other", &[Swap("00004_bookings.sql", "00005_trips.sql")]),
    ("a migration is deleted", &[Delete("migrations/00012_features_not_null.sql")]),
    (
        "the SQL of a query is edited",
        &[Replace("queries/owners.sql", "SELECT * FROM owners", "SELECT id, name, iban FROM owners")],
    ),
    ("a query gets another command", &[Replace("queries/owners.sql", "FindOwner :opt", "FindOwner :one")]),
    ("a query is renamed", &[Replace("queries/owners.sql", "FindOwner", "GetOwner")]),
    (
        "a query is deleted",
        &[Replace(
            "queries/owners.sql",
            "-- name: SetShare :exec\n-- Agrees on another part of the takings.\nUPDATE owners SET share = @share WHERE id = @id;\n",
            "",
        )],
    ),
    (
        "in the lock, a column is made NOT NULL",
        &[Replace(
            LOCK,
            "\"phone\", type = \"text\", nullable = true",
            "\"phone\", type = \"text\", nullable = false",
        )],
    ),
    (
        "in the lock, a parameter gets another type",
        &[Replace(LOCK, "\"before\", type = \"timestamptz\"", "\"before\", type = \"date\"")],
    ),
    ("from the lock, a query is removed", &[Forget("CancelBooking")]),
    (
        "in the lock, a merge conflict is left",
        &[Replace(
            LOCK,
            "at_most_one_row = true\n",
            "<<<<<<< HEAD\nat_most_one_row = true\n=======\nat_most_one_row = false\n>>>>>>> branch\n",
        )],
    ),
    ("the lock is of a newer Bindery", &[Replace(LOCK, "version = 6", "version = 99")]),
    ("the lock is of an older Bindery", &[Replace(LOCK, "version = 6", "version = 3")]),
    ("the lock is deleted", &[Delete(LOCK)]),
];

#[test]
fn each_mutation_is_told() {
    let garage = Package::copy("garage");
    garage.apply(&Delete(LOCK));
    garage.config(Mode::Update).out_dir("code").generate().unwrap();
    let server = Server::start().unwrap();
    let mut told = String::new();
    for (name, edits) in MUTATIONS {
        let mutated = Package::copy("mutated");
        // What is committed may be older than the code here; `.ci/run` has its own check of that.
        fs::copy(garage.root.join(LOCK), mutated.root.join(LOCK)).unwrap();
        edits.iter().for_each(|edit| mutated.apply(edit));
        told.push_str(&format!("## {name}\n"));
        let mut tell = |who: &str, lines: Vec<String>| {
            let lines = if lines.is_empty() { vec!["nothing".to_owned()] } else { lines };
            lines.iter().for_each(|line| told.push_str(&format!("{who}: {line}\n")));
        };
        for (who, mode) in [("locked", Mode::Locked), ("check", Mode::Check)] {
            let outcome = mutated.config(mode).generate();
            let errors = |error: Error| lines(error.diagnostics(), |diagnostic| diagnostic.is_error());
            tell(who, outcome.err().map(errors).unwrap_or_default());
        }
        if mutated.text_of("migrations") != garage.text_of("migrations") {
            tell("drift", garage.drift(&mutated, &server));
        }
        // The last, since it writes the lock.
        tell("build", mutated.build(&garage));
        told.push('\n');
    }
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutations/expected.txt");
    if env::var_os("BINDERY_ACCEPT").is_some() {
        fs::write(&expected, told).unwrap();
        return;
    }
    let wanted = fs::read_to_string(expected).unwrap_or_default();
    let differing = told.lines().zip(wanted.lines()).find(|(told, wanted)| told != wanted);
    assert!(told == wanted, "{differing:?} in\n{told}");
}

/// One branch adds a migration, another a query, and git merges their locks without a word: the answer to the query was
/// never given on that migration. Only who asks again can tell.
#[test]
fn a_merge_of_answers_is_found_by_a_check() {
    let migration = Migrate(NEW, "ALTER TABLE members ALTER born_on DROP NOT NULL");
    let query = Replace(
        "queries/members.sql",
        "SELECT status, count(*) AS members FROM members GROUP BY status ORDER BY status",
        "SELECT born_on, count(*) AS members FROM members GROUP BY born_on ORDER BY born_on",
    );
    let branch = |name: &str, edits: &[&Edit]| {
        let package = Package::copy(name);
        edits.iter().for_each(|edit| package.apply(edit));
        package.apply(&Delete(LOCK));
        package.config(Mode::Update).generate().unwrap();
        package
    };
    let (base, ours, theirs) =
        (branch("base", &[]), branch("ours", &[&migration]), branch("theirs", &[&query]));
    let merge = Command::new("git")
        .args(["merge-file", "-p"])
        .args([&ours, &base, &theirs].map(|package| package.root.join(LOCK)))
        .output()
        .unwrap();
    assert!(merge.status.success(), "no conflict");
    let merged = branch("merged", &[&migration, &query]);
    let answers = fs::read(merged.root.join(LOCK)).unwrap();
    assert!(merge.stdout != answers);
    fs::write(merged.root.join(LOCK), merge.stdout).unwrap();
    merged.config(Mode::Locked).generate().unwrap();
    let error = merged.config(Mode::Check).generate().unwrap_err();
    assert_eq!(
        lines(error.diagnostics(), |_| true),
        [
            "error: queries/members.sql:29:10: bindery.lock is not up to date: query `CountMembers`: column was \
          `born_on date not null`, is `born_on date nullable`"
        ]
    );
}

/// A copy of garage.
struct Package {
    root: PathBuf,
}

impl Package {
    fn copy(name: &str) -> Self {
        let garage = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations").join(name);
        let _ = fs::remove_dir_all(&root);
        for folder in ["migrations", "queries"] {
            fs::create_dir_all(root.join(folder)).unwrap();
            for file in files(&garage.join(folder)) {
                fs::copy(&file, root.join(folder).join(file.file_name().unwrap())).unwrap();
            }
        }
        for file in ["bindery.toml", LOCK] {
            fs::copy(garage.join(file), root.join(file)).unwrap();
        }
        Self { root }
    }

    fn apply(&self, edit: &Edit) {
        let path = |name: &str| self.root.join(name);
        match edit {
            Migrate(name, sql) => {
                fs::write(path("migrations").join(name), format!("-- +goose Up\n{sql};\n")).unwrap()
            }
            Replace(name, from, to) => {
                let text = fs::read_to_string(path(name)).unwrap();
                assert!(text.contains(from), "{name} has no {from}");
                fs::write(path(name), text.replacen(from, to, 1)).unwrap();
            }
            Rename(from, to) => fs::rename(path(from), path(to)).unwrap(),
            Swap(first, second) => {
                let migration = |number: &str, name: &str| {
                    path("migrations").join(format!("{}{}", &number[..5], &name[5..]))
                };
                fs::rename(migration(first, first), migration(second, first)).unwrap();
                fs::rename(migration(second, second), migration(first, second)).unwrap();
            }
            Delete(name) => fs::remove_file(path(name)).unwrap(),
            Forget(query) => {
                let text = fs::read_to_string(path(LOCK)).unwrap();
                let is_other = |block: &&str| !block.contains(&format!("name = \"{query}\"\nfile"));
                let left: Vec<&str> = text.split("\n[[").filter(is_other).collect();
                assert!(left.len() < text.split("\n[[").count(), "the lock has no {query}");
                fs::write(path(LOCK), left.join("\n[[")).unwrap();
            }
        }
    }

    fn config(&self, mode: Mode) -> Config {
        let mut config = Config::new(&self.root);
        config.toml(&fs::read_to_string(self.root.join("bindery.toml")).unwrap()).unwrap();
        config.mode(mode);
        config
    }

    /// The names and texts of a folder's files.
    fn text_of(&self, folder: &str) -> Vec<(PathBuf, String)> {
        let named =
            |file: PathBuf| (PathBuf::from(file.file_name().unwrap()), fs::read_to_string(&file).unwrap());
        files(&self.root.join(folder)).into_iter().map(named).collect()
    }

    /// Of a live database that has the migrations of `mutated`.
    fn drift(&self, mutated: &Self, server: &Server) -> Vec<String> {
        let live = server.create_database().unwrap();
        let migrations = bindery_migrate::read_dir(mutated.root.join("migrations")).unwrap();
        if bindery_migrate::up(&mut live.connect().unwrap(), &migrations).is_err() {
            return vec!["the migrations fail, so no database has them".to_owned()];
        }
        let report = self.config(Mode::Update).drift(live.url()).unwrap();
        report.to_string().lines().map(ToOwned::to_owned).collect()
    }

    /// What a build tells, and what differs from the code of `before`.
    fn build(&self, before: &Self) -> Vec<String> {
        match self.config(Mode::Update).out_dir("code").generate() {
            Err(error) => lines(error.diagnostics(), |_| true),
            Ok(report) => {
                let (old, new) = (before.interface(), self.interface());
                let gone = old.difference(&new).map(|item| format!("- {item}"));
                let added = new.difference(&old).map(|item| format!("+ {item}"));
                lines(&report.warnings, |_| true).into_iter().chain(gone).chain(added).collect()
            }
        }
    }

    /// What callers of the generated code can see: its functions, fields and labels.
    fn interface(&self) -> BTreeSet<String> {
        let mut items = BTreeSet::new();
        for (file, text) in self.text_of("code") {
            let module = file.with_extension("").display().to_string().replace("mod", "");
            let mut lines = text.lines();
            while let Some(line) = lines.next() {
                if line.starts_with("pub async fn") {
                    let rest: Vec<&str> = lines.by_ref().take_while(|line| *line != "}").collect();
                    let end = rest.iter().position(|line| line.ends_with('{')).map_or(0, |end| end + 1);
                    let mut whole = line.to_owned();
                    if !line.ends_with('{') {
                        rest[..end].iter().for_each(|line| whole.push_str(&format!(" {}", line.trim())));
                    }
                    let shown = whole.trim_end_matches(" {").replace("pub async fn ", &format!("{module}::"));
                    items.insert(shown.replace("( conn", "(conn").replace(", )", ")"));
                } else if let Some(item) = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum "))
                {
                    let item = item.trim_end_matches(" {");
                    let parts = lines.by_ref().take_while(|line| *line != "}").map(str::trim);
                    let parts = parts.filter(|part| !part.starts_with(['/', '#']));
                    items.extend(parts.map(|part| format!("{item}: {}", part.trim_end_matches(','))));
                }
            }
        }
        items
    }
}

/// Sorted by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A line each, with the notes.
fn lines(diagnostics: &[Diagnostic], is_told: impl Fn(&&Diagnostic) -> bool) -> Vec<String> {
    let shown = |diagnostic: &Diagnostic| {
        let kind = if diagnostic.is_error() { "error" } else { "warning" };
        let render = diagnostic.render();
        let notes = render.lines().filter_map(|line| line.split_once("= note: ")).map(|(_, note)| note);
        let notes: String = notes.map(|note| format!("; {note}")).collect();
        format!("{kind}: {diagnostic}{notes}")
    };
    diagnostics.iter().filter(is_told).map(shown).collect()
}
