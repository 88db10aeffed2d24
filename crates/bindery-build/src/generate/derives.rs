//! What stands above a generated type.

use proc_macro2::TokenStream;
use quote::quote;

use crate::settings::{Derives, Settings};

/// `#[derive(Clone, Debug, serde::Serialize)]` and the attributes that bindery.toml asks for.
///
/// `own` are Bindery's, of which nothing is left where a type of the user's is inside that may not have them.
pub(super) fn above(own: &[&str], holds_given: bool, said: &Derives) -> TokenStream {
    let mut paths: Vec<&str> = if holds_given { Vec::new() } else { own.to_vec() };
    for path in &said.derive {
        if !paths.contains(&path.as_str()) {
            paths.push(path);
        }
    }
    let paths = paths.iter().map(|path| tokens(path));
    let derive = (paths.len() > 0).then(|| quote!(#[derive(#(#paths),*)]));
    let attributes = said.attributes.iter().map(|attribute| {
        let attribute = tokens(attribute);
        quote!(#[#attribute])
    });
    quote!(#derive #(#attributes)*)
}

/// The name of a field, unless bindery.toml has another.
pub(super) fn field_name(name: String, said: &Derives) -> String {
    said.fields.get(name.trim_start_matches("r#")).cloned().unwrap_or(name)
}

/// What is said of a type at the root.
pub(super) fn at_root(settings: &Settings, name: &str) -> Derives {
    settings.derives(None, name)
}

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("reading bindery.toml refuses what is no Rust")
}
