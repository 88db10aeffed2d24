//! `-- @row CarSummary`: one struct at the root for the rows of several queries, and `From` where it is asked for.

use std::collections::BTreeSet;

use crate::description::{Description, Field};
use crate::diagnostic::{Diagnostic, Span};
use crate::lock;
use crate::query::{Query, SharedRow, Target};
use crate::types::{Scope, Types};

use super::embed::Shape;
use super::root::TableRow;
use super::row::RowStruct;
use super::text::Text;
use super::{Input, table_struct};

/// A struct with the queries that return it, the first of which says what it looks like.
pub(super) struct Shared<'i> {
    pub name: &'i str,
    queries: Vec<(&'i Query, &'i SharedRow, &'i Description)>,
}

/// Name and type in Rust; sorted.
type Fields = Vec<(String, String)>;

/// The shared rows, sorted by name.
pub(super) fn rows<'i>(input: &Input<'i>) -> Vec<Shared<'i>> {
    let mut rows: Vec<Shared<'i>> = Vec::new();
    for (query, description) in &input.queries {
        let Some(said) = &query.row else { continue };
        match rows.iter_mut().find(|row| row.name == said.name) {
            Some(row) => row.queries.push((query, said, description)),
            None => rows.push(Shared { name: &said.name, queries: vec![(query, said, description)] }),
        }
    }
    rows.sort_by_key(|row| row.name);
    rows
}

/// Tells queries of one row whose columns differ, and conversions that there cannot be.
pub(super) fn report(input: &Input<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let rows = rows(input);
    let before = diagnostics.len();
    rows.iter().for_each(|row| row.report_columns(diagnostics));
    if diagnostics.len() == before {
        rows.iter().for_each(|row| row.report_conversions(&rows, input.types, diagnostics));
    }
}

impl<'i> Shared<'i> {
    /// Writes the struct, and what it is turned into.
    pub fn write(&self, all: &[Self], types: Types<'_>, text: &mut Text) {
        self.with_struct(types, |row| row.write(text));
        for target in self.targets() {
            let Some(fields) = fields_of(target, all, types) else { continue };
            let fields: String = fields.iter().map(|(name, _)| format!("{name}: row.{name},")).collect();
            let name = self.name;
            text.rare_items(&[format!(
                "impl From<{name}> for {target} {{ fn from(row: {name}) -> Self {{ Self {{ {fields} }} }} }}"
            )]);
        }
    }

    fn with_struct<T>(&self, types: Types<'_>, use_it: impl FnOnce(RowStruct<'_>) -> T) -> T {
        let (query, _, description) = self.queries[0];
        let Shape { columns, embeds } = Shape::of(query, description, types, Scope::Root);
        let names: Vec<String> = self.queries.iter().map(|(query, ..)| format!("`{}`", query.name)).collect();
        let title = format!("A row of {}.", names.join(", "));
        let said = types.settings.derives(None, self.name);
        let (columns, embeds, scope) = (&columns[..], &embeds[..], Scope::Root);
        use_it(RowStruct { name: self.name, title: &title, columns, embeds, said: &said, scope })
    }

    /// What some query says that it is turned into.
    fn targets(&self) -> BTreeSet<&str> {
        self.queries.iter().filter_map(|(_, said, _)| said.into.as_deref()).collect()
    }

    fn report_columns(&self, diagnostics: &mut Vec<Diagnostic>) {
        let (first, _, first_description) = self.queries[0];
        let expected = shown(first, first_description);
        for (query, said, description) in &self.queries {
            let span = Span::new(&query.file, said.range.clone());
            let columns = shown(query, description);
            if columns.is_empty() {
                let message = format!("`{}` returns no rows, so there is no `{}`", query.name, self.name);
                diagnostics.push(Diagnostic::error(message).at(span, "").help("remove this line"));
                continue;
            }
            let length = expected.len().max(columns.len());
            let differs = |index: &usize| expected.get(*index) != columns.get(*index);
            let Some(index) = (0..length).find(differs) else { continue };
            let of = |columns: &[String]| columns.get(index).map_or("missing".to_owned(), Clone::clone);
            let message = format!(
                "the rows of `{}` are no `{}`: column {} is {}, and that of `{}` is {}",
                query.name,
                self.name,
                index + 1,
                of(&columns),
                first.name,
                of(&expected)
            );
            diagnostics.push(
                Diagnostic::error(message)
                    .at(span, "")
                    .note(format!("`{}` is at {}:{}", first.name, first.file.path, first.line()))
                    .help("select the same columns, in the same order, or give this row another name"),
            );
        }
    }

    fn report_conversions(&self, all: &[Self], types: Types<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for (query, said, _) in &self.queries {
            let Some(target) = &said.into else { continue };
            let own = self.with_struct(types, |row| sorted(&row));
            let error = match fields_of(target, all, types) {
                None => Diagnostic::error(format!("there is no row `{target}`"))
                    .help("name the struct of a table that some query returns whole, or another `@row`"),
                Some(_) if target == self.name => Diagnostic::error(format!("`{target}` is this row itself"))
                    .help("remove `into` and the name"),
                Some(fields) => {
                    let is_in = |fields: &Fields, field: &(String, String)| fields.contains(field);
                    let missing = fields.iter().find(|field| !is_in(&own, field));
                    let Some((name, ty)) =
                        missing.or_else(|| own.iter().find(|field| !is_in(&fields, field)))
                    else {
                        continue;
                    };
                    let (has, lacks) = match missing {
                        Some(_) => (target.as_str(), self.name),
                        None => (self.name, target.as_str()),
                    };
                    let message = format!(
                        "`{}` is no `{target}`: `{has}` has `{name}: {ty}`, and `{lacks}` has not",
                        self.name
                    );
                    Diagnostic::error(message).help("both need the same fields, in whichever order")
                }
            };
            diagnostics.push(error.at(Span::new(&query.file, said.range.clone()), ""));
        }
    }
}

/// Columns and embedded rows in their order, with all that their types in Rust depend on.
fn shown(query: &Query, description: &Description) -> Vec<String> {
    let of_column = |(index, column): (usize, &Field)| {
        let rust = query.rust_type(Target::Column, &column.name).or(column.rust.as_ref()).cloned();
        (index, lock::shown(&Field { rust, ..column.clone() }))
    };
    let mut all: Vec<(usize, String)> = description.own_columns().map(of_column).collect();
    all.extend(description.embeds.iter().map(|embed| {
        let missing = if embed.optional { ", which may be missing" } else { "" };
        (embed.columns.start, format!("`{}`, a row of `{}`{missing}", embed.name, embed.table))
    }));
    all.sort();
    all.into_iter().map(|(_, shown)| shown).collect()
}

/// The fields of a struct at the root, if there is one of this name.
fn fields_of(name: &str, all: &[Shared<'_>], types: Types<'_>) -> Option<Fields> {
    if let Some(row) = all.iter().find(|row| row.name == name) {
        return Some(row.with_struct(types, |row| sorted(&row)));
    }
    let table = types.schema.tables.iter().find(|table| table_struct(&table.name) == name)?;
    Some(TableRow::new(table, types).with_struct(|row| sorted(&row)))
}

fn sorted(row: &RowStruct<'_>) -> Fields {
    let mut fields = row.fields();
    fields.sort();
    fields
}
