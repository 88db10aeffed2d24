//! The root module: enums and table structs, and the way to the modules.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::description::{Schema, Table, UserTypeKind};
use crate::names;
use crate::types::{self, Scope};

use super::function::{from_row, row_struct};
use super::item::{self, ident, print};
use super::module::Module;
use super::{Input, Layout, doc, table_struct};

/// The text of `mod.rs`.
pub(super) fn render(input: &Input<'_>, modules: &[Module<'_>]) -> String {
    let mut items = Vec::new();
    items.extend(modules.iter().map(|module| print(declaration(module, input.layout))));
    items.extend(modules.iter().map(|module| print(reexport(module))));
    for user_type in &input.schema.types {
        if let UserTypeKind::Enum(labels) = &user_type.kind {
            items.extend(enum_items(&user_type.name, labels).map(print));
        }
    }
    for table in &input.schema.tables {
        items.extend(table_items(table, input.schema).map(print));
    }
    item::file(&items)
}

fn declaration(module: &Module<'_>, layout: Layout) -> TokenStream {
    let name = ident(&module.name());
    let doc =
        doc::comment(&[format!("Queries of `{}`, on a connection that the caller holds.", module.file.path)]);
    // The user decides which queries are used, and what the comments in the SQL look like.
    let allow = quote!(#[allow(dead_code, rustdoc::all)]);
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

fn enum_items(qualified: &str, labels: &[String]) -> [TokenStream; 3] {
    let name = ident(&types::rust_name(qualified));
    let title = doc::comment(&[format!("The enum `{qualified}`, its labels in their order.")]);
    let variants = variants(labels);
    let declared = variants.iter().zip(labels).map(|(variant, label)| {
        let doc = doc::comment(&[format!("`{label}`")]);
        quote!(#doc #variant)
    });
    let to_label = variants.iter().zip(labels).map(|(variant, label)| quote!(Self::#variant => #label));
    let from_label =
        variants.iter().zip(labels).map(|(variant, label)| quote!(#label => Some(Self::#variant)));
    let all = variants.iter().map(|variant| quote!(Self::#variant));
    let declaration = quote! {
        #title
        #[allow(dead_code)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum #name { #(#declared),* }
    };
    let implementation = quote! {
        impl bindery::Enum for #name {
            const TYPE: &'static str = #qualified;
            const ALL: &'static [Self] = &[#(#all),*];
            fn label(&self) -> &'static str {
                match self { #(#to_label),* }
            }
            fn from_label(label: &str) -> Option<Self> {
                match label { #(#from_label,)* _ => None }
            }
        }
    };
    [declaration, implementation, quote!(bindery::impl_enum!(#name);)]
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

fn table_items(table: &Table, schema: &Schema) -> [TokenStream; 2] {
    let name = table_struct(&table.name);
    let title = format!("A row of `{}`.", table.name);
    let declaration = row_struct(&name, &title, &table.columns, schema, Scope::Root);
    [declaration, from_row(&name, &table.columns)]
}
