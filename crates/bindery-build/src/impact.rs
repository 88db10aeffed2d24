//! Which migration is the reason that a query is not what it was, and what migrations do to queries.
//!
//! The migrations are applied one after another, and after each the queries in question are described again: the first
//! answer that is another names the migration before it.

use crate::describe::{self, Described};
use crate::description::Description;
use crate::diagnostic::Diagnostic;
use crate::lock::{Difference, Lock};
use crate::migrated::{Migrated, surroundings};
use crate::project::Project;
use crate::query::Query;
use crate::settings::Settings;

/// Names for each of `differences` the migration that brought it about: `old` was made before it, and `project` has it.
///
/// A difference that no migration explains, such as a lock that was edited, is left as it is.
pub(crate) fn find_causes(project: &Project, old: &Lock, settings: &Settings, differences: &mut [Difference]) {
    if differences.is_empty() {
        return;
    }
    let known = project.migrations.iter().take_while(|migration| old.knows_migration(&migration.path, &project.sources)).count();
    match &project.migrations[known..] {
        [] => {}
        [only] => differences.iter_mut().for_each(|difference| difference.cause = Some(only.path.clone())),
        _ if known == old.migrations.len() => {
            // What goes wrong on the way is no news: the check has applied all of them.
            let _ = find_step_by_step(project, known, old, settings, differences);
        }
        // Those in the middle have changed, and what was before cannot be made again.
        [first, ..] => {
            let cause = format!("{}, or a later migration", first.path);
            differences.iter_mut().for_each(|difference| difference.cause = Some(cause.clone()));
        }
    }
}

fn find_step_by_step(
    project: &Project,
    known: usize,
    old: &Lock,
    settings: &Settings,
    differences: &mut [Difference],
) -> Result<(), Box<Diagnostic>> {
    let queries: Vec<&Query> =
        project.queries.iter().filter(|query| old.description(query).is_some()).collect();
    let mut migrated = Migrated::start(project, known)?;
    for (index, migration) in project.migrations.iter().enumerate().skip(known) {
        migrated.apply_next(project, index)?;
        let now = State::of(&mut migrated, project, &queries, settings)?;
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
        settings: &Settings,
    ) -> Result<Self, Box<Diagnostic>> {
        // Mistakes in annotations are for the build to tell.
        let mut mistakes = Vec::new();
        let described = describe::describe(&mut migrated.session, queries, settings, &mut mistakes);
        let Described { answers, schema } = described.map_err(surroundings)?;
        let mut accepted: Vec<(&Query, Description)> = Vec::new();
        let mut refused = Vec::new();
        for (query, answer) in queries.iter().zip(answers) {
            match answer {
                Ok(description) => accepted.push((query, description)),
                Err(diagnostic) => refused.push((*query, diagnostic)),
            }
        }
        let lock = Lock::new(&project.sources, accepted, schema, settings, migrated.major);
        Ok(Self { lock, refused })
    }
}
