//! The migrations for a database that is not a temporary one: what `cargo bindery migrate` works with.

use std::iter;
use std::path::PathBuf;

use bindery_migrate::{ApplyError, Format, Migration, Migrator, Strictness};
use postgres::Client;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::given;
use crate::migrations::{self, Ordered};
use crate::project::Project;
use crate::settings::MigrateSettings;
use crate::source::{self, Purpose, Sources};

/// The migrations of a package, read.
#[derive(Debug)]
pub struct MigrationFiles {
    migrations: Vec<Migration>,
    format: Format,
    sources: Sources,
    settings: MigrateSettings,
}

impl Config {
    /// Reads the migrations; queries that stand in their files are left out.
    ///
    /// # Errors
    /// A file cannot be read or is malformed, or the files have no order: all of it.
    pub fn read_migrations(&self, strictness: Strictness) -> Result<MigrationFiles, Error> {
        let mut config = self.clone();
        config.settings.migrate.strictness = strictness;
        // Only for what may stand in a migration's file.
        config.queries.retain(|path| self.root.join(path).exists());
        let mut diagnostics = Vec::new();
        let project = Project::read(&config, &mut diagnostics);
        let Project { sources, migrations, .. } = project;
        match migrations {
            Some(Ordered { migrations, format }) => {
                Ok(MigrationFiles { migrations, format, sources, settings: config.settings.migrate })
            }
            None => {
                // A query is asked for by nobody here.
                diagnostics.retain(|diagnostic| {
                    diagnostic.is_error()
                        && (!diagnostic.is_in(&sources.queries) || diagnostic.is_in(&sources.migrations))
                });
                Err(Error::new(diagnostics))
            }
        }
    }

    /// The tool whose files a new migration is to be one of: the one that is set, that of the files, else goose.
    ///
    /// # Errors
    /// It is not set, and the files that are there cannot be read.
    pub fn migration_format(&self) -> Result<Format, Error> {
        match self.settings.migrate.format {
            Some(format) => Ok(format),
            None if self.migration_paths()?.is_empty() => Ok(Format::Goose),
            None => Ok(self.read_migrations(Strictness::Strict)?.format()),
        }
    }

    /// The files of migrations, sorted by name in each folder; what is in them is not read.
    ///
    /// # Errors
    /// A folder cannot be read, other than for not being there.
    pub fn migration_paths(&self) -> Result<Vec<PathBuf>, Error> {
        let (mut paths, mut diagnostics) = (Vec::new(), Vec::new());
        for path in self.migration_folders() {
            match path.exists().then(|| source::list(&path, Purpose::Migrations)) {
                Some(Ok(found)) => paths.extend(found),
                Some(Err(error)) => {
                    diagnostics.push(Diagnostic::error(format!("cannot read `{}`: {error}", path.display())));
                }
                None => {}
            }
        }
        if diagnostics.is_empty() { Ok(paths) } else { Err(Error::new(diagnostics)) }
    }

    /// The folders and single files that [`migrations`](Self::migrations) names, whether they are there or not.
    pub fn migration_folders(&self) -> Vec<PathBuf> {
        self.migrations.iter().map(|path| self.root.join(path)).collect()
    }

    /// The table that notes which migrations a database has. The default is `goose_db_version`; in `bindery.toml`:
    /// `table = "app.versions"` under `[migrate]`.
    pub fn migration_table(&self) -> &str {
        self.settings.migrate.table()
    }

    /// Connects to the database at `url`, in any form that libpq takes, without TLS for now.
    ///
    /// # Errors
    /// The URL cannot be read or asks for TLS, or the server cannot be reached or refuses.
    pub fn connect(&self, url: &str) -> Result<Client, Error> {
        given::connect(url).map_err(|diagnostic| Error::new(vec![*diagnostic]))
    }
}

impl MigrationFiles {
    /// In the order in which they are applied.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The tool whose files they are.
    pub fn format(&self) -> Format {
        self.format
    }

    /// A runner of them, with the settings of `[migrate]` in `bindery.toml`.
    pub fn migrator(&self) -> Migrator {
        let MigrateSettings { out_of_order, lock_timeout, statement_timeout, .. } = &self.settings;
        let mut migrator = Migrator::new(self.migrations.clone());
        migrator.table(self.table()).out_of_order(*out_of_order);
        if let Some(time) = lock_timeout {
            migrator.lock_timeout(*time);
        }
        if let Some(time) = statement_timeout {
            migrator.statement_timeout(*time);
        }
        migrator
    }

    /// As [`Config::migration_table`].
    pub fn table(&self) -> &str {
        self.settings.table()
    }

    /// The failure of one of them at its place in the file, with what is left of it and `notes` on the others.
    pub fn failure(&self, error: &ApplyError, notes: impl IntoIterator<Item = String>) -> Error {
        let has_file = |migration: &&Migration| {
            let mut sections = iter::once(&migration.up).chain(&migration.down);
            sections.any(|section| section.path == error.path())
        };
        let diagnostic = match self.migrations.iter().find(has_file) {
            Some(migration) => migrations::failed_as_told(&self.sources, migration, error),
            None => Diagnostic::error(error.to_string()),
        };
        let notes = iter::once(error.remains()).chain(notes);
        Error::new(vec![notes.into_iter().fold(diagnostic, Diagnostic::note)])
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn queries_in_a_migrations_file_are_left_out_and_their_mistakes_too() {
        let root = std::env::temp_dir().join(format!("bindery-migration-files-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("schema.sql"), "CREATE TABLE cars ();\n-- name: A :one\nSELECT 1;\n").unwrap();
        fs::write(root.join("b.sql"), "-- name: B :nonsense\nSELECT 1;\n").unwrap();
        let mut config = Config::new(&root);
        config.migrations(["schema.sql"]).queries(["schema.sql", "b.sql", "none.sql"]);
        let files = config.read_migrations(Strictness::Strict).unwrap();
        assert_eq!(files.migrations()[0].up.statements[0].sql.trim(), "CREATE TABLE cars ();");
        config.migrations(["none"]);
        let error = config.read_migrations(Strictness::Strict).unwrap_err();
        assert_eq!(error.diagnostics().len(), 1, "{error}");
        assert_eq!(config.migration_paths().unwrap(), [""; 0].map(Path::new));
        fs::remove_dir_all(root).unwrap();
    }
}
