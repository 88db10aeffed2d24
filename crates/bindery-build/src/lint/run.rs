//! The lint by itself: of everything, and with the sizes and plans of a given database.

use std::collections::HashMap;

use bindery_postgres::{Client, NoTls};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::pipeline::{self, Generator, has_errors};
use crate::project::Project;

use super::{MigrationFinding, in_migrations, report, report_migrations, report_scans, scans};

/// The rows of each table with its name, without the schema `public`.
const ROWS: &str = "
    SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END::text,
           GREATEST(c.reltuples, (SELECT sum(p.reltuples) FROM pg_catalog.pg_partition_tree(c.oid) t
                                  JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE t.isleaf))::float8
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm')";

impl Config {
    /// What the rules of `docs/lint.md` find in every query and in every migration, in order of file and line. The server
    /// is asked about everything; nothing is written.
    ///
    /// # Errors
    /// Something is wrong with the queries or the migrations, or a rule found something that `bindery.toml` calls an
    /// error.
    pub fn lint(&self) -> Result<Vec<Diagnostic>, Error> {
        self.lint_with(|project, diagnostics| {
            let findings = in_migrations(project.migrations(), |_| true);
            report_migrations(&findings, &project.sources.migrations, |_| true, &self.settings, diagnostics);
            Ok(())
        })
    }

    /// As [`lint`](Self::lint), with what the migrated database at `url` knows: migrations are told only of tables with more
    /// than `rows` rows, and queries that read all of such a table to find some rows are told too. Both go by the
    /// statistics that ANALYZE has left. It is only read, in transactions that are rolled back.
    ///
    /// # Errors
    /// As those of [`lint`](Self::lint), or the database cannot be reached.
    pub fn lint_database(&self, url: &str, rows: u64) -> Result<Vec<Diagnostic>, Error> {
        self.lint_with(|project, diagnostics| {
            let mut client = Client::connect(url, NoTls)?;
            let sizes = table_sizes(&mut client)?;
            let is_big = |finding: &MigrationFinding| {
                sizes.get(&finding.table).is_some_and(|size| *size > rows as f64)
            };
            let findings = in_migrations(project.migrations(), |_| true);
            report_migrations(&findings, &project.sources.migrations, is_big, &self.settings, diagnostics);
            let scans = scans(&mut client, project.statements(), rows)?;
            report_scans(&scans, &self.settings, diagnostics);
            Ok(())
        })
    }

    fn lint_with(
        &self,
        more: impl FnOnce(&Project, &mut Vec<Diagnostic>) -> Result<(), postgres::Error>,
    ) -> Result<Vec<Diagnostic>, Error> {
        let mut diagnostics = Vec::new();
        let project = Project::read(self, &mut diagnostics);
        let lock = match Generator::new(self.clone()).ask_server(&project, None, None, &mut diagnostics) {
            Ok(Some((lock, _))) if !has_errors(&diagnostics) => lock,
            Ok(_) => return Err(Error::new(diagnostics)),
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                return Err(Error::new(diagnostics));
            }
        };
        report(&pipeline::described(&project.queries, &lock), &self.settings, &mut diagnostics);
        if let Err(error) = more(&project, &mut diagnostics) {
            diagnostics.push(Diagnostic::error(error.to_string()));
        }
        if has_errors(&diagnostics) {
            return Err(Error::new(diagnostics));
        }
        Diagnostic::sort(&mut diagnostics);
        Ok(diagnostics)
    }
}

fn table_sizes(client: &mut Client) -> Result<HashMap<String, f64>, postgres::Error> {
    let rows = client.query(ROWS, &[])?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
