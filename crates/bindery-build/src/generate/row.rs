//! Structs of columns or attributes, and how they are read.

use crate::description::Field;
use crate::names;
use crate::settings::Derives;
use crate::types::{Refusal, Resolved, Scope};

use super::derives;
use super::embed::EmbeddedRow;
use super::text::Text;

/// A column in Rust.
pub(super) struct Column<'f> {
    field: &'f Field,
    /// Its number in the result, from 0.
    pub index: usize,
    /// The field's name.
    pub name: String,
    /// The field's type.
    pub ty: String,
    /// What it is read as, if that is not the field's type and has to be taken off.
    reader: Option<String>,
    pub holds_given: bool,
}

/// A struct of columns.
pub(super) struct RowStruct<'r> {
    pub name: &'r str,
    /// The first line of its documentation.
    pub title: &'r str,
    pub columns: &'r [Column<'r>],
    pub embeds: &'r [EmbeddedRow<'r>],
    pub said: &'r Derives,
    pub scope: Scope,
}

/// A field of a struct.
enum Member<'r> {
    Column(&'r Column<'r>),
    Embed(&'r EmbeddedRow<'r>),
}

/// The columns with the types that `resolve` finds for them.
pub(super) fn columns(
    fields: &[Field],
    scope: Scope,
    resolve: impl Fn(&Field) -> Result<Resolved, Refusal>,
) -> Vec<Column<'_>> {
    numbered(fields.iter().enumerate(), scope, resolve)
}

/// The same of columns with their numbers in the result.
pub(super) fn numbered<'f>(
    fields: impl Iterator<Item = (usize, &'f Field)>,
    scope: Scope,
    resolve: impl Fn(&Field) -> Result<Resolved, Refusal>,
) -> Vec<Column<'f>> {
    let column = |(index, field): (usize, &'f Field)| {
        let resolved = resolve(field).expect("describing refused every other type");
        let optional = |ty: String| if field.nullable { format!("Option<{ty}>") } else { ty };
        Column {
            field,
            index,
            // PostgreSQL's name for an expression that has none.
            name: match field.name.as_str() {
                "?column?" => format!("column_{}", index + 1),
                name => names::snake(name),
            },
            ty: optional(resolved.owned(scope, field.null_elements)),
            reader: resolved.is_wrapped().then(|| optional(resolved.reader(scope, field.null_elements))),
            holds_given: resolved.holds_given(),
        }
    };
    let mut columns: Vec<Column<'f>> = fields.map(column).collect();
    keep_apart(columns.iter_mut().map(|column| (column.index, &mut column.name)).collect());
    columns
}

/// Numbers fields of the same name, in the order of the result.
pub(super) fn keep_apart(mut fields: Vec<(usize, &mut String)>) {
    fields.sort_by_key(|(index, _)| *index);
    let names = names::distinct(fields.iter().map(|(_, name)| (*name).clone()));
    fields.into_iter().zip(names).for_each(|((_, field), name)| *field = name);
}

impl Column<'_> {
    /// The field has what reads it.
    pub fn keep_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.ty = reader;
        }
    }

    /// `|row| row.get(0)`
    pub fn decode_value(&self) -> String {
        match self.reader {
            None => "|row| row.get(0)".to_owned(),
            Some(_) => format!("|row| Ok({})", self.read(0)),
        }
    }

    pub fn is_nullable(&self) -> bool {
        self.field.nullable
    }

    /// `row.get(1)?`
    pub fn read(&self, index: usize) -> String {
        let Some(reader) = &self.reader else { return format!("row.get({index})?") };
        let taken = if self.field.nullable { ".map(|value| value.0)" } else { ".0" };
        format!("row.get::<{reader}>({index})?{taken}")
    }
}

