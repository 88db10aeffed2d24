//! `rename`: the names of Go's fields, as names of Rust.

use heck::ToSnakeCase as _;
use serde_json::Value;

use super::Parts;
use super::settings::{Section, text};

/// Takes over each name; `schema` is the lower-case text of the schema, which says what is a type or a table.
pub fn take(place: &str, renames: &Value, schema: &str, parts: Parts<'_>) {
    let Parts { settings, findings } = parts;
    let words: Vec<&str> = schema
        .split(|c: char| !c.is_alphanumeric() && !"_.\"".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let Some(renames) = renames.as_object() else {
        return findings.open(place, "it is no mapping");
    };
    for (key, name) in renames {
        let path = format!("{place}.{key}");
        let name = name.as_str().unwrap_or_default();
        let snake = name.to_snake_case();
        match kind(key, &words) {
            Kind::Type(full) => {
                let value = format!("{{ name = {} }}", text(name));
                settings.set(Section::Types, &full, value, &path);
                findings.taken(&path, format!("the type `{full}` is `{name}`"));
            }
            Kind::Table => {
                findings.open(&path, format!("rows of a table are called after it: `use db::... as {name}`"))
            }
            Kind::Field if snake == *key => {
                findings.taken(&path, format!("the field is `{key}`, as names go in Rust"));
            }
            Kind::Field if !is_identifier(&snake) => {
                findings.open(
                    &path,
                    format!("`{snake}` is no name of a field in Rust; choose another in [rust.fields]"),
                );
            }
            Kind::Field => match settings.set(Section::Fields, key, text(&snake), &path) {
                true => findings.taken(&path, format!("the field is `{snake}`, in JSON too")),
                false => findings.open(&path, format!("`{snake}`: another set has another name")),
            },
        }
    }
}

/// Words that a field cannot be called in Rust; those that sound like a column's name.
const KEYWORDS: [&str; 26] = [
    "abstract", "as", "async", "box", "break", "const", "continue", "crate", "do", "else", "enum", "extern",
    "final", "for", "gen", "in", "loop", "match", "move", "override", "ref", "self", "static", "type", "use",
    "where",
];

fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts && name.chars().all(|c| c.is_alphanumeric() || c == '_') && !KEYWORDS.contains(&name)
}

/// What a renamed thing is.
#[derive(Debug, PartialEq)]
enum Kind {
    Field,
    /// With its full name.
    Type(String),
    Table,
}

/// sqlc goes by the name alone; for a table it is the singular, with the schema before it unless that is `public`.
fn kind(key: &str, words: &[&str]) -> Kind {
    let is_named = |name: &str| {
        let bare = name.replace('"', "");
        let bare = bare.strip_prefix("public.").unwrap_or(&bare).replace('.', "_");
        bare == key || bare == format!("{key}s") || bare == format!("{key}es")
    };
    let after = |head: &[&str]| {
        let starts = words.windows(head.len() + 1).filter(|window| window.starts_with(head));
        starts.map(|window| window[head.len()]).find(|name| is_named(name)).map(str::to_owned)
    };
    if let Some(name) = after(&["create", "type"]) {
        let name = name.replace('"', "");
        return Kind::Type(if name.contains('.') { name } else { format!("public.{name}") });
    }
    match after(&["create", "table"]).or(after(&["create", "table", "if", "not", "exists"])) {
        Some(_) => Kind::Table,
        None => Kind::Field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_what_a_name_is_of() {
        let words: Vec<&str> =
            "create type fuel create type app.\"level\" create table if not exists cars".split(' ').collect();
        assert_eq!(kind("fuel", &words), Kind::Type("public.fuel".to_owned()));
        assert_eq!(kind("app_level", &words), Kind::Type("app.level".to_owned()));
        assert_eq!(kind("car", &words), Kind::Table);
        assert_eq!(kind("plate", &words), Kind::Field);
    }
}
