//! Which migration is the reason that a query is not what it was, and what migrations do to queries.
//!
//! The migrations are applied one after another, and after each the queries in question are described again: the first
//! answer that is another names the migration before it.

use std::fmt;

use bindery_migrate::Migration;

use crate::config::Config;
use crate::describe::Described;
use crate::description::Description;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::lock::{Difference, Lock};
use crate::migrated::{Migrated, surroundings};
use crate::project::Project;
use crate::query::Query;
use crate::revision;
use crate::variants;

/// What migrations do to queries that were there before them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Impact {
    /// The migrations that were added, in order.
    pub migrations: Vec<String>,
    /// How many queries there were before.
    pub queries: usize,
    /// Queries that the server refuses afterwards, as errors in the text of before, and queries whose types, names or NULLs
    /// are others, as warnings.
    pub effects: Vec<Diagnostic>,
}

impl Config {
    /// What the migrations that were added since `revision`, a commit of git's, do to the queries as they were then: a
    /// program of before runs these very texts until it is replaced.
    ///
    /// # Errors
    /// The revision cannot be read, its SQL has mistakes, a migration of it has been changed since, or the migrations of
    /// now fail.
    pub fn impact_since(&self, revision: &str) -> Result<Impact, Error> {
        let failed = |diagnostic: Box<Diagnostic>| Error::new(vec![*diagnostic]);
        let mut mistakes = Vec::new();
        let sources = revision::read(self, revision).map_err(failed)?;
        let mut settings = self.settings.migrate.clone();
        // What is skipped now may be as new as a migration.
        settings.skip.retain(|name| sources.has_migration_named(name));
        let before = Project::parse(sources, &settings, &mut mistakes);
        let now = Project::read(self, &mut mistakes);
        if mistakes.iter().any(Diagnostic::is_error) {
            return Err(Error::new(mistakes));
        }
        self.impact(&before, &now, revision).map_err(failed)
    }

    fn impact(&self, before: &Project, now: &Project, revision: &str) -> Result<Impact, Box<Diagnostic>> {
        let known = before.migrations().len();
        if now.states().get(known) != before.states().last() {
            let message = format!("the migrations of `{revision}` are not the first ones of now");
            let help = "only added migrations can be looked at: give changed, renamed or reordered ones back what they had";
            return Err(Box::new(Diagnostic::error(message).help(help)));
        }
        let mut queries: Vec<&Query> = before.queries.iter().collect();
        let mut migrated = Migrated::start(now, known, &self.progress)?;
        let mut last = State::of(&mut migrated, before, &queries, self)?;
        let mut effects = Vec::new();
        for (index, migration) in now.migrations().iter().enumerate().skip(known) {
            queries.retain(|query| last.lock.find(&query.file.path, &query.name).is_some());
            migrated.apply_next(now, index)?;
            let next = State::of(&mut migrated, before, &queries, self)?;
            let refused = next.refused.iter().map(|(query, error)| (*query, error.clone()));
            let changed = last.lock.differences(&next.lock);
            let changed = changed.iter().filter_map(|difference| {
                let query = difference.subject.query_of(before)?;
                let is_refused = next.refused.iter().any(|(refused, _)| refused.is(query));
                let warning = Diagnostic::warning(difference.to_string()).at(query.name_span(), "");
                (!is_refused).then_some((query, warning))
            });
            effects.extend(refused.chain(changed).map(|(query, effect)| {
                let effect = effect.note(format!("since {}", migration.path));
                let same = now.queries.iter().any(|other| other.is(query) && other.source == query.source);
                if same { effect } else { effect.note(format!("`{}` has been changed since", query.name)) }
            }));
            last = next;
        }
        Diagnostic::sort(&mut effects);
        let migrations = now.migrations()[known..].iter().map(|migration| migration.path.clone()).collect();
        Ok(Impact { migrations, queries: before.queries.len(), effects })
    }
}

impl Impact {
    /// Whether the server refuses some query afterwards.
    pub fn breaks(&self) -> bool {
        self.effects.iter().any(Diagnostic::is_error)
    }
}

