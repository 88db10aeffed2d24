//! Structs of columns or attributes, and how they are read.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use crate::description::Field;
use crate::names;
use crate::settings::Derives;
use crate::types::{Refusal, Resolved, Scope};

use super::item::{ident, rust_type};
use super::{derives, doc};

/// A column in Rust.
pub(super) struct Column {
    /// The field's name.
    pub name: String,
    /// The field's type.
    pub ty: String,
    /// What it is read as, if that is not the field's type and has to be taken off.
    reader: Option<String>,
    nullable: bool,
    holds_given: bool,
    doc: String,
}

/// The columns with the types that `resolve` finds for them.
pub(super) fn columns(
    fields: &[Field],
    scope: Scope,
    resolve: impl Fn(&Field) -> Result<Resolved, Refusal>,
) -> Vec<Column> {
    let names = names::distinct(fields.iter().enumerate().map(|(index, field)| {
        // PostgreSQL's name for an expression that has none.
        if field.name == "?column?" { format!("column_{}", index + 1) } else { names::snake(&field.name) }
    }));
    let column = |(name, field): (String, &Field)| {
        let resolved = resolve(field).expect("describing refused every other type");
        let optional = |ty: String| if field.nullable { format!("Option<{ty}>") } else { ty };
        Column {
            name,
            ty: optional(resolved.owned(scope, field.null_elements)),
            reader: resolved.is_wrapped().then(|| optional(resolved.reader(scope, field.null_elements))),
            nullable: field.nullable,
            holds_given: resolved.holds_given(),
            doc: sql_type(field),
        }
    };
    names.into_iter().zip(fields).map(column).collect()
}

impl Column {
    /// The field has what reads it.
    pub fn keep_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.ty = reader;
        }
    }

    /// `|row| row.get(0)`
    pub fn decode_value(&self) -> TokenStream {
        match self.reader {
            None => quote!(|row| row.get(0)),
            Some(_) => {
                let value = self.read(0);
                quote!(|row| Ok(#value))
            }
        }
    }

    /// `row.get(1)?`
    fn read(&self, index: usize) -> TokenStream {
        let index = Literal::usize_unsuffixed(index);
        let Some(reader) = &self.reader else { return quote!(row.get(#index)?) };
        let reader = rust_type(reader);
        match self.nullable {
            true => quote!(row.get::<#reader>(#index)?.map(|value| value.0)),
            false => quote!(row.get::<#reader>(#index)?.0),
        }
    }
}

/// The struct and how it is made of a row.
pub(super) fn items(
    name: &str,
    title: &str,
    columns: &[Column],
    said: &Derives,
    scope: Scope,
) -> [TokenStream; 2] {
    [declaration(name, title, columns, said, scope), from_row(name, columns, said)]
}

pub(super) fn declaration(
    name: &str,
    title: &str,
    columns: &[Column],
    said: &Derives,
    scope: Scope,
) -> TokenStream {
    let title = doc::comment(&[title.to_owned()]);
    // The modules allow it for all of theirs.
    let is_complex = columns.iter().any(|column| column.ty.matches('<').count() > 3);
    let complex = is_complex.then(|| quote!(, clippy::type_complexity));
    let allow = (scope == Scope::Root).then(|| quote!(#[allow(dead_code #complex)]));
    let holds_given = columns.iter().any(|column| column.holds_given);
    let derive = derives::above(&["Clone", "Debug", "PartialEq"], holds_given, said);
    let fields = field_idents(columns, said).into_iter().zip(columns).map(|(name, column)| {
        let (ty, doc) = (rust_type(&column.ty), doc::comment(std::slice::from_ref(&column.doc)));
        let attributes = derives::of_field(&column.ty, said);
        quote!(#doc #attributes pub #name: #ty)
    });
    let name = ident(name);
    quote! {
        #title
        #allow
        #derive
        pub struct #name { #(#fields),* }
    }
}

/// Decodes by position: the run time has compared names and types with the statement's before.
fn from_row(name: &str, columns: &[Column], said: &Derives) -> TokenStream {
    let name = ident(name);
    let fields = field_idents(columns, said).into_iter().zip(columns).enumerate();
    let fields = fields.map(|(index, (field, column))| {
        let value = column.read(index);
        quote!(#field: #value)
    });
    quote! {
        impl bindery::FromRow for #name {
            fn from_row(row: &bindery::Row) -> Result<Self, bindery::Error> {
                Ok(Self { #(#fields),* })
            }
        }
    }
}

pub(super) fn field_idents(columns: &[Column], said: &Derives) -> Vec<Ident> {
    columns.iter().map(|column| ident(&derives::field_name(column.name.clone(), said))).collect()
}

/// `` `tags` of type `text[]`, not null, elements nullable. ``
pub(super) fn sql_type(field: &Field) -> String {
    let null = if field.nullable { "nullable" } else { "not null" };
    let elements = match field.null_elements {
        true => ", elements nullable",
        false if field.ty.ends_with("[]") => ", elements not null",
        false => "",
    };
    format!("`{}` of type `{}`, {null}{elements}.", field.name, field.ty)
}
