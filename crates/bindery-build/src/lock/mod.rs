//! `bindery.lock`: what PostgreSQL said, in a file that is committed and reviewed.
//!
//! ```text
//! mod         what it holds, and whether it fits the sources
//! write       its text: the same lock gives the same bytes, a column is a line
//! read        from that text back, or the line that is not as it was written
//! compare     how two differ
//! ```

mod compare;
mod read;
mod write;

use std::collections::HashSet;
use std::fmt;

use crate::description::{Description, Schema};
use crate::query::{Command, Query};
use crate::settings::Settings;
use crate::source::{self, Sources};

pub(crate) use compare::{Difference, Subject, shown};

/// The form of the file. A build refuses a lock of a later one, and asks the server again for one of an earlier.
pub(crate) const VERSION: u32 = 5;

/// All that a build needs in place of a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lock {
    /// The server's major version, for information: every supported one gives the same answers.
    pub postgres: u32,
    /// In the order in which they are read.
    pub migrations: Vec<LockedMigration>,
    /// The settings that the answers depend on.
    pub settings: LockedSettings,
    /// Sorted by file and name.
    pub queries: Vec<LockedQuery>,
    pub schema: Schema,
}

/// A migration that the answers were given on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockedMigration {
    pub file: String,
    /// Hash of its text.
    pub source: String,
}

/// The settings of bindery.toml that the answers depend on. What stands for types is looked up in every build.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockedSettings {
    /// `array_elements`: whether elements may be NULL unless something else is said or proven.
    pub null_elements: bool,
    /// Hash of what `columns` says and of the names in `types`; none if they are empty.
    pub named: Option<String>,
}

impl LockedSettings {
    pub fn of(settings: &Settings) -> Self {
        let columns = settings.columns.iter().map(|(name, rust)| format!("{name} {rust:?}"));
        let named: Vec<String> = columns.chain(settings.types.keys().cloned()).collect();
        let hash = (!named.is_empty()).then(|| source::hash(named.iter().map(String::as_str)));
        Self { null_elements: settings.null_elements, named: hash }
    }
}

/// Why a lock's text is of no use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LockError {
    /// A later Bindery wrote it: its answers are not to be thrown away.
    Newer(u32),
    /// An earlier one wrote it.
    Older(u32),
    /// A line, counted from 1, is not as Bindery writes it.
    Damaged { line: usize, reason: String },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => write!(
                f,
                "it was written by a newer Bindery (lock version {version}; this one reads {VERSION}): update bindery-build"
            ),
            Self::Older(version) => {
                write!(f, "it has the form of an older Bindery (lock version {version})")
            }
            Self::Damaged { line, reason } => write!(f, "line {line}: {reason}"),
        }
    }
}

/// One query of the lock.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockedQuery {
    pub name: String,
    pub file: String,
    pub command: Command,
    /// Hash of what was described.
    pub source: String,
    pub description: Description,
}

impl Lock {
    /// The lock of what was just described.
    pub fn new(
        sources: &Sources,
        described: Vec<(&Query, Description)>,
        mut schema: Schema,
        settings: &Settings,
        postgres: u32,
    ) -> Self {
        schema.keep_used(described.iter().map(|(_, description)| description));
        let mut queries: Vec<LockedQuery> = described
            .into_iter()
            .map(|(query, description)| LockedQuery {
                name: query.name.clone(),
                file: query.file.path.clone(),
                command: query.command,
                source: query.source.clone(),
                description,
            })
            .collect();
        queries.sort_by(|a, b| a.key().cmp(&b.key()));
        let migrations = sources.migrations.iter().zip(&sources.migration_hashes);
        let migrations = migrations
            .map(|(file, hash)| LockedMigration { file: file.path.clone(), source: hash.clone() })
            .collect();
        Self { postgres, migrations, settings: LockedSettings::of(settings), queries, schema }
    }

    /// What the file says of `query`, as long as it speaks of the very same text.
    pub fn description(&self, query: &Query) -> Option<&Description> {
        let entry = self.find(&query.file.path, &query.name)?;
        let same = entry.command == query.command && entry.source == query.source;
        same.then_some(&entry.description)
    }

    pub fn find(&self, file: &str, name: &str) -> Option<&LockedQuery> {
        let found = self.queries.binary_search_by(|entry| entry.key().cmp(&(file, name)));
        found.ok().map(|index| &self.queries[index])
    }

    /// Whether what it says of a query holds as long as the query is the same.
    pub fn is_of(&self, sources: &Sources, settings: &Settings) -> bool {
        self.has_migrations(sources) && self.settings == LockedSettings::of(settings)
    }

    fn has_migrations(&self, sources: &Sources) -> bool {
        let (files, hashes) = (&sources.migrations, &sources.migration_hashes);
        let mut pairs = self.migrations.iter().zip(files.iter().zip(hashes));
        self.migrations.len() == files.len()
            && pairs.all(|(locked, (file, hash))| locked.file == file.path && locked.source == *hash)
    }

    /// Whether it was made with this very migration.
    pub fn knows_migration(&self, path: &str, sources: &Sources) -> bool {
        let mut present = sources.migrations.iter().zip(&sources.migration_hashes);
        let hash = present.find(|(file, _)| file.path == path).map(|(_, hash)| hash);
        self.migrations.iter().any(|locked| locked.file == path && Some(&locked.source) == hash)
    }

    /// Why the lock does not fit the sources and the settings; empty if it does.
    pub fn stale_reasons(
        &self,
        sources: &Sources,
        queries: &[Query],
        settings: &Settings,
    ) -> Vec<Difference> {
        let mut reasons = Vec::new();
        let settings = LockedSettings::of(settings);
        let mut setting = |what: &str| reasons.push(Difference::new(Subject::Settings, what));
        if self.settings.null_elements != settings.null_elements {
            setting("`array_elements` has changed");
        }
        if self.settings.named != settings.named {
            setting("`columns` or `types` have changed");
        }
        reasons.extend(self.migration_differences(sources));
        for query in queries {
            let state = match self.find(&query.file.path, &query.name) {
                None => "is new",
                Some(_) if self.description(query).is_none() => "has changed",
                Some(_) => continue,
            };
            reasons.push(Difference::new(Subject::query(&query.file.path, &query.name), state));
        }
        let present: HashSet<(&str, &str)> =
            queries.iter().map(|query| (query.file.path.as_str(), query.name.as_str())).collect();
        let gone = self.queries.iter().filter(|entry| !present.contains(&entry.key()));
        reasons.extend(gone.map(Difference::gone));
        reasons
    }
}

impl LockedQuery {
    /// What the lock is sorted by.
    fn key(&self) -> (&str, &str) {
        (&self.file, &self.name)
    }

    fn subject(&self) -> Subject {
        Subject::query(&self.file, &self.name)
    }
}

#[cfg(test)]
mod tests;
