//! The driver: a line a stage, plain data handed from one to the next.

use std::fs;

use bindery_migrate::Migration;
use bindery_postgres::{Database, Server};

use crate::config::{Config, Mode, Output};
use crate::describe;
use crate::description::Description;
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Error;
use crate::generate::{self, Files, Input, Layout};
use crate::lock::{Lock, LockError};
use crate::migrations::{self, QueryBlocks};
use crate::parse::{self, Unnamed};
use crate::query::Query;
use crate::refusals;
use crate::session::Session;
use crate::source::{self, Sources};
use crate::types::Types;
use crate::write;

/// What a run did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// How many queries there are.
    pub queries: usize,
    /// Where their types came from.
    pub origin: Origin,
    /// What the user should know, by file and line.
    pub warnings: Vec<Diagnostic>,
}

/// Where types and NULLs came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From `bindery.lock`; no server was started.
    Lock,
    /// From a temporary database.
    Server,
}

impl Config {
    /// Reads the SQL, asks PostgreSQL or the lock about it, and writes the code.
    ///
    /// # Errors
    /// Anything is wrong in any file, no server can be found when one is needed, or the mode forbids a difference. All
    /// errors of all files come together, and neither code nor lock is touched.
    pub fn generate(&self) -> Result<Report, Error> {
        let mut diagnostics = Vec::new();
        let sources = source::read(self, &mut diagnostics);
        let project = parse_all(sources, &mut diagnostics);
        let old = self.read_lock(&mut diagnostics);
        let new = self.answers(&project, old.as_ref(), &mut diagnostics);
        let (lock, origin) = new.ok_or(()).or_else(|()| fail(&mut diagnostics))?;
        if self.mode == Mode::Check {
            report_drift(old.as_ref(), &lock, &mut diagnostics);
        }
        warn_of_several_rows(&project.queries, &lock, &mut diagnostics);
        let described = described(&project.queries, &lock);
        let types = Types { schema: &lock.schema, settings: &self.settings };
        for (query, description) in &described {
            refusals::report(query, description, types, &mut diagnostics);
        }
        if has_errors(&diagnostics) {
            return fail(&mut diagnostics);
        }
        let files = self.render(described, types, &mut diagnostics);
        if self.mode != Mode::Update {
            self.report_stale_output(&files, &mut diagnostics);
        }
        if has_errors(&diagnostics) {
            return fail(&mut diagnostics);
        }
        self.write(old.as_ref() != Some(&lock), &lock, &files, &mut diagnostics)?;
        Diagnostic::sort(&mut diagnostics);
        Ok(Report { queries: project.queries.len(), origin, warnings: diagnostics })
    }

