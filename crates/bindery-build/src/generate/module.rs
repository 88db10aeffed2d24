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
    /// `Cars`, what `CarQueries` implements if that is asked for.
    pub trait_name: String,
    pub queries: Vec<(&'i Query, &'i Description)>,
}

impl<'i> Module<'i> {
    pub fn new(file: &'i Arc<SourceFile>, first: (&'i Query, &'i Description)) -> Self {
        let stem = file_stem(file);
        let struct_name = format!("{}Queries", names::camel(&names::singular(stem)));
        let trait_name = names::camel(stem);
        Self { file, name: names::snake(stem), struct_name, trait_name, queries: vec![first] }
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
        let mut text = Text::file();
        let functions = self.functions(types);
        functions.iter().for_each(|function| function.write(&mut text));
        text.item(|text| self.write_query_struct(text));
        self.write_query_impl(&functions, &mut text);
        if types.settings.query_traits {
            text.item(|text| self.write_trait(&functions, text));
            text.item(|text| self.write_trait_impl(&functions, text));
        }
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
        text.doc("", format_args!("The queries of `{}` for standalone operations.", self.file.path));
        text.write(format_args!(
            "///\n/// Each call takes a connection from the client and gives it back.\n#[derive(Clone, Debug)]\n"
        ));
        text.line(format_args!("pub struct {} {{\n", self.struct_name));
        text.write(format_args!("    client: bindery::DatabaseClient,\n}}\n"));
    }

    fn write_query_impl(&self, functions: &[Function<'_>], text: &mut Text) {
        text.write(format_args!("\nimpl {} {{\n", self.struct_name));
        text.write(format_args!(
            "    /// Queries that take their connections from `client`.
    pub fn new(client: bindery::DatabaseClient) -> Self {{
        Self {{ client }}
    }}
"
        ));
        for function in functions {
            function.write_methods(&self.struct_name, text);
        }
        text.write(format_args!("}}\n"));
    }
    /// The methods of the query struct, so that a test can put something else in its place.
    fn write_trait(&self, functions: &[Function<'_>], text: &mut Text) {
        text.doc("", format_args!("What [`{}`] does; a test may have another type do it.", self.struct_name));
        text.write(format_args!("pub trait {}: Send + Sync {{\n", self.trait_name));
        functions.iter().for_each(|function| function.write_trait_methods(text));
        text.write(format_args!("}}\n"));
        text.leave_to_prettyplease();
    }

    fn write_trait_impl(&self, functions: &[Function<'_>], text: &mut Text) {
        text.write(format_args!("impl {} for {} {{\n", self.trait_name, self.struct_name));
        functions.iter().for_each(|function| function.write_delegations(&self.struct_name, text));
        text.write(format_args!("}}\n"));
        text.leave_to_prettyplease();
    }
}
