//! Asks PostgreSQL about every statement of every query, and makes one description of those of one query.
//!
//! A type is the same in all statements that have the parameter or the column, or that is an error. NULL is possible
//! where it is in any of them; at most one row, and only reading, is what all of them do.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::describe::{self, Described};
use crate::description::{Description, Embed, Field};
use crate::diagnostic::Diagnostic;
use crate::dynamic::{Dynamic, Variant};
use crate::lint::{Finding, Rule};
use crate::lock::shown;
use crate::names;
use crate::progress::Progress;
use crate::query::Query;
use crate::session::{Session, SessionError};
use crate::settings::Settings;

/// An answer to each query: what [`describe::describe`] gives, of all statements.
///
/// # Errors
/// The connection fails.
pub(crate) fn describe(
    session: &mut Session,
    queries: &[&Query],
    settings: &Settings,
    progress: &Progress,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Described, SessionError> {
    let statements: Vec<&Query> = queries.iter().flat_map(|query| query.statements()).collect();
    let before = diagnostics.len();
    let Described { answers, schema } =
        describe::describe(session, &statements, settings, progress, diagnostics)?;
    if statements.len() > queries.len() {
        drop_repeated(diagnostics, before);
    }
    let mut answers = answers.into_iter();
    let mut merged = Vec::with_capacity(queries.len());
    for query in queries {
        match &query.dynamic {
            None => merged.extend(answers.next()),
            Some(dynamic) => {
                let of_query = answers.by_ref().take(dynamic.variants.len()).collect();
                merged.push(merge(query, dynamic, of_query, diagnostics).map_err(|diagnostic| *diagnostic));
            }
        }
    }
    Ok(Described { answers: merged, schema })
}

/// Mistakes in annotations are told of each statement.
fn drop_repeated(diagnostics: &mut Vec<Diagnostic>, from: usize) {
    let mut told: Vec<Diagnostic> = Vec::new();
    for diagnostic in diagnostics.drain(from..) {
        if !told.contains(&diagnostic) {
            told.push(diagnostic);
        }
    }
    diagnostics.append(&mut told);
}

fn merge(
    query: &Query,
    dynamic: &Dynamic,
    answers: Vec<Result<Description, Diagnostic>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Description, Box<Diagnostic>> {
    let mut accepted: Vec<(&Variant, Description)> = Vec::new();
    let mut refused: Vec<(&Variant, Diagnostic)> = Vec::new();
    for (variant, answer) in dynamic.variants.iter().zip(answers) {
        match answer {
            Ok(description) => accepted.push((variant, description)),
            Err(diagnostic) => refused.push((variant, diagnostic)),
        }
    }
    // The one that leaves out least is what the others are compared with.
    let rank = |variant: &Variant| (dynamic.left_out(variant.choice).len(), dynamic.order(variant.choice));
    accepted.sort_by_key(|(variant, _)| rank(variant));
    refused.sort_by_key(|(variant, _)| rank(variant));
    let mut refused = told(dynamic, refused).into_iter();
    if let Some(first) = refused.next() {
        diagnostics.extend(refused);
        return Err(Box::new(first));
    }
    let mut differences = Vec::new();
    let merging = Merging { query, dynamic, accepted: &accepted };
    let params = merging.params(&mut differences);
    let columns = merging.columns(&mut differences);
    let embeds = merging.embeds(&mut differences);
    let mut differences = differences.into_iter();
    if let Some(first) = differences.next() {
        diagnostics.extend(differences);
        return Err(Box::new(first));
    }
    let all = || accepted.iter().map(|(_, description)| description);
    let union = |of: fn(&Description) -> &Vec<String>| {
        let mut union: Vec<String> = all().flat_map(of).cloned().collect();
        union.sort();
        union.dedup();
        union
    };
    let table = all().next().and_then(|first| first.table.clone());
    Ok(Description {
        params,
        columns,
        embeds,
        keeps_stars: all().any(|description| description.keeps_stars),
        at_most_one_row: all().all(|description| description.at_most_one_row),
        read_only: all().all(|description| description.read_only),
        unmet_keys: union(|description| &description.unmet_keys),
        table: table.filter(|_| all().map(|description| &description.table).is_sorted_by(|a, b| a == b)),
        relations: union(|description| &description.relations),
        findings: findings(query, &accepted),
        statements: accepted.len(),
    })
}

/// What the server refuses: each mistake once, told of the first statement that has it.
fn told(dynamic: &Dynamic, refused: Vec<(&Variant, Diagnostic)>) -> Vec<Diagnostic> {
    let count = format!("{} of {}", refused.len(), dynamic.variants.len());
    let is_whole_refused = refused.iter().any(|(variant, _)| variant.choice == dynamic.whole());
    let mut told: Vec<(usize, Diagnostic)> = Vec::new();
    for (variant, diagnostic) in refused {
        let left_out = dynamic.left_out(variant.choice);
        let is_told = told.iter().any(|(choice, other)| {
            // A line that is missing in a statement is missing in those that leave out more.
            let mut others = dynamic.left_out(*choice).into_iter();
            let is_more = others.len() > 0 && others.all(|filter| left_out.contains(&filter));
            let place = |diagnostic: &Diagnostic| (diagnostic.location(), diagnostic.message().to_owned());
            is_more && !is_whole_refused || place(other) == place(&diagnostic)
        });
        if !is_told {
            told.push((variant.choice, diagnostic));
        }
    }
    let with_variant = |(choice, diagnostic): (usize, Diagnostic)| {
        if is_whole_refused {
            return diagnostic;
        }
        let note = format!("in the statement {} (refused: {count})", dynamic.told(choice));
        match dynamic.left_out(choice)[..] {
            [] => diagnostic.note(note),
            _ => diagnostic.note(note).help(NEEDS_MORE),
        }
    };
    told.into_iter().map(with_variant).collect()
}

/// What to do about a statement that is none without a line.
const NEEDS_MORE: &str = "what is left has to be a statement: begin the conditions with `WHERE true` and each optional line \
                          with its `AND`, and give lines that need each other the same name";

/// A field in one of the statements, which is that of a choice.
struct Found<'d> {
    choice: usize,
    field: &'d Field,
}

/// What the statements are statements of.
struct Merging<'q> {
    query: &'q Query,
    dynamic: &'q Dynamic,
    accepted: &'q [(&'q Variant, Description)],
}

