//! The root module: enums and table structs, and the way to the modules.

use std::collections::BTreeSet;

use crate::description::{Attribute, Field, Table, UserType, UserTypeKind};
use crate::names;
use crate::query::Query;
use crate::settings::Derives;
use crate::types::{Scope, Types};

use super::module::Module;
use super::row::{self, RowStruct};
use super::text::Text;
use super::{Input, Layout, derives, doc, domain, migrations, queries, shared, table_struct};

/// The text of `mod.rs`.
pub(super) fn render(input: &Input<'_>, modules: &[Module<'_>]) -> String {
    let mut text = Text::file();
    for module in modules {
        text.item(|text| write_declaration(module, input.layout, text));
    }
    for module in modules {
        text.item(|text| write_reexport(&module.name, &module.struct_name, text));
        if input.types.settings.query_traits {
            text.item(|text| write_reexport(&module.name, &module.trait_name, text));
        }
    }
    let types = input.types;
    for (name, user_type) in generated_types(input) {
        match &user_type.kind {
            UserTypeKind::Enum(labels) => {
                text.rare_items(&enum_items(&name, user_type, labels, types));
            }
            UserTypeKind::Composite { attributes, .. } => {
                text.rare_items(&composite_items(&name, user_type, attributes, types));
            }
            UserTypeKind::Domain { base, checks } => {
                text.rare_items(&domain::items(&name, user_type, base, checks, types));
            }
            UserTypeKind::Range(_) | UserTypeKind::Multirange(_) | UserTypeKind::Base { .. } => {}
        }
    }
    let as_values = rows_as_values(input);
    for table in &types.schema.tables {
        let row = TableRow::new(table, types);
        row.with_struct(|row| row.write(&mut text));
        if as_values.iter().any(|(name, _)| *name == table.name) {
            text.rare_items(&row.composite_items());
        }
    }
    let shared = shared::rows(input);
    shared.iter().for_each(|row| row.write(&shared, types, &mut text));
    text.item(|text| queries::write(input, modules, text));
    text.item(|text| migrations::write(&input.carried, text));
    text.finish()
}

/// The user's types that become types of Rust, with their names there.
pub(super) fn generated_types<'i>(input: &Input<'i>) -> impl Iterator<Item = (String, &'i UserType)> {
    let types = input.types;
    let generated = types.schema.types.iter().filter(move |user_type| match user_type.kind {
        UserTypeKind::Enum(_) | UserTypeKind::Composite { .. } => true,
        UserTypeKind::Domain { .. } => types.is_newtype(user_type),
        UserTypeKind::Range(_) | UserTypeKind::Multirange(_) | UserTypeKind::Base { .. } => false,
    });
    // Where a type of the user's stands for it, none is needed; what is refused stands in no signature.
    let generated = generated.filter(move |user_type| {
        !types.is_given(&user_type.name) && types.resolve(&user_type.name, None).is_ok()
    });
    let only_rows = rows_as_values(input);
    let generated = generated.filter(move |user_type| !only_rows.contains(&(user_type.name.as_str(), true)));
    generated.map(move |user_type| (types.rust_name(user_type), user_type))
}

/// The tables whose rows are values of columns, each with whether nothing else is of its row type.
fn rows_as_values<'i>(input: &Input<'i>) -> Vec<(&'i str, bool)> {
    let types = input.types;
    let of_type = |field: &'i Field| field.ty.trim_end_matches("[]");
    let is_row = |query: &Query, field: &Field| field.whole_rows && types.has_table_rows(query, field);
    let rows = input.queries.iter().flat_map(|(query, description)| {
        let columns = description.columns.iter().filter(|column| is_row(query, column));
        columns.map(of_type)
    });
    let rows: BTreeSet<&str> = rows.collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let others = input.queries.iter().flat_map(|(query, description)| {
        let columns = description.columns.iter().filter(|column| !is_row(query, column));
        description.params.iter().chain(columns).map(of_type)
    });
    let tables = types.schema.tables.iter().flat_map(|table| &table.columns).map(of_type);
    let mut parts = BTreeSet::new();
    for user_type in &types.schema.types {
        match &user_type.kind {
            UserTypeKind::Composite { attributes, .. } => {
                parts.extend(attributes.iter().map(|attribute| attribute.ty.trim_end_matches("[]")));
            }
            UserTypeKind::Domain { base, .. } => drop(parts.insert(base.trim_end_matches("[]"))),
            _ => {}
        }
    }
    parts.extend(others.chain(tables));
    rows.into_iter().map(|name| (name, !parts.contains(name))).collect()
}

