//! What the user wrote, understood as far as it can be without a server.

use std::collections::BTreeSet;

use bindery_migrate::{Format, Migration};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::migrations::{self, Ordered, QueryBlocks};
use crate::nearest;
use crate::parse;
use crate::query::Query;
use crate::settings::MigrateSettings;
use crate::source::{self, Sources};

/// Sources, queries and migrations of a package.
#[derive(Debug)]
pub(crate) struct Project {
    pub sources: Sources,
    pub queries: Vec<Query>,
    /// Where queries stand in migrations.
    pub blocks: QueryBlocks,
    /// None if they cannot be applied, which is reported.
    pub migrations: Option<Ordered>,
}

impl Project {
    /// Reads and parses every file; what cannot be is a diagnostic, and the rest is still there.
    pub fn read(config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Self {
        Self::parse(source::read(config, diagnostics), &config.settings.migrate, diagnostics)
    }

    pub fn parse(
        mut sources: Sources,
        settings: &MigrateSettings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut queries = Vec::new();
        let mut blocks = QueryBlocks::new();
        for (file, parsed) in sources.queries.iter().zip(parse::parse_all(&sources, diagnostics)) {
            queries.extend(parsed.queries);
            if sources.is_migration(file) {
                blocks.insert(file.path.clone(), parsed.blocks);
            }
        }
        let migrations = migrations::parse(&sources, &blocks, settings, diagnostics);
        if let Some(Ordered { migrations, .. }) = &migrations {
            sources.put_aside(|path| migrations.iter().any(|migration| migration.path == path));
        }
        Self { sources, queries, blocks, migrations }
    }

    /// The queries with these names, or all where there is no name; a name that is none is a diagnostic.
    pub fn named(&self, names: &[String], diagnostics: &mut Vec<Diagnostic>) -> Vec<&Query> {
        for name in names {
            if !self.queries.iter().any(|query| is_named(query, name)) {
                let known = self.queries.iter().map(|query| query.name.as_str());
                diagnostics.push(no_such("query", name, known));
            }
        }
        let is_chosen = |query: &&Query| names.is_empty() || names.iter().any(|name| is_named(query, name));
        self.queries.iter().filter(is_chosen).collect()
    }

    /// What is prepared: all statements of all queries.
    pub fn statements(&self) -> Vec<&Query> {
        self.queries.iter().flat_map(Query::statements).collect()
    }

    /// The migrations that can be applied.
    pub fn migrations(&self) -> &[Migration] {
        self.migrations.as_ref().map_or(&[], |ordered| &ordered.migrations)
    }

    /// The tool whose files the migrations are.
    pub fn format(&self) -> Format {
        self.migrations.as_ref().map_or(Format::Goose, |ordered| ordered.format)
    }

    /// The environment variables that they are completed with.
    pub fn variables(&self) -> Vec<String> {
        let variables = self.migrations().iter().flat_map(|migration| migration.variables.iter().cloned());
        variables.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A key for the state of a database after each number of migrations, none of them first: whatever a database
    /// depends on is in it, and nothing else.
    pub fn states(&self) -> Vec<String> {
        let mut states = vec![source::hash([])];
        for migration in self.migrations() {
            let before = states.last().expect("there is one to begin with");
            let statements = migration.up.statements.iter().map(|statement| statement.sql.as_str());
            let transaction = format!("{:?}", migration.up.transaction);
            states.push(source::hash([before, transaction.as_str()].into_iter().chain(statements)));
        }
        states
    }
}

/// `FindCar`, `queries/cars.sql/FindCar` or `cars/FindCar`.
fn is_named(query: &Query, name: &str) -> bool {
    let Some((file, name)) = name.rsplit_once('/') else { return query.name == name };
    let path = query.file.path.as_str();
    let ends = |path: &str| path == file || path.strip_suffix(file).is_some_and(|rest| rest.ends_with('/'));
    query.name == name && (ends(path) || path.strip_suffix(".sql").is_some_and(ends))
}

/// What is told of a name that the user gave and that nothing has.
pub(crate) fn no_such<'n>(kind: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("there is no {kind} `{name}`"));
    // The file in front of a query's name is the user's own way to say which.
    let near = nearest::did_you_mean(name.rsplit('/').next().unwrap_or(name), known);
    near.into_iter().fold(diagnostic, Diagnostic::help)
}
