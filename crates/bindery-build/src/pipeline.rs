//! The driver: a line a stage, plain data handed from one to the next.

use std::fs;
use std::thread;

use crate::cargo;
use crate::config::{Config, Mode, Output};
use crate::describe::Described;
use crate::description::Description;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::generate::{self, Carried, Files, Input, Layout};
use crate::impact;
use crate::lint;
use crate::lock::{Difference, Lock, LockError};
use crate::migrated::{Migrated, surroundings};
use crate::migrations;
use crate::project::Project;
use crate::query::Query;
use crate::refusals;
use crate::source::{self, Sources};
use crate::stamp::Stamp;
use crate::types::Types;
use crate::variants;
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
    /// The environment variables that migrations are completed with (goose's ENVSUB), sorted.
    pub variables: Vec<String>,
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
        Generator::new(self.clone()).generate()
    }
}

/// Generates again and again, and keeps its server meanwhile: what [`Config::generate`] does once.
///
/// ```no_run
/// # fn main() -> Result<(), bindery_build::Error> {
/// let mut generator = bindery_build::Generator::new(bindery_build::Config::load()?);
/// generator.generate()?; // starts a server if there is something new
/// generator.generate()?; // asks the same one, as long as the migrations are the same
/// # Ok(()) }
/// ```
pub struct Generator {
    config: Config,
    migrated: Option<Migrated>,
}

impl Generator {
    /// With these settings, and no server yet.
    pub fn new(config: Config) -> Self {
        Self { config, migrated: None }
    }

    /// As [`Config::generate`].
    ///
    /// # Errors
    /// As there.
    pub fn generate(&mut self) -> Result<Report, Error> {
        let mut diagnostics = Vec::new();
        let sources = source::read(&self.config, &mut diagnostics);
        let stamp = Stamp::of(&self.config, &sources).filter(|_| diagnostics.is_empty());
        if let Some(queries) = stamp.and_then(|stamp| stamp.queries()) {
            let variables = Vec::new();
            return Ok(Report { queries, origin: Origin::Lock, warnings: diagnostics, variables });
        }
        let (project, old) = self.read(sources, &mut diagnostics);
        let new = self.answers(&project, old.as_ref(), &mut diagnostics);
        let Some((lock, origin)) = new else { return fail(&mut diagnostics) };
        if self.config.mode == Mode::Check {
            self.report_drift(&project, old.as_ref(), &lock, &mut diagnostics);
        }
        let described = described(&project.queries, &lock);
        lint::report_few(&described, &self.config.settings, &mut diagnostics);
        self.lint_new_migrations(&project, old.as_ref(), &mut diagnostics);
        let types = Types { schema: &lock.schema, settings: &self.config.settings };
        for (query, description) in &described {
            refusals::report(query, description, types, &mut diagnostics);
        }
        if has_errors(&diagnostics) {
            return fail(&mut diagnostics);
        }
        let files = self.config.render(&project, described, types, &mut diagnostics);
        if self.config.mode != Mode::Update {
            self.config.report_stale_output(&files, &mut diagnostics);
        }
        if has_errors(&diagnostics) {
            return fail(&mut diagnostics);
        }
        self.config.write(old.as_ref() != Some(&lock), &lock, &files, &mut diagnostics)?;
        Diagnostic::sort(&mut diagnostics);
        let variables = project.variables();
        let report = Report { queries: project.queries.len(), origin, warnings: diagnostics, variables };
        // Warnings and variables are told in every run.
        let has_told = !report.warnings.is_empty() || !report.variables.is_empty();
        let stamp = Stamp::of(&self.config, &project.sources).filter(|_| !has_told);
        stamp.inspect(|stamp| stamp.leave(report.queries));
        Ok(report)
    }

    /// What the user wrote, and what the lock says of it: one takes as long as the other.
    fn read(&self, sources: Sources, diagnostics: &mut Vec<Diagnostic>) -> (Project, Option<Lock>) {
        let (config, mut of_lock) = (&self.config, Vec::new());
        let read = thread::scope(|scope| {
            let lock = scope.spawn(|| config.read_lock(&mut of_lock));
            let project = Project::parse(sources, &config.settings.migrate, diagnostics);
            (project, lock.join().expect("reading a lock does not panic"))
        });
        diagnostics.extend(of_lock);
        read
    }