impl Merging<'_> {
    fn params(&self, differences: &mut Vec<Diagnostic>) -> Vec<Field> {
        let params = (0..self.dynamic.params.len()).filter_map(|param| {
            let found = self.accepted.iter().filter_map(|(variant, description)| {
                let index = variant.params.iter().position(|other| *other == param)?;
                Some(Found { choice: variant.choice, field: description.params.get(index)? })
            });
            let found: Vec<Found<'_>> = found.collect();
            let first = found.first()?;
            if let Some(other) = found.iter().find(|other| other.field.ty != first.field.ty) {
                let name = &first.field.name;
                let number = self.query.params.iter().position(|param| param.name.as_ref() == Some(name));
                let help = format!("cast it wherever it is used: `@{name}::{}`", first.field.ty);
                let differs = self.differs("parameter", first, other).help(help);
                let span = self.query.span_of_param(number.map_or(0, |index| index + 1));
                differences.push(differs.at(span, ""));
            }
            Some(merged(&found, first.field))
        });
        let mut params: Vec<Field> = params.collect();
        let names = names::distinct(params.iter().map(|param| param.name.clone()));
        params.iter_mut().zip(names).for_each(|(param, name)| param.name = name);
        params
    }

    fn columns(&self, differences: &mut Vec<Diagnostic>) -> Vec<Field> {
        let lists = self.accepted.iter().map(|(variant, description)| {
            let names: Vec<&str> = description.columns.iter().map(|column| column.name.as_str()).collect();
            (self.dynamic.told(variant.choice), names.join(", "))
        });
        let lists: Vec<(String, String)> = lists.collect();
        let Some((told, first)) = lists.first() else { return Vec::new() };
        if let Some((other_told, other)) = lists.iter().find(|(_, list)| list != first) {
            let message = format!("not all statements of `{}` return the same columns", self.query.name);
            differences.push(
                Diagnostic::error(message)
                    .at(self.query.name_span(), "")
                    .note(format!("{told}: {first}"))
                    .note(format!("{other_told}: {other}"))
                    .help("select the same columns in each, or make two queries of it"),
            );
            return Vec::new();
        }
        let count = self.accepted.first().map_or(0, |(_, description)| description.columns.len());
        (0..count).filter_map(|index| self.column(index, differences)).collect()
    }

    /// The rows inside of the rows: there may be none where there may be none in any statement.
    fn embeds(&self, differences: &mut Vec<Diagnostic>) -> Vec<Embed> {
        let mut all = self.accepted.iter().map(|(_, description)| &description.embeds);
        let mut embeds = all.next().cloned().unwrap_or_default();
        for others in all {
            let same = embeds.iter().map(place).eq(others.iter().map(place));
            if !same {
                let message =
                    format!("not all statements of `{}` have the same rows in their rows", self.query.name);
                let help = "write `sqlc.embed` where every statement has it";
                differences.push(Diagnostic::error(message).at(self.query.name_span(), "").help(help));
                break;
            }
            embeds.iter_mut().zip(others).for_each(|(embed, other)| embed.optional |= other.optional);
        }
        embeds
    }

    fn column(&self, index: usize, differences: &mut Vec<Diagnostic>) -> Option<Field> {
        let found = self.accepted.iter().filter_map(|(variant, description)| {
            Some(Found { choice: variant.choice, field: description.columns.get(index)? })
        });
        let found: Vec<Found<'_>> = found.collect();
        let first = found.first()?;
        if let Some(other) = found.iter().find(|other| !is_same(other.field, first.field)) {
            let help = format!("cast it wherever it is selected: `{}::{}`", first.field.name, first.field.ty);
            let differs = self.differs("column", first, other).help(help);
            differences.push(differs.at(self.query.name_span(), ""));
        }
        Some(merged(&found, first.field))
    }

    fn differs(&self, what: &str, first: &Found<'_>, other: &Found<'_>) -> Diagnostic {
        let name = &first.field.name;
        let message = format!("{what} `{name}` is not the same in all statements of `{}`", self.query.name);
        let told = |found: &Found<'_>| format!("{}: {}", self.dynamic.told(found.choice), shown(found.field));
        Diagnostic::error(message).note(told(first)).note(told(other))
    }
}