impl fmt::Display for Impact {
    /// `2 migrations, 59 queries: 1 breaks, 3 changes`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken = self.effects.iter().filter(|effect| effect.is_error()).count();
        let counted = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        };
        write!(
            f,
            "{}, {}: {}, {}",
            counted(self.migrations.len(), "new migration", "new migrations"),
            counted(self.queries, "query of before", "queries of before"),
            counted(broken, "breaks", "break"),
            counted(self.effects.len() - broken, "change", "changes"),
        )
    }
}

/// Names for each of `differences` the migration that brought it about: `old` was made before it, and `project` has it.
///
/// A difference that no migration explains, such as a lock that was edited, is left as it is.
pub(crate) fn find_causes(project: &Project, old: &Lock, config: &Config, differences: &mut [Difference]) {
    if differences.is_empty() {
        return;
    }
    let new = new_migrations(project, old);
    let known = project.migrations().len() - new.len();
    match new {
        [] => {}
        [only] => differences.iter_mut().for_each(|difference| difference.cause = Some(only.path.clone())),
        _ if known == old.migrations.len() => {
            // What goes wrong on the way is no news: the check has applied all of them.
            let _ = find_step_by_step(project, known, old, config, differences);
        }
        // Those in the middle have changed, and what was before cannot be made again.
        [first, ..] => {
            let cause = or_later(first);
            differences.iter_mut().for_each(|difference| difference.cause = Some(cause.clone()));
        }
    }
}

/// The migration to blame for that the server refuses `query` now: it took the very same text when `old` was made.
pub(crate) fn cause_of_refusal(project: &Project, old: &Lock, query: &Query) -> Option<String> {
    old.description(query)?;
    match new_migrations(project, old) {
        [] => None,
        [only] => Some(only.path.clone()),
        [first, ..] => Some(or_later(first)),
    }
}

/// From the first that `old` was not made with.
fn new_migrations<'p>(project: &'p Project, old: &Lock) -> &'p [Migration] {
    let is_known = |migration: &&Migration| old.knows_migration(&migration.path, &project.sources);
    let known = project.migrations().iter().take_while(is_known).count();
    &project.migrations()[known..]
}

fn or_later(first: &Migration) -> String {
    format!("{}, or a later migration", first.path)
}

fn find_step_by_step(
    project: &Project,
    known: usize,
    old: &Lock,
    config: &Config,
    differences: &mut [Difference],
) -> Result<(), Box<Diagnostic>> {
    let queries: Vec<&Query> =
        project.queries.iter().filter(|query| old.description(query).is_some()).collect();
    let mut migrated = Migrated::start(project, known, &config.progress)?;
    for (index, migration) in project.migrations().iter().enumerate().skip(known) {
        migrated.apply_next(project, index)?;
        let now = State::of(&mut migrated, project, &queries, config)?;
        let new = old.differences(&now.lock);
        for difference in differences.iter_mut().filter(|difference| difference.cause.is_none()) {
            if new.iter().any(|other| other.is_about_the_same(difference)) {
                difference.cause = Some(migration.path.clone());
            }
        }
    }
    Ok(())
}

/// What queries are after some of the migrations.
pub(crate) struct State<'q> {
    /// Of those that the server takes.
    pub lock: Lock,
    /// The others, and why.
    pub refused: Vec<(&'q Query, Diagnostic)>,
}

impl<'q> State<'q> {
    pub fn of(
        migrated: &mut Migrated,
        project: &Project,
        queries: &[&'q Query],
        config: &Config,
    ) -> Result<Self, Box<Diagnostic>> {
        // Mistakes in annotations are for the build to tell.
        let mut mistakes = Vec::new();
        let described = variants::describe(
            &mut migrated.session,
            queries,
            &config.settings,
            &config.progress,
            &mut mistakes,
        );
        let Described { answers, schema } = described.map_err(surroundings)?;
        let mut accepted: Vec<(&Query, Description)> = Vec::new();
        let mut refused = Vec::new();
        for (query, answer) in queries.iter().zip(answers) {
            match answer {
                Ok(description) => accepted.push((query, description)),
                Err(diagnostic) => refused.push((*query, diagnostic)),
            }
        }
        let lock = Lock::new(&project.sources, accepted, schema, &config.settings, migrated.major);
        Ok(Self { lock, refused })
    }
}
