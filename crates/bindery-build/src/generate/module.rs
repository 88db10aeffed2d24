//! The module of one query file, with the struct that owns a client.

use std::sync::Arc;

use proc_macro2::TokenStream;
use quote::quote;

use crate::description::Description;
use crate::names;
use crate::query::Query;
use crate::source::SourceFile;
use crate::types::Types;

use super::function::Function;
use super::item::{self, ident, print};
use super::{doc, file_stem};

/// A query file with its queries.
pub(super) struct Module<'i> {
    pub file: &'i Arc<SourceFile>,
    pub queries: Vec<(&'i Query, &'i Description)>,
}

impl<'i> Module<'i> {
    pub fn new(file: &'i Arc<SourceFile>, first: (&'i Query, &'i Description)) -> Self {
        Self { file, queries: vec![first] }
    }

    /// `cars`, as the module is named.
    pub fn name(&self) -> String {
        names::snake(file_stem(self.file))
    }

    /// The module's name as a file's: without the mark of a raw identifier.
    pub fn file_stem(&self) -> String {
        // `mod.rs` is the root's.
        match self.name().trim_start_matches("r#") {
            "mod" => "mod_".to_owned(),
            stem => stem.to_owned(),
        }
    }

    /// `CarQueries`
    pub fn struct_name(&self) -> String {
        format!("{}Queries", names::camel(&names::singular(file_stem(self.file))))
    }

    /// The file's text.
    pub fn render(&self, types: Types<'_>) -> String {
        let functions = self.functions(types);
        let mut items: Vec<String> = functions.iter().flat_map(Function::items).collect();
        items.push(print(self.query_struct()));
        items.push(self.query_impl(&functions));
        item::file(&items)
    }

    /// The names of the rows that have a struct of their own here.
    pub fn row_structs(&self, types: Types<'_>) -> Vec<String> {
        self.functions(types).iter().filter_map(Function::own_row).collect()
    }

    fn functions<'f>(&'f self, types: Types<'f>) -> Vec<Function<'f>> {
        let queries = self.queries.iter();
        queries.map(|(query, description)| Function::new(query, description, types)).collect()
    }

    fn query_struct(&self) -> TokenStream {
        let name = ident(&self.struct_name());
        let doc = doc::comment(&[
            format!("The queries of `{}` for standalone operations.", self.file.path),
            String::new(),
            "Each call takes a connection from the client and gives it back.".to_owned(),
        ]);
        quote! {
            #doc
            #[derive(Clone, Debug)]
            pub struct #name { client: bindery::DatabaseClient }
        }
    }

    fn query_impl(&self, functions: &[Function<'_>]) -> String {
        let name = ident(&self.struct_name());
        let new = quote! {
            /// Queries that take their connections from `client`.
            pub fn new(client: bindery::DatabaseClient) -> Self { Self { client } }
        };
        let methods = std::iter::once(new).chain(functions.iter().map(Function::method));
        item::implementation(&name, methods)
    }
}