fn place(embed: &Embed) -> (&str, &str, &Range<usize>) {
    (&embed.name, &embed.table, &embed.columns)
}

fn is_same(a: &Field, b: &Field) -> bool {
    (&a.ty, &a.domain, &a.rust) == (&b.ty, &b.domain, &b.rust)
}

/// One field for those of several statements. A parameter may meet a column in one of them that it does not meet in
/// another: what is known of that column is taken from the first.
fn merged(found: &[Found<'_>], first: &Field) -> Field {
    let any = |is: fn(&Field) -> bool| found.iter().any(|found| is(found.field));
    Field {
        nullable: any(|field| field.nullable),
        null_elements: any(|field| field.null_elements),
        ..first.clone()
    }
}

/// What is found in any of the statements, at its place in the whole one. An annotation is of no use only if it is of
/// none in all of them.
fn findings(query: &Query, accepted: &[(&Variant, Description)]) -> Vec<Finding> {
    let mut counted: BTreeMap<Finding, usize> = BTreeMap::new();
    for (variant, description) in accepted {
        for finding in &description.findings {
            let at = finding.at.and_then(|at| query.position_of(variant.query.span_of(at).range.start));
            *counted.entry(Finding { at, ..finding.clone() }).or_default() += 1;
        }
    }
    let is_meant = |(finding, count): (Finding, usize)| {
        let with_it = accepted.iter().filter(|(variant, _)| {
            let overrides = &variant.query.overrides;
            overrides.iter().any(|rule| crate::lint::subject_of_override(rule) == finding.subject)
        });
        (finding.rule != Rule::UnusedOverride || count == with_it.count()).then_some(finding)
    };
    counted.into_iter().filter_map(is_meant).collect()
}
