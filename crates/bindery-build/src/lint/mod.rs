//! Lint: what PostgreSQL accepts and is a mistake all the same, more often than not.
//!
//! What is found in a query is a [`Finding`] of its [`Description`](crate::description::Description), and with it in the
//! lock: it depends on no setting and no version of the server. What is made of it is decided when it is reported:
//! `-- @allow: select-star` above a query, `-- bindery: allow change-type-rewrites` in a migration, and `[lint]` in
//! bindery.toml say so. docs/lint.md has every rule.

mod cast;
mod ddl;
mod migration;
mod null;
mod overrides;
mod report;
mod rule;
mod run;
mod scan;
mod star;
mod tree;
mod whole_table;

pub(crate) use migration::{MigrationFinding, in_migrations};
pub(crate) use overrides::{subject as subject_of_override, unused as unused_overrides};
pub(crate) use report::{report, report_few, report_migrations, report_scans};
pub(crate) use rule::Rule;
pub(crate) use scan::{Scans, scans};
pub(crate) use tree::in_tree;

use crate::nearest::did_you_mean;

/// One thing that a rule found in a query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Which character of the text that was sent, from 1; none if it is about the whole query.
    pub at: Option<u32>,
    pub rule: Rule,
    /// What it is about: a table, a column.
    pub subject: String,
}

/// What is made of what a rule finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strictness {
    Off,
    #[default]
    Warn,
    Error,
}

/// The rule of this name, or what to say of a name that no rule has.
pub(crate) fn rule_named(name: &str) -> Result<Rule, String> {
    Rule::from_name(name).ok_or_else(|| {
        did_you_mean(name, Rule::ALL.iter().map(|rule| rule.name()))
            .unwrap_or_else(|| "docs/lint.md has the names of all rules".to_owned())
    })
}

#[cfg(test)]
mod tests;
