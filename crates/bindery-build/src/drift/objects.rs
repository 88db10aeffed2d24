//! How the objects of a database differ from those that the migrations make.

use super::facts::{Class, Compared, Fact, Facts, Key};
use super::queries::Uses;
use super::report::{Drift, DriftChange, DriftKind, DriftSeverity, NOTHING};

/// Every difference, with the queries that touch the object; what is told of an object is not told of its parts.
pub(crate) fn compare(expected: &Facts, live: &Facts, is_same_major: bool, uses: &Uses) -> Vec<Drift> {
    let mut drifts = Vec::new();
    for (key, fact) in &expected.0 {
        match live.0.get(key) {
            Some(found) => properties(key, fact, found, is_same_major, uses, &mut drifts),
            None if is_told(key, expected, live) => {}
            None => drifts.push(missing(key, fact, uses)),
        }
    }
    for (key, fact) in &live.0 {
        if !expected.0.contains_key(key) && !is_told(key, live, expected) {
            drifts.push(extra(key, fact, uses));
        }
    }
    drifts
}

/// Whether what `other` lacks is a part of something that it lacks too, or has as something else.
fn is_told(key: &Key, facts: &Facts, other: &Facts) -> bool {
    let schema = key.object.split_once('.').map(|(schema, _)| Key {
        class: Class::Schema,
        object: schema.to_owned(),
        part: None,
    });
    let is_without_schema =
        schema.is_some_and(|schema| facts.0.contains_key(&schema) && !other.0.contains_key(&schema));
    let kind = |facts: &Facts| facts.object(key).and_then(|fact| Some(fact.value("kind")?.to_owned()));
    is_without_schema || key.part.is_some() && (other.object(key).is_none() || kind(facts) != kind(other))
}

fn properties(
    key: &Key,
    expected: &Fact,
    live: &Fact,
    is_same_major: bool,
    uses: &Uses,
    drifts: &mut Vec<Drift>,
) {
    let pairs = expected.values.iter().zip(&live.values);
    for (property, (was, is)) in expected.properties.iter().zip(pairs) {
        let severity = match property.compared {
            Compared::SameMajor if !is_same_major => continue,
            Compared::OtherMajor if is_same_major => continue,
            Compared::Never => continue,
            Compared::Mildly => DriftSeverity::Note,
            Compared::Always | Compared::SameMajor | Compared::OtherMajor => DriftSeverity::Error,
        };
        if was == is {
            continue;
        }
        let shown = |value: &Option<String>| value.as_deref().unwrap_or(NOTHING).to_owned();
        let change = DriftChange::Differs { what: property.name.to_owned(), was: shown(was), is: shown(is) };
        let mut drift = about(key, expected, severity, change, uses);
        // Whoever inserts a row depends on the other properties of columns that are not named, too.
        if property.name == "type" {
            drift.queries = uses.of_column(key, expected);
        }
        drifts.push(drift);
        if property.name == "kind" {
            // The rest follows from it.
            return;
        }
    }
}

fn missing(key: &Key, fact: &Fact, uses: &Uses) -> Drift {
    let mut drift = about(key, fact, DriftSeverity::Error, DriftChange::Missing, uses);
    drift.queries = uses.of_column(key, fact);
    if is_partition(fact) && drift.queries.is_empty() {
        // Jobs that drop old ones are as common as those that make new ones.
        drift.severity = DriftSeverity::Warning;
    }
    drift
}

fn extra(key: &Key, fact: &Fact, uses: &Uses) -> Drift {
    let is_mild = is_partition(fact) || fact.kind == DriftKind::Extension;
    let severity = if is_mild { DriftSeverity::Note } else { DriftSeverity::Warning };
    let drift = about(key, fact, severity, DriftChange::Extra, uses);
    if !has_to_be_given(key, fact) {
        return drift;
    }
    let text =
        "is not in the migrations, NOT NULL and without a default: an INSERT that does not name it fails";
    Drift { severity: DriftSeverity::Error, change: DriftChange::Told(text.to_owned()), ..drift }
}

fn is_partition(fact: &Fact) -> bool {
    fact.value("parent").is_some_and(|parent| parent.starts_with("partition of "))
}

/// Whether it is a column of a table without which there is no row.
fn has_to_be_given(key: &Key, fact: &Fact) -> bool {
    let is_column = key.part.as_ref().is_some_and(|part| part.kind == "column");
    let comes_by_itself = ["default", "identity", "generation"].iter().any(|name| fact.value(name).is_some());
    is_column
        && fact.kind == DriftKind::Table
        && fact.value("nullability").is_some_and(|nulls| nulls != "nullable")
        && !comes_by_itself
}

fn about(key: &Key, fact: &Fact, severity: DriftSeverity, change: DriftChange, uses: &Uses) -> Drift {
    let mut drift = Drift::new(severity, fact.kind, &key.object, change);
    drift.part = key.part.as_ref().map(|part| format!("{} `{}`", part.kind, part.name));
    drift.queries = uses.of(key, fact);
    drift
}
