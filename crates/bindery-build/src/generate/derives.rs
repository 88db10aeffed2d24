//! What stands above a generated type.

use crate::settings::Derives;

use super::text::Text;

/// `#[derive(Clone, Debug, serde::Serialize)]` and the attributes that bindery.toml asks for.
///
/// `own` are Bindery's, of which nothing is left where a type of the user's is inside that may not have them.
pub(super) fn write_above(own: &[&str], holds_given: bool, said: &Derives, text: &mut Text) {
    let own = if holds_given { &[] } else { own };
    let mut paths = own.to_vec();
    for path in &said.derive {
        if !paths.contains(&path.as_str()) {
            paths.push(path);
        }
    }
    match &paths[..] {
        [] => {}
        ["Clone", "Debug", "PartialEq"] => text.write(format_args!("#[derive(Clone, Debug, PartialEq)]\n")),
        paths => text.line(format_args!("#[derive({})]\n", paths.join(", "))),
    }
    for attribute in &said.attributes {
        text.line(format_args!("#[{attribute}]\n"));
    }
    if !said.derive.iter().chain(&said.attributes).all(|attribute| is_spaced(attribute)) {
        text.leave_to_prettyplease();
    }
}

/// The same above an item that prettyplease will print.
pub(super) fn above(own: &[&str], holds_given: bool, said: &Derives) -> String {
    let mut text = Text::part();
    write_above(own, holds_given, said, &mut text);
    text.finish()
}

/// Whether a list in an attribute is certainly spaced as prettyplease has it: `serde(rename_all = "camelCase", default)`.
fn is_spaced(attribute: &str) -> bool {
    let bare = attribute.replace(" = ", "").replace(", ", "");
    bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:()\"".contains(&byte))
}

/// Whether a type derives `name`, by whichever path.
fn derives(said: &Derives, name: &str) -> bool {
    said.derive.iter().any(|path| path.rsplit("::").next().is_some_and(|last| last.trim() == name))
}

fn has_serde(said: &Derives) -> bool {
    derives(said, "Serialize") || derives(said, "Deserialize")
}

/// What serde calls the variant of a label: the label.
pub(super) fn of_label(label: &str, said: &Derives) -> String {
    if has_serde(said) { format!("#[serde(rename = {label:?})]") } else { String::new() }
}

/// What serde calls the variant that keeps labels that are not known.
pub(super) fn of_unknown(said: &Derives) -> &'static str {
    if has_serde(said) { "#[serde(untagged)]" } else { "" }
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

/// Attributes of a field of type `ty`. Bytes are base64 in JSON.
pub(super) fn of_field(ty: &str, said: &Derives) -> Vec<String> {
    let mut attributes = Vec::new();
    if said.derive.is_empty() {
        return attributes;
    }
    if ty.contains("Vec<u8>") && has_serde(said) {
        let default = if ty.starts_with("Option<") { "default, " } else { "" };
        attributes.push(format!("#[serde({default}with = \"bindery::base64\")]"));
    }
    if derives(said, "JsonSchema") {
        let schema = IN_SCHEMAS.iter().fold(ty.to_owned(), |ty, (rust, schema)| ty.replace(rust, schema));
        if schema != ty {
            attributes.push(format!("#[schemars(with = {schema:?})]"));
        }
    }
    attributes
}

/// The name of a field, unless bindery.toml has another.
pub(super) fn field_name<'n>(name: &'n str, said: &'n Derives) -> &'n str {
    if said.fields.is_empty() {
        return name;
    }
    said.fields.get(name.trim_start_matches("r#")).map_or(name, String::as_str)
}