impl RowStruct<'_> {
    /// The struct and how it is made of a row.
    pub fn write(&self, text: &mut Text) {
        text.item(|text| self.write_declaration(text));
        text.item(|text| self.write_from_row(text));
    }

    pub fn write_declaration(&self, text: &mut Text) {
        text.doc("", format_args!("{}", self.title));
        if self.scope == Scope::Root {
            // The modules allow it for all of theirs.
            let is_complex = self.columns.iter().any(|column| column.ty.matches('<').count() > 3);
            let complex = if is_complex { ", clippy::type_complexity" } else { "" };
            text.line(format_args!("#[allow(dead_code{complex})]\n"));
        }
        let holds_given = self.columns.iter().any(|column| column.holds_given)
            || self.embeds.iter().any(EmbeddedRow::holds_given);
        derives::write_above(&["Clone", "Debug", "PartialEq"], holds_given, self.said, text);
        text.line(format_args!("pub struct {} {{\n", self.name));
        for member in self.members() {
            match member {
                Member::Column(column) => {
                    let attributes = derives::of_field(&column.ty, self.said);
                    write_field(column.field, &attributes, self.field_name(column), &column.ty, text);
                }
                Member::Embed(row) => {
                    text.doc("    ", format_args!("{}", row.title()));
                    let name = derives::field_name(&row.name, self.said);
                    text.line(format_args!("    pub {name}: {},\n", row.ty()));
                }
            }
        }
        text.write(format_args!("}}\n"));
    }

    /// Decodes by position: the run time has compared names and types with the statement's before.
    fn write_from_row(&self, text: &mut Text) {
        text.line(format_args!("impl bindery::FromRow for {} {{\n", self.name));
        text.write(format_args!(
            "    fn from_row(row: &bindery::Row) -> Result<Self, bindery::Error> {{\n        Ok(Self {{\n"
        ));
        let members = self.members();
        if members.len() == 1 {
            // It may fit on one line.
            text.leave_to_prettyplease();
        }
        for member in members {
            match member {
                Member::Column(column) => {
                    let read = column.read(column.index);
                    text.line(format_args!("            {}: {read},\n", self.field_name(column)));
                }
                Member::Embed(row) => {
                    let name = derives::field_name(&row.name, self.said);
                    text.line(format_args!("            {name}: {},\n", row.read()));
                    text.leave_to_prettyplease();
                }
            }
        }
        text.write(format_args!("        }})\n    }}\n}}\n"));
    }

    /// The names and types of its fields.
    pub fn fields(&self) -> Vec<(String, String)> {
        let field = |member| match member {
            Member::Column(column) => (self.field_name(column).to_owned(), column.ty.clone()),
            Member::Embed(row) => (derives::field_name(&row.name, self.said).to_owned(), row.ty()),
        };
        self.members().into_iter().map(field).collect()
    }

    /// In the order of the result.
    fn members(&self) -> Vec<Member<'_>> {
        let mut members: Vec<Member<'_>> = self.columns.iter().map(Member::Column).collect();
        if !self.embeds.is_empty() {
            members.extend(self.embeds.iter().map(Member::Embed));
            members.sort_by_key(|member| match member {
                Member::Column(column) => column.index,
                Member::Embed(row) => row.first(),
            });
        }
        members
    }

    pub fn field_name<'n>(&'n self, column: &'n Column<'_>) -> &'n str {
        derives::field_name(&column.name, self.said)
    }
}

/// A field of a struct, with what it is in PostgreSQL: `` `tags` of type `text[]`, not null, elements nullable. ``
pub(super) fn write_field(field: &Field, attributes: &[String], name: &str, ty: &str, text: &mut Text) {
    let null = if field.nullable { "nullable" } else { "not null" };
    let elements = match field.null_elements {
        true => ", elements nullable",
        false if field.ty.ends_with("[]") => ", elements not null",
        false => "",
    };
    text.doc("    ", format_args!("`{}` of type `{}`, {null}{elements}.", field.name, field.ty));
    for attribute in attributes {
        text.line(format_args!("    {attribute}\n"));
    }
    text.line(format_args!("    pub {name}: {ty},\n"));
}
