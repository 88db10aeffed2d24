//! The root module: enums and table structs, and the way to the modules.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::description::{Attribute, Field, Table, UserType, UserTypeKind};
use crate::names;
use crate::types::{Scope, Types};

use super::item::{self, ident, print};
use super::module::Module;
use super::{Input, Layout, derives, doc, domain, row, table_struct};

/// The text of `mod.rs`.
pub(super) fn render(input: &Input<'_>, modules: &[Module<'_>]) -> String {
    let mut items = Vec::new();
    items.extend(modules.iter().map(|module| print(declaration(module, input.layout))));
    items.extend(modules.iter().map(|module| print(reexport(module))));
    let types = input.types;
    for (name, user_type) in generated_types(types) {
        match &user_type.kind {
            UserTypeKind::Enum(labels) => {
                items.extend(enum_items(&name, user_type, labels, types).map(print))
            }
            UserTypeKind::Composite { attributes, .. } => {
                items.extend(composite_items(&name, user_type, attributes, types).map(print));
            }
            UserTypeKind::Domain { base, checks } => {
                items.extend(domain::items(&name, user_type, base, checks, types).map(print))
            }
            UserTypeKind::Range(_) | UserTypeKind::Multirange(_) | UserTypeKind::Base { .. } => {}
        }
    }
    for table in &types.schema.tables {
        items.extend(table_items(table, types).map(print));
    }
    item::file(&items)
}

/// The user's types that become types of Rust, with their names there.
pub(super) fn generated_types(types: Types<'_>) -> impl Iterator<Item = (String, &UserType)> {
    let generated = types.schema.types.iter().filter(move |user_type| match user_type.kind {
        UserTypeKind::Enum(_) | UserTypeKind::Composite { .. } => true,
        UserTypeKind::Domain { .. } => types.is_newtype(user_type),
        UserTypeKind::Range(_) | UserTypeKind::Multirange(_) | UserTypeKind::Base { .. } => false,
    });
    // Where a type of the user's stands for it, none is needed; what is refused stands in no signature.
    let generated = generated.filter(move |user_type| {
        !types.is_given(&user_type.name) && types.resolve(&user_type.name, None).is_ok()
    });
    generated.map(move |user_type| (types.rust_name(user_type), user_type))
}

