//! What is found as diagnostics, unless it is switched off.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::description::Description;
use crate::diagnostic::{Diagnostic, Span};
use crate::query::{Allowed, Query};
use crate::settings::Settings;
use crate::source::SourceFile;

use super::{Finding, MigrationFinding, Rule, Scans, Strictness, overrides};

/// As many warnings of one rule a build tells in full.
const MOST: usize = 3;

/// Tells what was found in the queries, and what is allowed there for no reason.
pub(crate) fn report(
    described: &[(&Query, &Description)],
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let found = found(described, settings);
    diagnostics.extend(found.into_iter().map(|(_, diagnostic)| diagnostic));
}

/// The same for a build, which tells it each time: few warnings of each rule, and how many there are besides.
pub(crate) fn report_few(
    described: &[(&Query, &Description)],
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut warnings: BTreeMap<Rule, usize> = BTreeMap::new();
    for (rule, diagnostic) in found(described, settings) {
        let count = warnings.entry(rule).or_default();
        *count += usize::from(!diagnostic.is_error());
        if diagnostic.is_error() || *count <= MOST {
            diagnostics.push(diagnostic);
        }
    }
    for (rule, count) in warnings.into_iter().filter(|(_, count)| *count > MOST) {
        let message = format!("`{}` is found {} more times", rule.name(), count - MOST);
        let help = format!(
            "`cargo bindery lint` tells all; switch it off with `{} = \"off\"` under `[lint]` in bindery.toml",
            rule.name()
        );
        diagnostics.push(Diagnostic::warning(message).help(help));
    }
}

fn found(described: &[(&Query, &Description)], settings: &Settings) -> Vec<(Rule, Diagnostic)> {
    let mut found = Vec::new();
    for (query, description) in described {
        let reporter = Reporter { query, settings };
        for finding in &description.findings {
            let told = reporter.told(finding.rule, finding.rule.message(finding));
            let told = told.map(|told| told.at(reporter.span(finding), "").help(finding.rule.help()));
            found.extend(told.map(|told| (finding.rule, told)));
        }
        if can_return_several(query, description) {
            found.extend(reporter.several_rows(description).map(|told| (Rule::SeveralRows, told)));
        }
        let unused = reporter.unused_allows(description).into_iter();
        found.extend(unused.map(|told| (Rule::UnusedAllow, told)));
    }
    found
}

/// `:one` and `:opt` of a query that can return more: an error when it runs, which a unique key would rule out.
fn can_return_several(query: &Query, description: &Description) -> bool {
    query.command.wants_one_row() && !description.at_most_one_row
}

struct Reporter<'r> {
    query: &'r Query,
    settings: &'r Settings,
}

impl Reporter<'_> {
    /// Without its place and its help; none if the rule is switched off.
    fn told(&self, rule: Rule, message: String) -> Option<Diagnostic> {
        if self.allows(rule) {
            return None;
        }
        let switch = format!("switch it off with `-- @allow: {}`", rule.name());
        told(rule, self.settings.strictness(rule), message, &switch)
    }

    fn allows(&self, rule: Rule) -> bool {
        self.query.allowed.iter().any(|allowed| allowed.rule == rule)
    }

    fn span(&self, finding: &Finding) -> Span {
        if finding.rule == Rule::UnusedOverride {
            let mut overrides = self.query.overrides.iter();
            if let Some(rule) = overrides.find(|rule| overrides::subject(rule) == finding.subject) {
                return Span::new(&self.query.file, rule.range.clone());
            }
        }
        finding.at.map_or_else(|| self.query.name_span(), |at| self.query.span_of(at))
    }

    fn several_rows(&self, description: &Description) -> Option<Diagnostic> {
        let query = self.query;
        let told = self.told(Rule::SeveralRows, format!("`{}` can return more than one row", query.name))?;
        let keys = match &description.unmet_keys[..] {
            [] => String::new(),
            keys => format!("compare every column of a unique key: {}; or ", keys.join(" or ")),
        };
        let help =
            format!("{keys}add LIMIT 1, use `:many`, or write `-- @rows: at most one` if you know better");
        Some(told.at(query.name_span(), format!("declared as `:{}`", query.command.word())).help(help))
    }

    fn unused_allows(&self, description: &Description) -> Vec<Diagnostic> {
        let mut used: BTreeSet<Rule> = description.findings.iter().map(|finding| finding.rule).collect();
        if can_return_several(self.query, description) {
            used.insert(Rule::SeveralRows);
        }
        // A database says whether it finds anything, and this is about itself.
        used.extend([Rule::SequentialScan, Rule::UnusedAllow]);
        let unused = self.query.allowed.iter().filter(|allowed| !used.contains(&allowed.rule));
        let told = unused.filter_map(|allowed| {
            let subject = allowed.rule.name().to_owned();
            let finding = Finding { at: None, rule: Rule::UnusedAllow, subject };
            let told = self.told(Rule::UnusedAllow, Rule::UnusedAllow.message(&finding))?;
            let span = Span::new(&self.query.file, allowed.range.clone());
            Some(told.at(span, "").help(Rule::UnusedAllow.help()))
        });
        told.collect()
    }
}

