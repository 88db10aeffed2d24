//! What stands above a generated type.

use proc_macro2::TokenStream;
use quote::quote;

use crate::settings::Derives;

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

/// Types whose form in JSON is that of another, which has a schema.
const IN_SCHEMAS: [(&str, &str); 15] = [
    ("Vec<u8>", "String"),
    ("bindery::cidr::IpCidr", "String"),
    ("bindery::cidr::IpInet", "String"),
    ("bindery::jiff::civil::DateTime", "String"),
    ("bindery::jiff::civil::Date", "String"),
    ("bindery::jiff::civil::Time", "String"),
    ("bindery::jiff::Timestamp", "String"),
    ("bindery::time::OffsetDateTime", "String"),
    ("bindery::time::PrimitiveDateTime", "String"),
    ("bindery::time::Date", "String"),
    ("bindery::time::Time", "String"),
    ("bindery::bit_vec::BitVec", "bindery::serde_json::Value"),
    ("bindery::pgvector::Vector", "Vec<f32>"),
    ("bindery::pgvector::HalfVector", "Vec<f32>"),
    ("bindery::pgvector::SparseVector", "bindery::serde_json::Value"),
];

/// Bytes are base64 in JSON.
pub(super) fn of_field(ty: &str, said: &Derives) -> TokenStream {
    let is_bytes = ty.contains("Vec<u8>");
    let default = ty.starts_with("Option<").then(|| quote!(default,));
    let serde = (is_bytes && has_serde(said)).then(|| quote!(#[serde(#default with = "bindery::base64")]));
    let schema = IN_SCHEMAS.iter().fold(ty.to_owned(), |ty, (rust, schema)| ty.replace(rust, schema));
    let schema = (schema != ty && derives(said, "JsonSchema")).then(|| quote!(#[schemars(with = #schema)]));
    quote!(#serde #schema)
}

/// The name of a field, unless bindery.toml has another.
pub(super) fn field_name(name: String, said: &Derives) -> String {
    said.fields.get(name.trim_start_matches("r#")).cloned().unwrap_or(name)
}

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("reading bindery.toml refuses what is no Rust")
}
