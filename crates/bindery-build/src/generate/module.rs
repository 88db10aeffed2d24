//! The module of one query file, with the struct that owns a client.

use std::sync::Arc;

use crate::description::Description;
use crate::names;
use crate::query::Query;
use crate::source::SourceFile;
use crate::types::Types;

use super::file_stem;
use super::function::Function;
use super::text::Text;

/// A query file with its queries.
pub(super) struct Module<'i> {
    pub file: &'i Arc<SourceFile>,
    /// `cars`, as the module is named.
    pub name: String,
    /// `CarQueries`
    pub struct_name: String,
    pub queries: Vec<(&'i Query, &'i Description)>,
}

impl<'i> Module<'i> {
    pub fn new(file: &'i Arc<SourceFile>, first: (&'i Query, &'i Description)) -> Self {
        let stem = file_stem(file);
        let struct_name = format!("{}Queries", names::camel(&names::singular(stem)));
        Self { file, name: names::snake(stem), struct_name, queries: vec![first] }
    }

    /// The module's name as a file's: without the mark of a raw identifier.
    pub fn file_stem(&self) -> String {
        // `mod.rs` is the root's.
        match self.name.trim_start_matches("r#") {
            "mod" => "mod_".to_owned(),
            stem => stem.to_owned(),
        }
    }

    /// The file's text.
    pub fn render(&self, types: Types<'_>) -> String {
        let mut text = Text::new();
        let functions = self.functions(types);
        functions.iter().for_each(|function| function.write(&mut text));
        text.item(|text| self.write_query_struct(text));
        self.write_query_impl(&functions, &mut text);
        text.finish()
    }

    /// The names of the rows that have a struct of their own here.
    pub fn row_structs(&self, types: Types<'_>) -> Vec<String> {
        self.functions(types).iter().filter_map(Function::own_row).cloned().collect()
    }

    fn functions<'f>(&'f self, types: Types<'f>) -> Vec<Function<'f>> {
        let queries = self.queries.iter();
        queries.map(|(query, description)| Function::new(query, description, types)).collect()
    }

    fn write_query_struct(&self, text: &mut Text) {
        text.doc_parts("", &["The queries of `", &self.file.path, "` for standalone operations."]);
        text.doc("", "");
        text.doc("", "Each call takes a connection from the client and gives it back.");
        text.push("#[derive(Clone, Debug)]").end_line();
        text.push("pub struct ").push(&self.struct_name).push(" {").end_line();
        text.push("    client: bindery::DatabaseClient,\n}").end_line();
    }

    fn write_query_impl(&self, functions: &[Function<'_>], text: &mut Text) {
        text.end_whole_line();
        text.push("impl ").push(&self.struct_name).push(" {").end_whole_line();
        text.push("    /// Queries that take their connections from `client`.").end_whole_line();
        text.push("    pub fn new(client: bindery::DatabaseClient) -> Self {").end_line();
        text.push("        Self { client }\n    }").end_line();
        for function in functions {
            text.end_whole_line();
            text.method(&self.struct_name, |text| function.write_method(text));
        }
        text.push("}").end_whole_line();
    }
}