/// What was told of which statement of a query: the others need not say it again.
#[derive(Default)]
struct Told<'q>(BTreeMap<(&'q str, &'q str, &'q str), &'q Query>);

impl<'q> Told<'q> {
    fn before(&mut self, query: &'q Query, what: &'q str) -> bool {
        let key = (query.file.path.as_str(), query.name.as_str(), what);
        !std::ptr::eq(*self.0.entry(key).or_insert(query), query)
    }
}

/// Tells which big tables queries read as a whole, and which queries could not be looked at.
pub(crate) fn report_scans(scans: &Scans<'_>, settings: &Settings, diagnostics: &mut Vec<Diagnostic>) {
    let rule = Rule::SequentialScan;
    let mut told = Told::default();
    for scan in &scans.scans {
        if told.before(scan.query, &scan.table) {
            continue;
        }
        let subject = format!("`{}` (about {:.0} rows)", scan.table, scan.rows);
        let message = rule.message(&Finding { at: None, rule, subject });
        let told = Reporter { query: scan.query, settings }.told(rule, message);
        let told =
            told.map(|told| told.at(scan.query.name_span(), "").note(format!("filter: {}", scan.filter)));
        diagnostics.extend(told.map(|told| told.help(rule.help())));
    }
    for (query, error) in &scans.unplanned {
        if told.before(query, "") {
            continue;
        }
        let reason =
            error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        let message = format!("this database does not plan `{}`: {reason}", query.name);
        diagnostics.push(Diagnostic::warning(message).at(query.name_span(), ""));
    }
}

/// Tells what was found in migrations, and what is allowed in a `looked_at` file for no reason.
///
/// A line `-- bindery: allow change-type-rewrites` in a migration switches rules off for all of it. `matters` picks what is
/// told; what is left out, as the tables are small, may be allowed all the same.
pub(crate) fn report_migrations(
    findings: &[MigrationFinding],
    looked_at: &[Arc<SourceFile>],
    matters: impl Fn(&MigrationFinding) -> bool,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for file in looked_at {
        let allowed = allowed_in(file, diagnostics);
        let allows = |rule: Rule| allowed.iter().any(|allowed| allowed.rule == rule);
        let found: Vec<&MigrationFinding> =
            findings.iter().filter(|finding| finding.path == file.path).collect();
        let mut tell = |finding: &Finding, span: Span| {
            let rule = finding.rule;
            if allows(rule) {
                return;
            }
            let switch = format!("switch it off with a line `-- bindery: allow {}`", rule.name());
            let told = told(rule, settings.strictness(rule), rule.message(finding), &switch);
            diagnostics.extend(told.map(|told| told.at(span, "").help(rule.help())));
        };
        for found in found.iter().filter(|found| matters(found)) {
            tell(&found.finding, Span::point(file, found.offset));
        }
        for allowed in &allowed {
            let is_used = found.iter().any(|found| found.finding.rule == allowed.rule);
            if !is_used && allowed.rule != Rule::UnusedAllow {
                let subject = allowed.rule.name().to_owned();
                let finding = Finding { at: None, rule: Rule::UnusedAllow, subject };
                tell(&finding, Span::new(file, allowed.range.clone()));
            }
        }
    }
}

/// The rules that a migration's comments switch off.
fn allowed_in(file: &Arc<SourceFile>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Allowed> {
    let mut all = Vec::new();
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let comment = line.trim().strip_prefix("--").map(str::trim_start);
        let names = comment.and_then(|text| text.strip_prefix("bindery:")).map(str::trim_start);
        if let Some(names) = names.and_then(|text| text.strip_prefix("allow ")) {
            for name in names.split(',').map(str::trim) {
                let from = start + (name.as_ptr() as usize - line.as_ptr() as usize);
                let range = from..from + name.len();
                match super::rule_named(name) {
                    Ok(rule) => all.push(Allowed { rule, range }),
                    Err(help) => {
                        let diagnostic = Diagnostic::error(format!("there is no rule `{name}`"));
                        diagnostics.push(diagnostic.at(Span::new(file, range), "").help(help));
                    }
                }
            }
        }
        start += line.len();
    }
    all
}

/// Without its place and its help.
fn told(rule: Rule, strictness: Strictness, message: String, switch: &str) -> Option<Diagnostic> {
    let diagnostic = match strictness {
        Strictness::Off => return None,
        Strictness::Warn => Diagnostic::warning(message),
        Strictness::Error => Diagnostic::error(message),
    };
    Some(diagnostic.note(rule.reason()).note(format!("rule `{}`; {switch}", rule.name())))
}
