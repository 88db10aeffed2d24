//! What would be run: each file with its statements.

use bindery_build::MigrationFiles;
use bindery_migrate::{Done, Report, RunError, Section, TransactionMode};
use serde_json::{Value, json};

use super::report::json_of_done;

/// As SQL, each file behind a comment that names it.
pub fn text(files: &MigrationFiles, steps: &[Done]) -> String {
    let mut text = String::new();
    for step in steps {
        let section = section(files, step);
        let how = match section.map(|section| section.transaction) {
            Some(TransactionMode::PerFile) => "in a transaction",
            Some(TransactionMode::None) => "in no transaction",
            None => "nothing in it",
        };
        text.push_str(&format!("-- {}, {}, {how}\n", step.path, step.direction));
        for sql in statements(section) {
            text.push_str(sql);
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

/// What was done, with its statements; none if there is no plan.
pub fn json(files: &MigrationFiles, outcome: &Result<Report, RunError>) -> Option<Vec<Value>> {
    let report = outcome.as_ref().ok()?;
    let steps = report.done.iter().map(|step| {
        let mut json = json_of_done(step);
        json["statements"] = json!(statements(section(files, step)).collect::<Vec<_>>());
        json
    });
    Some(steps.collect())
}

fn section<'f>(files: &'f MigrationFiles, step: &Done) -> Option<&'f Section> {
    let migration = files.migrations().iter().find(|migration| migration.path == step.path)?;
    migration.section(step.direction)
}

fn statements(section: Option<&Section>) -> impl Iterator<Item = &str> {
    section.into_iter().flat_map(|section| &section.statements).map(|statement| statement.sql.as_str())
}