    /// The answers to every query: the lock, if it fits and may be believed, else the server's; none if anything is wrong,
    /// here or before.
    fn answers(
        &mut self,
        project: &Project,
        old: Option<&Lock>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(Lock, Origin)> {
        let reasons = match old {
            Some(lock) => lock.stale_reasons(&project.sources, &project.queries, &self.config.settings),
            None => Vec::new(),
        };
        let fits = old.filter(|_| reasons.is_empty() && !has_errors(diagnostics));
        match (self.config.mode, fits) {
            (Mode::Update | Mode::Locked, Some(lock)) => return Some((lock.clone(), Origin::Lock)),
            (Mode::Locked, None) => {
                if old.is_none() && !has_errors(diagnostics) {
                    diagnostics.push(stale("there is none".to_owned()));
                }
                diagnostics.extend(reasons.iter().map(|reason| differs(project, reason)));
                return None;
            }
            (Mode::Update | Mode::Check, _) => {}
        }
        let believed = old.filter(|lock| {
            self.config.mode == Mode::Update && lock.is_of(&project.sources, &self.config.settings)
        });
        match self.ask_server(project, believed, old, diagnostics) {
            Ok(lock) => lock,
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// Has the server describe what `old` does not know. A query that it refuses, and took when `before` was made, is told
    /// with the migration that is to blame.
    pub(crate) fn ask_server(
        &mut self,
        project: &Project,
        old: Option<&Lock>,
        before: Option<&Lock>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Option<(Lock, Origin)>, Box<Diagnostic>> {
        let known = |query: &Query| old.and_then(|lock| lock.description(query));
        let new: Vec<&Query> = project.queries.iter().filter(|query| known(query).is_none()).collect();
        let settings = &self.config.settings;
        let lock =
            |described, schema, postgres| Lock::new(&project.sources, described, schema, settings, postgres);
        let mut schema = old.map(|lock| lock.schema.clone()).unwrap_or_default();
        if let Some(old) = old.filter(|_| new.is_empty()) {
            // Queries are gone, or stand in another order.
            let described = project.queries.iter().filter_map(|query| Some((query, known(query)?.clone())));
            return Ok(Some((lock(described.collect(), schema, old.postgres), Origin::Lock)));
        }
        if project.migrations.is_none() {
            return Ok(None);
        }
        let migrated = match self.migrated.take().filter(|migrated| migrated.is_of(project)) {
            Some(migrated) => self.migrated.insert(migrated),
            None => {
                let progress = &self.config.progress;
                self.migrated.insert(match self.config.mode {
                    Mode::Check => Migrated::afresh(project, progress)?,
                    Mode::Update | Mode::Locked => {
                        Migrated::start(project, project.migrations().len(), progress)?
                    }
                })
            }
        };
        let Described { answers, schema: fresh } =
            variants::describe(&mut migrated.session, &new, settings, &self.config.progress, diagnostics)
                .map_err(surroundings)?;
        let mut described: Vec<(&Query, Description)> = Vec::new();
        for (query, answer) in new.into_iter().zip(answers) {
            match answer {
                Ok(description) => described.push((query, description)),
                Err(diagnostic) => {
                    let cause = before.and_then(|before| impact::cause_of_refusal(project, before, query));
                    diagnostics.push(match cause {
                        Some(migration) => diagnostic.note(format!("since {migration}")),
                        None => diagnostic,
                    });
                }
            }
        }
        if has_errors(diagnostics) {
            // The other mistakes come with these.
            let types = Types { schema: &fresh, settings };
            for (query, description) in &described {
                refusals::report(query, description, types, diagnostics);
            }
            return Ok(None);
        }
        schema.merge(fresh);
        let unchanged = project.queries.iter().filter_map(|query| Some((query, known(query)?.clone())));
        described.extend(unchanged);
        Ok(Some((lock(described, schema, migrated.major), Origin::Server)))
    }

    /// Those that the lock has were looked at when they were new; now they may be applied somewhere, and stay as they are.
    fn lint_new_migrations(&self, project: &Project, old: Option<&Lock>, diagnostics: &mut Vec<Diagnostic>) {
        let is_new = |path: &str| old.is_some_and(|lock| !lock.knows_migration(path, &project.sources));
        let files = project.sources.migrations.iter().filter(|file| is_new(&file.path)).cloned();
        let files: Vec<_> = files.collect();
        if !files.is_empty() {
            let found = lint::in_migrations(project.migrations(), |migration| is_new(&migration.path));
            lint::report_migrations(&found, &files, |_| true, &self.config.settings, diagnostics);
        }
    }

    fn report_drift(
        &self,
        project: &Project,
        old: Option<&Lock>,
        new: &Lock,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some(old) = old else { return diagnostics.push(stale("there is none".to_owned())) };
        let mut differences = old.differences(new);
        impact::find_causes(project, old, &self.config, &mut differences);
        differences.extend(old.migration_differences(&project.sources));
        diagnostics.extend(differences.iter().map(|difference| differs(project, difference)));
    }
}

impl Config {
    fn read_lock(&self, diagnostics: &mut Vec<Diagnostic>) -> Option<Lock> {
        let text = fs::read_to_string(self.root.join(&self.lock)).ok()?;
        let path = self.lock.display();
        match Lock::parse(&text) {
            Ok(lock) => Some(lock),
            Err(reason) => {
                let message = format!("{path} cannot be used: {reason}");
                // Damage is mended by asking the server.
                let diagnostic = match (self.mode, reason) {
                    (Mode::Update, LockError::Damaged { .. } | LockError::Older(_)) => {
                        Diagnostic::warning(message)
                    }
                    _ => Diagnostic::error(message),
                };
                diagnostics.push(diagnostic.help("building without BINDERY set writes it anew"));
                None
            }
        }
    }

    fn render(
        &self,
        project: &Project,
        queries: Vec<(&Query, &Description)>,
        types: Types<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Files {
        let layout = match self.output {
            Output::OutDir(_) => Layout::OutDir,
            Output::SourceDir(_) => Layout::SourceDir,
        };
        let migrations = project.migrations().iter().filter_map(|migration| migration.version).collect();
        let carried = Carried {
            files: migrations::texts(project.migrations(), &project.sources, &project.blocks),
            format: project.format(),
            multi_statement: self.settings.migrate.multi_statement,
            table: self.settings.migrate.table(),
        };
        generate::generate(&Input { queries, types, migrations, carried, layout }, diagnostics)
    }

    /// Code that is checked in has to be what would be generated now.
    fn report_stale_output(&self, files: &Files, diagnostics: &mut Vec<Diagnostic>) {
        let Output::SourceDir(folder) = &self.output else { return };
        for name in write::differing(&self.root.join(folder), files) {
            let path = folder.join(name);
            diagnostics.push(stale(format!("`{}` is not what would be generated", path.display())));
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
            let written = write::write_files(&folder, files);
            written.and_then(|()| cargo::clear_errors(&self.output)).map_err(|error| {
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
pub(crate) fn described<'p>(queries: &'p [Query], lock: &'p Lock) -> Vec<(&'p Query, &'p Description)> {
    queries.iter().filter_map(|query| Some((query, lock.description(query)?))).collect()
}

/// A difference that the mode forbids, at the query that it is about.
fn differs(project: &Project, difference: &Difference) -> Diagnostic {
    let diagnostic = stale(difference.to_string());
    let diagnostic = match &difference.cause {
        Some(migration) => diagnostic.note(format!("since {migration}")),
        None => diagnostic,
    };
    match difference.subject.query_of(project) {
        Some(query) => diagnostic.at(query.name_span(), ""),
        None => diagnostic,
    }
}

fn stale(reason: String) -> Diagnostic {
    Diagnostic::error(format!("bindery.lock is not up to date: {reason}"))
        .help("build without BINDERY set, and commit bindery.lock")
}

pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

fn fail<T>(diagnostics: &mut Vec<Diagnostic>) -> Result<T, Error> {
    Err(Error::new(std::mem::take(diagnostics)))
}
