//! Whether a live database still fits the migrations and the queries.
//!
//! ```text
//! facts        what a database has: the same questions to both
//! objects      how what is live differs from what the migrations make
//! queries      what each server says of the queries, and how that differs
//! privileges   what the queries need that the live role may not do
//! applied      the migrations by goose's table, against the files
//! report       all of it, a line each
//! ```
//!
//! Nothing is written to the live database, and nothing is run there but questions to its catalogs.

mod applied;
mod facts;
mod objects;
mod privileges;
mod queries;
mod report;

use std::thread;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::given::{self, Access};
use crate::migrated::{Migrated, surroundings};
use crate::pipeline::has_errors;
use crate::project::Project;
use crate::query::Query;
use crate::session::{Session, SessionError};

use applied::Applied;
use privileges::Lacking;
use queries::Shape;

// A round trip asks the same.
pub(crate) use facts::{Class, Facts, load};
pub(crate) use objects::compare;
pub(crate) use queries::Uses;

pub use report::{Drift, DriftChange, DriftKind, DriftReport, DriftSeverity};

impl Config {
    /// Compares the database at `url` with what the migrations make and the queries need: its objects, what it says of each
    /// query, what its role may not do, and which migrations it has.
    ///
    /// The migrations are applied to a temporary database, as a build does. The live one is opened read-only, and any role
    /// that may connect will do; `url` is anything that libpq takes, without TLS for now. Objects of extensions and goose's
    /// own table are left out; so are operators, casts, text search, publications, rules, grants and settings.
    ///
    /// # Errors
    /// The project itself is wrong, or one of the two servers cannot be asked. What differs is no error but the report.
    pub fn drift(&self, url: &str) -> Result<DriftReport, Error> {
        let mut diagnostics = Vec::new();
        let project = Project::read(self, &mut diagnostics);
        let opened = given::open(url, Access::ReadOnly).map_err(|diagnostic| diagnostics.push(*diagnostic));
        let (Ok(mut session), false) = (opened, has_errors(&diagnostics)) else {
            return Err(Error::new(diagnostics));
        };
        let (expected, live) = thread::scope(|scope| {
            let asking =
                scope.spawn(|| Live::ask(&mut session, &project.statements(), self.migration_table()));
            let expected = Expected::ask(self, &project);
            (expected, asking.join().expect("asking does not panic"))
        });
        match (expected, live) {
            (Ok(expected), Ok(live)) => Ok(report(&project, expected, live)),
            (expected, live) => {
                diagnostics.extend(expected.err().unwrap_or_default());
                diagnostics.extend(live.err().map(|error| *surroundings(error)));
                Err(Error::new(diagnostics))
            }
        }
    }

    /// A temporary database with all migrations.
    pub(crate) fn migrated(&self, project: &Project) -> Result<Migrated, Box<Diagnostic>> {
        Migrated::start(project, project.migrations().len(), &self.progress)
    }
}

/// What the migrations make.
struct Expected {
    major: u32,
    facts: Facts,
    shapes: Vec<Shape>,
    uses: Uses,
}

/// What there is.
struct Live {
    major: u32,
    applied: Applied,
    facts: Facts,
    /// Or what the server says of a query that it refuses.
    shapes: Vec<queries::Answer>,
    /// None if the server does not say what the queries need.
    lacking: Option<Vec<Lacking>>,
}

impl Expected {
    fn ask(config: &Config, project: &Project) -> Result<Self, Vec<Diagnostic>> {
        let mut migrated = config.migrated(project).map_err(|diagnostic| vec![*diagnostic])?;
        let failed = |error: SessionError| vec![*surroundings(error)];
        let statements = project.statements();
        let asked = queries::expected(&mut migrated.session, &statements).map_err(failed)?;
        let (shapes, mut uses) = queries::accepted(&mut migrated.session.client, &statements, asked)?;
        let facts = load(&mut migrated.session.client).map_err(|error| failed(error.into()))?;
        uses.know_types(&facts);
        Ok(Self { major: migrated.major, facts, shapes, uses })
    }
}

impl Live {
    fn ask(session: &mut Session, queries: &[&Query], table: &str) -> Result<Self, SessionError> {
        let version: String = session.client.query_one("SHOW server_version_num", &[])?.get(0);
        // The role's own search_path decides which table of goose's is meant, and it alone: from here on names are whole.
        let applied = applied::load(&mut session.client, table)?;
        let (shapes, lacking) = queries::live(session, queries)?;
        let facts = load(&mut session.client)?;
        // Of what is no number nothing is compared but what always is.
        let major = version.parse::<u32>().map_or(0, |number| number / 10_000);
        Ok(Self { major, applied, facts, shapes, lacking })
    }
}

/// Whether an object has this name in its schema.
fn is_named(object: &str, name: &str) -> bool {
    object.split_once('.').is_some_and(|(_, own)| own == name)
}

fn report(project: &Project, expected: Expected, live: Live) -> DriftReport {
    let mut drifts = applied::compare(project.migrations(), project.format(), &live.applied);
    let of_server = |severity, text: String| {
        let name = format!("PostgreSQL {}", live.major);
        Drift::new(severity, DriftKind::Server, &name, DriftChange::Told(text))
    };
    if expected.major != live.major {
        let text = format!(
            "the migrations were applied to PostgreSQL {}: the texts of views, functions, constraints, indexes, triggers, \
             policies and defaults, which each major version words in its own way, were not compared",
            expected.major
        );
        drifts.push(of_server(DriftSeverity::Note, text));
    }
    if live.lacking.is_none() {
        let text = "it does not send what it understood of a query (debug_print_rewritten), so what the role may not do \
                    cannot be told";
        drifts.push(of_server(DriftSeverity::Warning, text.to_owned()));
    }
    let is_same_major = expected.major == live.major;
    let mut objects = compare(&expected.facts, &live.facts, is_same_major, &expected.uses);
    if let Some(table) = applied::table_of(project.format()) {
        objects.retain(|drift| drift.change != DriftChange::Extra || !is_named(&drift.object, table));
    }
    drifts.extend(objects);
    drifts.extend(queries::compare(&project.statements(), &expected.shapes, live.shapes));
    drifts.extend(live.lacking.into_iter().flatten().map(Lacking::told));
    let mut report = DriftReport { drifts, queries: project.queries.len(), objects: expected.facts.0.len() };
    report.sort();
    report
}
