//! Writes the Rust code: plain data in, the text of each file out. Nothing here touches the disk or a server.
//!
//! ```text
//! mod.rs        enums, table structs, `pub mod cars`, `pub use cars::CarQueries`
//! cars.rs       queries/cars.sql: its statements, rows, parameters, functions and `CarQueries`
//! ```

mod doc;
mod function;
mod item;
mod module;
mod root;

use std::collections::BTreeMap;

use crate::description::{Description, Schema};
use crate::diagnostic::Diagnostic;
use crate::query::Query;
use crate::types::{self, Scope};
use crate::{names, source::SourceFile};

use module::Module;

/// The texts to write, by file name.
pub(crate) type Files = BTreeMap<String, String>;

/// What generation may look at.
pub(crate) struct Input<'i> {
    /// Every query with its description, file by file in the order of the files.
    pub queries: Vec<(&'i Query, &'i Description)>,
    pub schema: &'i Schema,
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
    let mut files = Files::new();
    for module in &modules {
        files.insert(format!("{}.rs", module.file_stem()), module.render(input.schema));
    }
    files.insert("mod.rs".to_owned(), root::render(input, &modules));
    files
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
        claim(module.name(), owner.clone(), diagnostics);
        claim(module.struct_name(), owner, diagnostics);
    }
    for user_type in &input.schema.types {
        if matches!(user_type.kind, crate::description::UserTypeKind::Enum(_)) {
            let owner = format!("the type `{}`", user_type.name);
            claim(types::rust_name(&user_type.name), owner, diagnostics);
        }
    }
    for table in &input.schema.tables {
        let owner = format!("the table `{}`", table.name);
        claim(table_struct(&table.name), owner, diagnostics);
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

/// The type of a column, `Option` where NULL can come.
fn column_type(field: &crate::description::Field, schema: &Schema, scope: Scope) -> String {
    let resolved = types::resolve(&field.ty, schema).expect("describing refused every other type");
    let owned = resolved.owned(scope, field.null_elements);
    if field.nullable { format!("Option<{owned}>") } else { owned }
}
