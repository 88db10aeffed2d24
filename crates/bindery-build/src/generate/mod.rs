//! Writes the Rust code: plain data in, the text of each file out. Nothing here touches the disk or a server.
//!
//! ```text
//! mod.rs        enums, table structs, shared rows, `pub mod cars`, `pub use cars::CarQueries`, `QUERIES`, `MIGRATIONS`
//! cars.rs       queries/cars.sql: its statements, rows, parameters, functions and `CarQueries`
//! ```

mod derives;
mod doc;
mod domain;
mod embed;
mod function;
mod migrations;
mod module;
mod queries;
mod root;
mod row;
mod shared;
mod text;

use std::collections::BTreeMap;
use std::iter;

use crate::description::{Description, UserTypeKind};
use crate::diagnostic::Diagnostic;
use crate::query::Query;
use crate::types::{self, Types};
use crate::{cores, names, source::SourceFile};

pub(crate) use migrations::{Carried, MigrationText};
use module::Module;

/// The texts to write, by file name.
pub(crate) type Files = BTreeMap<String, String>;

/// What generation may look at.
pub(crate) struct Input<'i> {
    /// Every query with its description, file by file in the order of the files.
    pub queries: Vec<(&'i Query, &'i Description)>,
    pub types: Types<'i>,
    /// The versions of the migrations; empty if they have none.
    pub migrations: Vec<i64>,
    pub carried: Carried<'i>,
    /// How the root finds the modules.
    pub layout: Layout,
}

/// Where the files will be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `OUT_DIR`: the root is itself included, so it includes the modules by their full path.
    OutDir,
    /// A folder of the package's source: the root declares the modules.
    SourceDir,
}

/// Generates the code.
///
/// Names that collide in Rust though they do not in SQL are diagnostics.
pub(crate) fn generate(input: &Input<'_>, diagnostics: &mut Vec<Diagnostic>) -> Files {
    let modules = modules(input);
    report_collisions(input, &modules, diagnostics);
    shared::report(input, diagnostics);
    report_unknown_names(input, &modules, diagnostics);
    // The root is the longest.
    let texts: Vec<Option<&Module<'_>>> = iter::once(None).chain(modules.iter().map(Some)).collect();
    let named = cores::map(&texts, |module| match module {
        None => ("mod.rs".to_owned(), root::render(input, &modules)),
        Some(module) => (format!("{}.rs", module.file_stem()), module.render(input.types)),
    });
    named.into_iter().collect()
}

/// The queries, one module a file.
fn modules<'i>(input: &Input<'i>) -> Vec<Module<'i>> {
    let mut modules: Vec<Module<'i>> = Vec::new();
    for (query, description) in &input.queries {
        match modules.last_mut().filter(|module| module.file.path == query.file.path) {
            Some(module) => module.queries.push((query, description)),
            None => modules.push(Module::new(&query.file, (query, description))),
        }
    }
    modules
}

/// Names at the root: modules, query structs, enums, table structs.
fn report_collisions(input: &Input<'_>, modules: &[Module<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    let mut claim = |name: String, owner: String, diagnostics: &mut Vec<Diagnostic>| {
        if let Some(other) = taken.insert(name.clone(), owner.clone()) {
            let message = format!("{other} and {owner} would both be `{name}` in Rust");
            diagnostics.push(Diagnostic::error(message).help("rename one of them"));
        }
    };
    for module in modules {
        let owner = format!("`{}`", module.file.path);
        claim(module.name.clone(), owner.clone(), diagnostics);
        if input.types.settings.query_traits {
            claim(module.trait_name.clone(), owner.clone(), diagnostics);
        }
        claim(module.struct_name.clone(), owner, diagnostics);
    }
    for (name, user_type) in root::generated_types(input) {
        claim(name, format!("the type `{}`", user_type.name), diagnostics);
    }
    for table in &input.types.schema.tables {
        let owner = format!("the table `{}`", table.name);
        claim(table_struct(&table.name), owner, diagnostics);
    }
    for row in shared::rows(input) {
        claim(row.name.to_owned(), format!("the row `{}`", row.name), diagnostics);
    }
}

/// Types and files of which bindery.toml says something, and which are not there.
fn report_unknown_names(input: &Input<'_>, modules: &[Module<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let settings = input.types.settings;
    for file in settings.rust_files.keys() {
        if !modules.iter().any(|module| module.file.path == *file) {
            let message = format!("bindery.toml: `rust.files.{file:?}`: there is no such file of queries");
            diagnostics
                .push(Diagnostic::error(message).help("write its path from the package: `queries/cars.sql`"));
        }
    }
    if !settings.rust_types.is_empty() {
        report_unknown_types(input, modules, diagnostics);
    }
    for (name, said) in &settings.types {
        let kind = input.types.schema.user_type(name).map(|user_type| &user_type.kind);
        let (key, kinds) = match kind {
            Some(kind) if said.newtype && !matches!(kind, UserTypeKind::Domain { .. }) => {
                ("newtype", "domains")
            }
            Some(kind) if said.unknown_labels && !matches!(kind, UserTypeKind::Enum(_)) => {
                ("unknown_labels", "enums")
            }
            _ => continue,
        };
        let message = format!("bindery.toml: `types.{name:?}`: `{key}` is for {kinds}");
        diagnostics.push(Diagnostic::error(message));
    }
}

fn report_unknown_types(input: &Input<'_>, modules: &[Module<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let at_root = root::generated_types(input).map(|(name, _)| name);
    let tables = input.types.schema.tables.iter().map(|table| table_struct(&table.name));
    let rows = modules.iter().flat_map(|module| module.row_structs(input.types));
    let shared = shared::rows(input).into_iter().map(|row| row.name.to_owned());
    let known: Vec<String> = at_root.chain(tables).chain(shared).chain(rows).collect();
    for name in input.types.settings.rust_types.keys().filter(|name| !known.contains(name)) {
        let message = format!("bindery.toml: `rust.types.{name}`: no type of this name is generated");
        diagnostics.push(Diagnostic::error(message).help(format!("write one of {}", known.join(", "))));
    }
}

/// `Car` for `public.cars`.
fn table_struct(qualified: &str) -> String {
    types::rust_name(&names::singular(qualified))
}

/// `cars` for `queries/cars.sql`.
fn file_stem(file: &SourceFile) -> &str {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    name.strip_suffix(".sql").unwrap_or(name)
}

#[cfg(test)]
mod tests;
