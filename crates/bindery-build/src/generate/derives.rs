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

/// Whether a type derives `name`, by whichever path.
fn derives(said: &Derives, name: &str) -> bool {
    said.derive.iter().any(|path| path.rsplit("::").next().is_some_and(|last| last.trim() == name))
}

fn has_serde(said: &Derives) -> bool {
    derives(said, "Serialize") || derives(said, "Deserialize")
}

/// What serde calls the variant of a label: the label.
pub(super) fn of_label(label: &str, said: &Derives) -> Option<TokenStream> {
    has_serde(said).then(|| quote!(#[serde(rename = #label)]))
}

/// What serde calls the variant that keeps labels that are not known.
pub(super) fn of_unknown(said: &Derives) -> Option<TokenStream> {
    has_serde(said).then(|| quote!(#[serde(untagged)]))
}

/// Bytes are base64 in JSON.
pub(super) fn of_field(ty: &str, said: &Derives) -> TokenStream {
    if !ty.contains("Vec<u8>") {
        return TokenStream::new();
    }
    let default = ty.starts_with("Option<").then(|| quote!(default,));
    let serde = has_serde(said).then(|| quote!(#[serde(#default with = "bindery::base64")]));
    let text = ty.replace("Vec<u8>", "String");
    let schema = derives(said, "JsonSchema").then(|| quote!(#[schemars(with = #text)]));
    quote!(#serde #schema)
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