fn declaration(module: &Module<'_>, layout: Layout) -> TokenStream {
    let name = ident(&module.name());
    let doc =
        doc::comment(&[format!("Queries of `{}`, on a connection that the caller holds.", module.file.path)]);
    // The user decides which queries are used, and what the comments in the SQL look like.
    let allow = quote!(#[allow(dead_code, clippy::type_complexity, rustdoc::all)]);
    match layout {
        Layout::SourceDir => quote!(#doc #allow pub mod #name;),
        Layout::OutDir => {
            let file = format!("/bindery/{}.rs", module.file_stem());
            quote! {
                #doc
                #allow
                pub mod #name {
                    include!(concat!(env!("OUT_DIR"), #file));
                }
            }
        }
    }
}

fn reexport(module: &Module<'_>) -> TokenStream {
    let (module, name) = (ident(&module.name()), ident(&module.struct_name()));
    quote! {
        #[allow(unused_imports)]
        pub use #module::#name;
    }
}

fn enum_items(name: &str, user_type: &UserType, labels: &[String], types: Types<'_>) -> [TokenStream; 3] {
    let qualified = &user_type.name;
    let keeps_unknown = types.keeps_unknown_labels(user_type);
    let said = types.settings.derives(None, name);
    let name = ident(name);
    let title = doc::comment(&[format!("The enum `{qualified}`, its labels in their order.")]);
    let variants = variants(labels);
    let declared = variants.iter().zip(labels).map(|(variant, label)| {
        let doc = doc::comment(&[format!("`{label}`")]);
        let attribute = derives::of_label(label, &said);
        quote!(#doc #attribute #variant)
    });
    let to_label = variants.iter().zip(labels).map(|(variant, label)| quote!(Self::#variant => #label));
    let from_label =
        variants.iter().zip(labels).map(|(variant, label)| quote!(#label => Some(Self::#variant)));
    let all = variants.iter().map(|variant| quote!(Self::#variant));
    // A label may have taken the name.
    let mut unknown_name = "Unknown".to_owned();
    while variants.iter().any(|variant| *variant == unknown_name) {
        unknown_name.push_str("Label");
    }
    let unknown_name = ident(&unknown_name);
    let mut own = vec!["Clone", "Copy", "Debug", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash"];
    let unknown = keeps_unknown.then(|| {
        own.retain(|path| *path != "Copy");
        let doc = doc::comment(&["A label that was added after this code was generated.".to_owned()]);
        let attribute = derives::of_unknown(&said);
        (quote!(, #doc #attribute #unknown_name(String)), quote!(, Self::#unknown_name(label) => label))
    });
    let (unknown, unknown_label) = unknown.unzip();
    let otherwise =
        if keeps_unknown { quote!(Some(Self::#unknown_name(label.to_owned()))) } else { quote!(None) };
    let derive = derives::above(&own, false, &said);
    let declaration = quote! {
        #title
        #[allow(dead_code)]
        #derive
        pub enum #name { #(#declared),* #unknown }
    };
    let implementation = quote! {
        impl bindery::Enum for #name {
            const TYPE: &'static str = #qualified;
            const ALL: &'static [Self] = &[#(#all),*];
            fn label(&self) -> &str {
                match self { #(#to_label),* #unknown_label }
            }
            fn from_label(label: &str) -> Option<Self> {
                match label { #(#from_label,)* _ => #otherwise }
            }
        }
    };
    [declaration, implementation, quote!(bindery::impl_enum!(#name);)]
}

/// A struct of all attributes, any of which may be NULL: a composite type cannot forbid it.
fn composite_items(
    name: &str,
    user_type: &UserType,
    attributes: &[Attribute],
    types: Types<'_>,
) -> [TokenStream; 3] {
    let qualified = &user_type.name;
    let said = types.settings.derives(None, name);
    let title = format!("The composite type `{qualified}`.");
    let fields: Vec<Field> =
        attributes.iter().map(|attribute| types.attribute(user_type, attribute)).collect();
    let mut columns = row::columns(&fields, Scope::Root, |field| types.field(field));
    // An attribute is written where it stands, so what writes it stays.
    columns.iter_mut().for_each(row::Column::keep_reader);
    let declaration = row::declaration(name, &title, &columns, &said, Scope::Root);
    let name = ident(name);
    let idents: Vec<_> = row::field_idents(&columns, &said);
    let names: Vec<&String> = attributes.iter().map(|attribute| &attribute.name).collect();
    let implementation = quote! {
        impl bindery::Composite for #name {
            const TYPE: &'static str = #qualified;
            fn from_attributes(attributes: &bindery::Attributes<'_>) -> Result<Self, bindery::BoxError> {
                Ok(Self { #(#idents: attributes.get(#names)?),* })
            }
            fn attribute(&self, name: &str) -> Option<&dyn bindery::Param> {
                match name { #(#names => Some(&self.#idents),)* _ => None }
            }
        }
    };
    [declaration, implementation, quote!(bindery::impl_composite!(#name);)]
}

/// A variant a label: `in service` is `InService`; one that leaves no name, or a name twice, is numbered.
fn variants(labels: &[String]) -> Vec<proc_macro2::Ident> {
    let mut taken = Vec::new();
    for (index, label) in labels.iter().enumerate() {
        let mut name = names::camel(label);
        if name.starts_with('_') || taken.contains(&name) {
            name = format!("Value{}", index + 1);
        }
        taken.push(name);
    }
    taken.iter().map(|name| format_ident!("{name}")).collect()
}

fn table_items(table: &Table, types: Types<'_>) -> [TokenStream; 2] {
    let name = table_struct(&table.name);
    let title = format!("A row of `{}`.", table.name);
    let said = types.settings.derives(None, &name);
    let columns = row::columns(&table.columns, Scope::Root, |column| types.field(column));
    row::items(&name, &title, &columns, &said, Scope::Root)
}