fn write_declaration(module: &Module<'_>, layout: Layout, text: &mut Text) {
    let name = &module.name;
    text.doc("", format_args!("Queries of `{}`, on a connection that the caller holds.", module.file.path));
    // The user decides which queries are used, and what the comments in the SQL look like.
    text.write(format_args!("#[allow(dead_code, clippy::type_complexity, rustdoc::all)]\n"));
    match layout {
        Layout::SourceDir => text.line(format_args!("pub mod {name};\n")),
        Layout::OutDir => {
            text.line(format_args!("pub mod {name} {{\n"));
            let file = format!("/bindery/{}.rs", module.file_stem());
            text.line(format_args!("    include!(concat!(env!(\"OUT_DIR\"), {file:?}));\n"));
            text.write(format_args!("}}\n"));
        }
    }
}

fn write_reexport(module: &str, name: &str, text: &mut Text) {
    text.write(format_args!("#[allow(unused_imports)]\n"));
    text.line(format_args!("pub use {module}::{name};\n"));
}

fn enum_items(name: &str, user_type: &UserType, labels: &[String], types: Types<'_>) -> [String; 3] {
    let qualified = &user_type.name;
    let keeps_unknown = types.keeps_unknown_labels(user_type);
    let said = types.settings.derives(None, name);
    let title = doc::comment(&[format!("The enum `{qualified}`, its labels in their order.")]);
    let variants = variants(labels);
    let of_each = |write: &dyn Fn(&String, &String) -> String| -> String {
        variants.iter().zip(labels).map(|(variant, label)| write(variant, label)).collect()
    };
    let declared = of_each(&|variant, label| {
        let doc = doc::comment(&[format!("`{label}`")]);
        let attribute = derives::of_label(label, &said);
        format!("{doc}{attribute} {variant},\n")
    });
    let to_label = of_each(&|variant, label| format!("Self::{variant} => {label:?},\n"));
    let from_label = of_each(&|variant, label| format!("{label:?} => Some(Self::{variant}),\n"));
    let all = of_each(&|variant, _| format!("Self::{variant},"));
    // A label may have taken the name.
    let mut unknown_name = "Unknown".to_owned();
    while variants.contains(&unknown_name) {
        unknown_name.push_str("Label");
    }
    let mut own = vec!["Clone", "Copy", "Debug", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash"];
    let [mut unknown, mut unknown_label] = [String::new(), String::new()];
    let mut otherwise = "None".to_owned();
    if keeps_unknown {
        own.retain(|path| *path != "Copy");
        let doc = doc::comment(&["A label that was added after this code was generated.".to_owned()]);
        unknown = format!("{doc}{} {unknown_name}(String),", derives::of_unknown(&said));
        unknown_label = format!("Self::{unknown_name}(label) => label,");
        otherwise = format!("Some(Self::{unknown_name}(label.to_owned()))");
    }
    let derive = derives::above(&own, false, &said);
    let declaration =
        format!("{title}#[allow(dead_code)]\n{derive}pub enum {name} {{ {declared}{unknown} }}");
    let implementation = format!(
        "impl bindery::Enum for {name} {{
            const TYPE: &'static str = {qualified:?};
            const ALL: &'static [Self] = &[{all}];
            fn label(&self) -> &str {{
                match self {{ {to_label}{unknown_label} }}
            }}
            fn from_label(label: &str) -> Option<Self> {{
                match label {{ {from_label}_ => {otherwise} }}
            }}
        }}"
    );
    [declaration, implementation, format!("bindery::impl_enum!({name});")]
}

