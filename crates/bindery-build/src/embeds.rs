//! `sqlc.embed(owners)`: which table's rows stand among the columns of a query, and whether there may be none.

use std::collections::BTreeMap;

use crate::analyze::{Analysis, EmbedPlace, NoEmbed};
use crate::description::{Embed, Field, Schema, Table};
use crate::diagnostic::{Diagnostic, Span};
use crate::names;
use crate::query::Query;
use crate::relations::Relation;

const LIST: &str = "list the columns in place of the macro";

/// The rows among `columns`, the query's; what cannot be one is a diagnostic.
pub(crate) fn of_query(
    query: &Query,
    analysis: &Analysis,
    columns: &[Field],
    relations: &BTreeMap<u32, Relation>,
    schema: &Schema,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Embed> {
    if columns.is_empty() && query.embeds.is_empty() {
        return Vec::new();
    }
    if let Some((number, reason)) = analysis.mistaken_embed {
        diagnostics.push(mistaken(query, number, reason));
        return Vec::new();
    }
    let mut embeds = Vec::new();
    // A command that returns no rows has no columns either.
    for place in analysis.embeds.iter().filter(|place| place.columns.end <= columns.len()) {
        match embed(query, place, &columns[place.columns.clone()], relations, schema) {
            Ok(embed) => embeds.push(embed),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    let names = names::distinct(embeds.iter().map(|embed| embed.name.clone()));
    embeds.iter_mut().zip(names).for_each(|(embed, name)| embed.name = name);
    embeds
}

fn embed(
    query: &Query,
    place: &EmbedPlace,
    columns: &[Field],
    relations: &BTreeMap<u32, Relation>,
    schema: &Schema,
) -> Result<Embed, Box<Diagnostic>> {
    let number = place.numbers[0];
    let relation = place.origins[0].and_then(|(relation, _)| relations.get(&relation));
    let relation = relation.filter(|relation| relation.is_all(&place.origins));
    let Some(table) = relation.and_then(|relation| schema.table(&relation.qualified_name())) else {
        let error = at_macro(query, number, "embeds what is no row of a table or view");
        return Err(Box::new(error.help(LIST)));
    };
    let optional = match is_optional(place, columns, table) {
        Ok(optional) => optional,
        Err(column) => {
            let error = at_macro(query, number, "embeds a row that may not be one of its table");
            let note = format!("`{column}` of `{}` may be NULL here, or is of another type", table.name);
            return Err(Box::new(error.note(note).help(LIST)));
        }
    };
    let name = names::snake(&crate::types::rust_name(&names::singular(&table.name)));
    Ok(Embed { name, table: table.name.clone(), columns: place.columns.clone(), optional })
}

/// Whether the row may be missing; the name of a column that is not as the table has it for another reason.
fn is_optional<'f>(place: &EmbedPlace, columns: &'f [Field], table: &Table) -> Result<bool, &'f str> {
    let fits = |(column, own): &(&Field, &Field)| {
        column.ty == own.ty && (own.null_elements || !column.null_elements)
    };
    let pairs = || columns.iter().zip(&table.columns);
    if let Some((column, _)) = pairs().find(|pair| !fits(pair)) {
        return Err(&column.name);
    }
    let declared = || pairs().filter(|(_, own)| !own.nullable);
    let nullable = declared().find(|(column, _)| column.nullable);
    match (place.may_be_missing, nullable) {
        // All of its columns may be NULL anyway.
        (true, None) => Ok(declared().next().is_none()),
        // A missing row has no column at all.
        (true, Some(_)) if declared().all(|(column, _)| column.nullable) => Ok(true),
        (false, None) => Ok(false),
        (_, Some((column, _))) => Err(&column.name),
    }
}

fn mistaken(query: &Query, number: usize, reason: NoEmbed) -> Diagnostic {
    match reason {
        NoEmbed::Elsewhere => at_macro(query, number, "does not stand in the query's own select list").help(
            "a row is embedded by itself, and by the outermost SELECT, or by RETURNING unless it is a view that is \
                   written to: name its columns here",
        ),
        NoEmbed::NotInEachArm => at_macro(query, number, "has no counterpart in another SELECT of the query")
            .help("each SELECT of a UNION embeds rows of the same table at the same place"),
        NoEmbed::GroupingSets => {
            at_macro(query, number, "embeds a row of which grouping sets leave a part").help(LIST)
        }
        NoEmbed::NoTree => {
            at_macro(query, number, "needs what the server understood of the query (debug_print_rewritten)")
                .help("describe the queries on PostgreSQL itself")
        }
    }
}

/// `` `sqlc.embed(cars)` embeds what is no row ``
fn at_macro(query: &Query, number: usize, what: &str) -> Diagnostic {
    let span = query.embeds.get(number).map(|embed| Span::new(&query.file, embed.range.clone()));
    let span = span.unwrap_or_else(|| query.name_span());
    let written = query.file.text[span.range.clone()].to_owned();
    Diagnostic::error(format!("`{written}` {what}")).at(span, "")
}
