//! What is sent for `sqlc.embed(cars)` when the program runs: the columns by name, so that one which a migration adds does no
//! harm to a program that runs already.
//!
//! The answers are those for `cars.*`; the server is asked whether it gives the same for the names. Where it does not, as for
//! a name that two columns have, the star stays.

use std::borrow::Cow;

use crate::description::{Description, Embed};
use crate::lint::Rule;
use crate::query::Query;
use crate::session::{Session, SessionError};
use crate::wire::{Column, Statement};

/// The text that the program sends.
pub(crate) fn sent<'q>(query: &'q Query, description: &Description) -> Cow<'q, str> {
    match description.embeds.is_empty() || description.keeps_stars {
        true => Cow::Borrowed(&query.sql),
        false => Cow::Owned(expanded(query, description)),
    }
}

/// Finds out for which of them the stars have to stay.
pub(crate) fn check<'s>(
    session: &mut Session,
    described: impl Iterator<Item = (&'s Query, &'s Statement, &'s mut Description)>,
) -> Result<(), SessionError> {
    let embedding: Vec<_> = described.filter(|(_, _, description)| !description.embeds.is_empty()).collect();
    if embedding.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> =
        embedding.iter().map(|(query, _, description)| expanded(query, description)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let answers = session.describe(&texts, |_, _| {})?;
    for ((query, statement, description), answer) in embedding.into_iter().zip(answers) {
        description.keeps_stars = !answer.is_ok_and(|answer| is_same(&answer, statement));
        if !description.keeps_stars {
            forgive_stars(query, description);
        }
    }
    Ok(())
}

/// The lint has seen stars that are not sent.
fn forgive_stars(query: &Query, description: &mut Description) {
    let character = |byte: usize| u32::try_from(query.sql[..byte].chars().count() + 1).ok();
    let stars: Vec<Option<u32>> = query.embeds.iter().map(|embed| character(embed.sent)).collect();
    description.findings.retain(|found| found.rule != Rule::SelectStar || !stars.contains(&found.at));
}

fn is_same(answer: &Statement, statement: &Statement) -> bool {
    let parts = |column: &Column| (column.name.clone(), column.origin, column.ty, column.modifier);
    answer.params == statement.params
        && answer.columns.iter().map(parts).eq(statement.columns.iter().map(parts))
}

fn expanded(query: &Query, description: &Description) -> String {
    let mut text = String::new();
    let mut copied = 0;
    // Each SELECT of a set operation has the same rows in the same order.
    for (source, embed) in query.embeds.iter().zip(description.embeds.iter().cycle()) {
        let star = query.map.edits.iter().find(|edit| edit.sent.start == source.sent);
        let Some(star) = star.map(|edit| edit.sent.clone()) else { continue };
        let relation = query.sql[star.clone()].trim_end_matches('*').trim_end_matches('.');
        text.push_str(&query.sql[copied..star.start]);
        text.push_str(&columns(relation, embed, description).join(", "));
        copied = star.end;
    }
    text.push_str(&query.sql[copied..]);
    text
}

fn columns(relation: &str, embed: &Embed, description: &Description) -> Vec<String> {
    let columns = &description.columns[embed.columns.clone()];
    columns.iter().map(|column| format!("{relation}.{}", identifier(&column.name))).collect()
}

/// Behind a point every keyword is a name.
fn identifier(name: &str) -> Cow<'_, str> {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    match is_plain {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))),
    }
}