/// A struct of all attributes, any of which may be NULL: a composite type cannot forbid it.
fn composite_items(
    name: &str,
    user_type: &UserType,
    attributes: &[Attribute],
    types: Types<'_>,
) -> [String; 3] {
    let qualified = &user_type.name;
    let said = types.settings.derives(None, name);
    let title = format!("The composite type `{qualified}`.");
    let fields: Vec<Field> =
        attributes.iter().map(|attribute| types.attribute(user_type, attribute)).collect();
    let mut columns = row::columns(&fields, Scope::Root, |field| types.field(field));
    // An attribute is written where it stands, so what writes it stays.
    columns.iter_mut().for_each(row::Column::keep_reader);
    let row =
        RowStruct { name, title: &title, columns: &columns, embeds: &[], said: &said, scope: Scope::Root };
    let mut declaration = Text::part();
    row.write_declaration(&mut declaration);
    let attributes = attributes.iter().map(|attribute| attribute.name.as_str());
    let named = columns.iter().map(|column| row.field_name(column)).zip(attributes);
    let [implementation, macro_call] = composite_impl(name, qualified, named);
    [declaration.finish(), implementation, macro_call]
}

/// How a struct is read and written as a composite type; `named` has each field with its attribute.
fn composite_impl<'f>(
    name: &str,
    qualified: &str,
    named: impl Iterator<Item = (&'f str, &'f str)> + Clone,
) -> [String; 2] {
    let read = |(field, attribute): (&str, &str)| format!("{field}: attributes.get({attribute:?})?,");
    let read: String = named.clone().map(read).collect();
    let arm = |(field, attribute): (&str, &str)| format!("{attribute:?} => Some(&self.{field}),");
    let arms: String = named.map(arm).collect();
    let implementation = format!(
        "impl bindery::Composite for {name} {{
            const TYPE: &'static str = {qualified:?};
            fn from_attributes(attributes: &bindery::Attributes<'_>) -> Result<Self, bindery::BoxError> {{
                Ok(Self {{ {read} }})
            }}
            fn attribute(&self, name: &str) -> Option<&dyn bindery::Param> {{
                match name {{ {arms} _ => None }}
            }}
        }}"
    );
    [implementation, format!("bindery::impl_composite!({name});")]
}

/// A variant a label: `in service` is `InService`; one that leaves no name, or a name twice, is numbered.
fn variants(labels: &[String]) -> Vec<String> {
    let mut taken = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let mut name = names::camel(label);
        if name.starts_with('_') || taken.contains(&name) {
            name = format!("Value{}", index + 1);
        }
        taken.push(name);
    }
    taken
}

/// The struct of a table's rows.
pub(super) struct TableRow<'i> {
    table: &'i Table,
    name: String,
    said: Derives,
    columns: Vec<row::Column<'i>>,
}

impl<'i> TableRow<'i> {
    pub fn new(table: &'i Table, types: Types<'i>) -> Self {
        let name = table_struct(&table.name);
        let said = types.settings.derives(None, &name);
        let columns = row::columns(&table.columns, Scope::Root, |column| types.field(column));
        Self { table, name, said, columns }
    }

    /// How it is read where a row is a value.
    fn composite_items(&self) -> [String; 2] {
        let attributes = self.table.columns.iter().map(|column| column.name.as_str());
        let fields = self.columns.iter().map(|column| derives::field_name(&column.name, &self.said));
        composite_impl(&self.name, &self.table.name, fields.zip(attributes))
    }

    pub fn with_struct<T>(&self, use_it: impl FnOnce(RowStruct<'_>) -> T) -> T {
        let title = format!("A row of `{}`.", self.table.name);
        let (columns, said, scope) = (&self.columns[..], &self.said, Scope::Root);
        use_it(RowStruct { name: &self.name, title: &title, columns, embeds: &[], said, scope })
    }
}
