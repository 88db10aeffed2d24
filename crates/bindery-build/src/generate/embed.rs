//! Rows of tables inside of a query's row.

use crate::description::{Description, Embed};
use crate::query::Query;
use crate::settings::Derives;
use crate::types::{Scope, Types};

use super::row::{self, Column};
use super::{derives, table_struct};

/// A row of a table, as a field.
pub(super) struct EmbeddedRow<'i> {
    embed: &'i Embed,
    /// The field's name.
    pub name: String,
    /// `super::Owner`
    path: String,
    /// Those of the table.
    columns: Vec<Column<'i>>,
    /// What is said of the table's struct.
    said: Derives,
}

/// The row of a query: the columns that are its own, and the rows of tables between them.
pub(super) struct Shape<'i> {
    pub columns: Vec<Column<'i>>,
    pub embeds: Vec<EmbeddedRow<'i>>,
}

impl<'i> Shape<'i> {
    pub fn of(query: &Query, description: &'i Description, types: Types<'i>, scope: Scope) -> Self {
        let mut columns =
            row::numbered(description.own_columns(), scope, |column| types.column(query, column));
        let embeds = description.embeds.iter();
        let mut embeds: Vec<EmbeddedRow<'i>> =
            embeds.filter_map(|embed| EmbeddedRow::new(embed, types, scope)).collect();
        if !embeds.is_empty() {
            let own = columns.iter_mut().map(|column| (column.index, &mut column.name));
            let embedded = embeds.iter_mut().map(|row| (row.first(), &mut row.name));
            row::keep_apart(own.chain(embedded).collect());
        }
        Self { columns, embeds }
    }
}

impl<'i> EmbeddedRow<'i> {
    fn new(embed: &'i Embed, types: Types<'i>, scope: Scope) -> Option<Self> {
        // The lock has the table of each.
        let table = types.schema.table(&embed.table)?;
        let owner = table_struct(&embed.table);
        let said = types.settings.derives(None, &owner);
        let path = match scope {
            Scope::Root => owner,
            Scope::Module => format!("super::{owner}"),
        };
        let columns = row::columns(&table.columns, scope, |column| types.field(column));
        Some(Self { embed, name: embed.name.clone(), path, columns, said })
    }

    /// The number of its first column.
    pub fn first(&self) -> usize {
        self.embed.columns.start
    }

    /// `Option<super::Owner>`
    pub fn ty(&self) -> String {
        let path = &self.path;
        if self.embed.optional { format!("Option<{path}>") } else { path.clone() }
    }

    pub fn holds_given(&self) -> bool {
        self.columns.iter().any(|column| column.holds_given)
    }

    /// What the field is, for its documentation.
    pub fn title(&self) -> String {
        let null = if self.embed.optional { ", which may be missing" } else { "" };
        format!("A row of `{}`{null}.", self.embed.table)
    }

    /// The expression that reads it.
    pub fn read(&self) -> String {
        let read = |column: &Column<'_>| {
            let field = derives::field_name(&column.name, &self.said);
            format!("{field}: {},", column.read(self.first() + column.index))
        };
        let fields: String = self.columns.iter().map(read).collect();
        let row = format!("{} {{ {fields} }}", self.path);
        if !self.embed.optional {
            return row;
        }
        format!("if {} {{ None }} else {{ Some({row}) }}", self.is_missing())
    }

    /// `row.is_null(4)?`: a missing row is NULL in a column that is never NULL in the table; in all of them if there is
    /// no such.
    pub fn is_missing(&self) -> String {
        let is_null = |column: &Column<'_>| format!("row.is_null({})?", self.first() + column.index);
        match self.columns.iter().find(|column| !column.is_nullable()) {
            Some(column) => is_null(column),
            None => self.columns.iter().map(is_null).collect::<Vec<_>>().join(" && "),
        }
    }
}