    /// The answers to every query: the lock, if it fits and may be believed, else the server's.
    fn answers(
        &self,
        project: &Project,
        old: Option<&Lock>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(Lock, Origin)> {
        let (sources, queries) = (&project.sources, &project.queries);
        let reasons = match old {
            Some(lock) => lock.stale_reasons(sources, queries, &self.settings),
            None => Vec::new(),
        };
        let fits = reasons.is_empty() && !has_errors(diagnostics);
        match (self.mode, old) {
            (Mode::Update | Mode::Locked, Some(lock)) if fits => Some((lock.clone(), Origin::Lock)),
            (Mode::Locked, _) => {
                diagnostics.extend(reasons.into_iter().map(|reason| stale(&reason)));
                None
            }
            (Mode::Check, _) => self.ask_server(project, None, diagnostics),
            (Mode::Update, old) => self.ask_server(project, old, diagnostics),
        }
    }

    /// Describes on a temporary database what `old` does not know; none if anything is wrong, here or before.
    fn ask_server(
        &self,
        project: &Project,
        old: Option<&Lock>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(Lock, Origin)> {
        let old = old.filter(|lock| lock.is_of(&project.sources, &self.settings));
        match self.describe_new(project, old, diagnostics) {
            Ok(lock) => lock.filter(|_| !has_errors(diagnostics)),
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                None
            }
        }
    }

    fn describe_new(
        &self,
        project: &Project,
        old: Option<&Lock>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Option<(Lock, Origin)>, Box<Diagnostic>> {
        let known = |query: &Query| old.and_then(|lock| lock.description(query));
        let new: Vec<&Query> = project.queries.iter().filter(|query| known(query).is_none()).collect();
        let old_schema = old.map(|lock| lock.schema.clone()).unwrap_or_default();
        let lock = |descriptions, schema, postgres| {
            Lock::new(&project.sources, &project.queries, descriptions, schema, &self.settings, postgres)
        };
        if let Some(old) = old.filter(|_| new.is_empty()) {
            // Queries are gone, or stand in another order.
            let descriptions = project.queries.iter().filter_map(known).cloned().collect();
            return Ok(Some((lock(descriptions, old_schema, old.postgres), Origin::Lock)));
        }
        let server = Server::start().map_err(|error| surroundings(&error))?;
        let database = server.create_database().map_err(|error| surroundings(&error))?;
        migrate(&database, project)?;
        let mut session = Session::open(database.config()).map_err(|error| surroundings(&error))?;
        let described = describe::describe(&mut session, &new, &self.settings, diagnostics);
        let Some(described) = described.map_err(|error| surroundings(&error))? else { return Ok(None) };
        let mut schema = old_schema;
        schema.merge(described.schema);
        let mut fresh = described.descriptions.into_iter();
        let descriptions =
            project.queries.iter().filter_map(|query| known(query).cloned().or_else(|| fresh.next()));
        Ok(Some((lock(descriptions.collect(), schema, server.major()), Origin::Server)))
    }

    fn read_lock(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<Lock> {
        let text = fs::read_to_string(self.root.join(&self.lock)).ok()?;
        let path = self.lock.display();
        match Lock::parse(&text) {
            Ok(lock) => Some(lock),
            Err(reason) => {
                let message = format!("{path} cannot be used: {reason}");
                // Damage is mended by asking the server.
                let diagnostic = match (self.mode, reason) {
                    (Mode::Update, LockError::Damaged(_)) => Diagnostic::warning(message),
                    _ => Diagnostic::error(message),
                };
                diagnostics.push(diagnostic.help("building without BINDERY set writes it anew"));
                None
            }
        }
    }

    fn render(
        &self,
        queries: Vec<(&Query, &Description)>,
        types: Types<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Files {
        let layout = match self.output {
            Output::OutDir(_) => Layout::OutDir,
            Output::SourceDir(_) => Layout::SourceDir,
        };
        generate::generate(&Input { queries, types, layout }, diagnostics)
    }

    /// Code that is checked in has to be what would be generated now.
    fn report_stale_output(&self, files: &Files, diagnostics: &mut Vec<Diagnostic>) {
        let Output::SourceDir(folder) = &self.output else { return };
        for name in write::differing(&self.root.join(folder), files) {
            let path = folder.join(name);
            diagnostics.push(stale(&format!("`{}` is not what would be generated", path.display())));
        }
    }

    fn write(
        &self,
        is_new: bool,
        lock: &Lock,
        files: &Files,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<(), Error> {
        if let Some(folder) = self.output_dir() {
            write::write_files(&folder, files).map_err(|error| {
                let message = format!("cannot write to `{}`: {error}", folder.display());
                Error::new(vec![Diagnostic::error(message)])
            })?;
        }
        if self.mode == Mode::Update && is_new {
            let path = &self.lock;
            if let Err(error) = write::write_lock(&self.root.join(path), &lock.render()) {
                let message = format!("cannot write `{}`: {error}", path.display());
                let help = "the code was generated; the next build has to ask PostgreSQL again";
                diagnostics.push(Diagnostic::warning(message).help(help));
            }
        }
        Ok(())
    }
}

/// Every query with what the lock says of it.
fn described<'p>(queries: &'p [Query], lock: &'p Lock) -> Vec<(&'p Query, &'p Description)> {
    queries.iter().filter_map(|query| Some((query, lock.description(query)?))).collect()
}

/// What the user wrote, understood as far as it can be without a server.
struct Project {
    sources: Sources,
    queries: Vec<Query>,
    migrations: Vec<Migration>,
}

fn parse_all(sources: Sources, diagnostics: &mut Vec<Diagnostic>) -> Project {
    let mut queries = Vec::new();
    let mut blocks = QueryBlocks::new();
    for file in &sources.queries {
        let shared = sources.is_migration(file);
        let unnamed = if shared { Unnamed::Schema } else { Unnamed::Mistake };
        let parsed = parse::parse(file, unnamed, diagnostics);
        queries.extend(parsed.queries);
        if shared {
            blocks.insert(file.path.clone(), parsed.blocks);
        }
    }
    let migrations = migrations::parse(&sources, &blocks, diagnostics);
    Project { sources, queries, migrations }
}

fn migrate(database: &Database, project: &Project) -> Result<(), Box<Diagnostic>> {
    let mut client = database.connect().map_err(|error| surroundings(&error))?;
    migrations::apply(&mut client, &project.sources, &project.migrations)
}

/// An error that no file of the user's is to blame for.
fn surroundings(error: &dyn std::error::Error) -> Box<Diagnostic> {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    Box::new(Diagnostic::error(message))
}

/// `:one` and `:opt` of a query that can return more: an error when it runs, which a unique key would rule out.
fn warn_of_several_rows(queries: &[Query], lock: &Lock, diagnostics: &mut Vec<Diagnostic>) {
    for query in queries.iter().filter(|query| query.command.wants_one_row()) {
        let Some(description) = lock.description(query).filter(|found| !found.at_most_one_row) else {
            continue;
        };
        let keys = match &description.unmet_keys[..] {
            [] => String::new(),
            keys => format!("compare every column of a unique key: {}; or ", keys.join(" or ")),
        };
        let help =
            format!("{keys}add LIMIT 1, use `:many`, or write `-- @rows: at most one` if you know better");
        diagnostics.push(
            Diagnostic::warning(format!("`{}` can return more than one row", query.name))
                .at(query.name_span(), format!("declared as `:{}`", query.command.word()))
                .help(help),
        );
    }
}

fn report_drift(old: Option<&Lock>, new: &Lock, diagnostics: &mut Vec<Diagnostic>) {
    match old {
        Some(old) => diagnostics.extend(old.differences(new).iter().map(|line| stale(line))),
        None => diagnostics.push(stale("there is none")),
    }
}

fn stale(reason: &str) -> Diagnostic {
    Diagnostic::error(format!("bindery.lock is not up to date: {reason}"))
        .help("build without BINDERY set, and commit bindery.lock")
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
}

fn fail<T>(diagnostics: &mut Vec<Diagnostic>) -> Result<T, Error> {
    Err(Error::new(std::mem::take(diagnostics)))
}
