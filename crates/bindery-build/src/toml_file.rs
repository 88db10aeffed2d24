//! `bindery.toml`, key by key; every mistake is told, not the first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::config::{Config, Output};
use crate::settings::{self, DateTime, Derives, RustType, Settings, TypeSettings};

/// Takes over what the file says; what it cannot mean is a mistake.
pub(crate) fn apply(file: Table, config: &mut Config, mistakes: &mut Vec<String>) {
    for (key, value) in file {
        let outcome = match key.as_str() {
            "migrations" => paths(&key, &value).map(|paths| config.migrations = paths),
            "queries" => paths(&key, &value).map(|paths| config.queries = paths),
            "out" => path(&key, &value).map(|path| config.output = Output::SourceDir(path)),
            _ => {
                apply_setting(&key, value, &mut config.settings, mistakes);
                Ok(())
            }
        };
        mistakes.extend(outcome.err());
    }
}

const KEYS: &str = "migrations, queries, out, array_elements, array_dimensions, infinities, date_time, decimal, types, \
                    columns, rust";

fn apply_setting(key: &str, value: Value, settings: &mut Settings, mistakes: &mut Vec<String>) {
    let outcome = match key {
        "array_elements" => choice(key, &value, &[("nullable", true), ("not null", false)])
            .map(|null_elements| settings.null_elements = null_elements),
        "array_dimensions" => choice(key, &value, &[("any", false), ("one", true)])
            .map(|one_dimension| settings.one_dimension = one_dimension),
        "infinities" => choice(key, &value, &[("keep", true), ("error", false)])
            .map(|infinities| settings.infinities = infinities),
        "date_time" => choice(key, &value, &DATE_TIMES).map(|date_time| settings.date_time = date_time),
        "decimal" => choice(key, &value, &[("bindery", false), ("rust_decimal", true)])
            .map(|rust_decimal| settings.rust_decimal = rust_decimal),
        "types" => table(key, value).map(|types| {
            for (name, value) in types {
                let place = format!("types.{name:?}");
                let read = type_settings(&place, value, mistakes);
                settings.types.insert(name, read);
            }
        }),
        "columns" => table(key, value).map(|columns| {
            for (name, value) in columns {
                match column(&format!("columns.{name:?}"), value) {
                    Ok(rust) => {
                        settings.columns.insert(name, rust);
                    }
                    Err(mistake) => mistakes.push(mistake),
                }
            }
        }),
        "rust" => table(key, value).map(|rust| apply_rust(rust, settings, mistakes)),
        _ => Err(format!("`{key}` is not a setting; the settings are {KEYS}")),
    };
    mistakes.extend(outcome.err());
}

const DATE_TIMES: [(&str, DateTime); 4] = [
    ("chrono", DateTime::Chrono),
    ("jiff", DateTime::Jiff),
    ("time", DateTime::Time),
    ("bindery", DateTime::Bindery),
];

/// `[types."public.plate"]`
fn type_settings(place: &str, value: Value, mistakes: &mut Vec<String>) -> TypeSettings {
    let mut read = TypeSettings::default();
    let mut fields = match table(place, value) {
        Ok(fields) => fields,
        Err(mistake) => {
            mistakes.push(mistake);
            return read;
        }
    };
    let rust = rust_type(place, &mut fields);
    read.rust = rust.map_err(|mistake| mistakes.push(mistake)).ok().flatten();
    for (key, value) in fields {
        let outcome = match (key.as_str(), &value) {
            ("name", Value::String(name)) => identifier(place, name).map(|()| read.name = Some(name.clone())),
            ("newtype", Value::Boolean(newtype)) => {
                read.newtype = *newtype;
                Ok(())
            }
            ("unknown_labels", Value::Boolean(unknown_labels)) => {
                read.unknown_labels = *unknown_labels;
                Ok(())
            }
            ("name" | "newtype" | "unknown_labels", _) => {
                Err(format!("`{place}.{key}` is {}, which it cannot be", value.type_str()))
            }
            _ => Err(format!("`{place}` knows type, via, name, newtype and unknown_labels, but no `{key}`")),
        };
        mistakes.extend(outcome.err());
    }
    read
}

/// `[columns]`: `"public.cars.payload" = "crate::Payload"`, or a table with `type` and `via`.
fn column(place: &str, value: Value) -> Result<RustType, String> {
    if let Value::String(path) = &value {
        return Ok(RustType {
            path: settings::rust_path(path).map_err(|m| format!("`{place}`: {m}"))?,
            via: None,
        });
    }
    let mut fields = table(place, value)?;
    let rust = rust_type(place, &mut fields)?;
    match fields.keys().next() {
        Some(key) => Err(format!("`{place}` knows type and via, but no `{key}`")),
        None => rust.ok_or_else(|| format!("`{place}` has no `type`")),
    }
}

/// `type = "crate::Plate"`, `via = "TryFrom"`
fn rust_type(place: &str, fields: &mut Table) -> Result<Option<RustType>, String> {
    let mut word = |key: &str| match fields.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{place}.{key}` has to be a text")),
    };
    let (path, via) = (word("type")?, word("via")?);
    let in_place = |mistake: String| format!("`{place}`: {mistake}");
    let via = via.map(|via| settings::via(&via)).transpose().map_err(in_place)?;
    match path {
        Some(path) => Ok(Some(RustType { path: settings::rust_path(&path).map_err(in_place)?, via })),
        None if via.is_some() => Err(format!("`{place}` has `via`, but no `type`")),
        None => Ok(None),
    }
}

/// `[rust]`, `[rust.files."queries/cars.sql"]`, `[rust.types.Car]`
fn apply_rust(rust: Table, settings: &mut Settings, mistakes: &mut Vec<String>) {
    let mut own = Table::new();
    for (key, value) in rust {
        let level = match key.as_str() {
            "files" => &mut settings.rust_files,
            "types" => &mut settings.rust_types,
            _ => {
                own.insert(key, value);
                continue;
            }
        };
        match table(&format!("rust.{key}"), value) {
            Ok(entries) => level.extend(entries.into_iter().map(|(name, value)| {
                let read = derives(&format!("rust.{key}.{name:?}"), value, mistakes);
                (name, read)
            })),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    settings.rust = derives("rust", Value::Table(own), mistakes);
}

fn derives(place: &str, value: Value, mistakes: &mut Vec<String>) -> Derives {
    let mut read = Derives::default();
    let fields = table(place, value).map_err(|mistake| mistakes.push(mistake)).unwrap_or_default();
    for (key, value) in fields {
        let at = format!("{place}.{key}");
        let outcome = match key.as_str() {
            "derive" => texts(&at, &value).and_then(|derive| {
                derive.iter().try_for_each(|path| attribute(&at, &format!("derive({path})")))?;
                read.derive = derive;
                Ok(())
            }),
            "attributes" => texts(&at, &value).and_then(|attributes| {
                attributes.iter().try_for_each(|text| attribute(&at, text))?;
                read.attributes = attributes;
                Ok(())
            }),
            "fields" => renames(&at, value).map(|fields| read.fields = fields),
            _ => Err(format!("`{place}` knows derive, attributes and fields, but no `{key}`")),
        };
        mistakes.extend(outcome.err());
    }
    read
}

fn renames(place: &str, value: Value) -> Result<BTreeMap<String, String>, String> {
    let fields = table(place, value)?;
    let renames = fields.into_iter().map(|(from, to)| match to {
        Value::String(to) => identifier(place, &to).map(|()| (from, to)),
        _ => Err(format!("`{place}.{from}` has to be a text")),
    });
    renames.collect()
}

fn identifier(place: &str, name: &str) -> Result<(), String> {
    let read: Result<syn::Ident, _> = syn::parse_str(name);
    read.map(|_| ()).map_err(|_| format!("`{place}`: `{name}` is no name in Rust"))
}

fn attribute(place: &str, text: &str) -> Result<(), String> {
    let read: Result<syn::Meta, _> = syn::parse_str(text);
    read.map(|_| ())
        .map_err(|_| format!("`{place}`: `{text}` is no attribute of Rust; write it without `#[]`"))
}

fn choice<T: Copy>(key: &str, value: &Value, choices: &[(&str, T)]) -> Result<T, String> {
    let chosen = choices.iter().find(|(word, _)| value.as_str() == Some(word));
    chosen.map(|(_, chosen)| *chosen).ok_or_else(|| {
        let words: Vec<String> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
        format!("`{key}` has to be {}", words.join(" or "))
    })
}

fn table(place: &str, value: Value) -> Result<Table, String> {
    match value {
        Value::Table(table) => Ok(table),
        _ => Err(format!("`{place}` has to be a table")),
    }
}

fn texts(place: &str, value: &Value) -> Result<Vec<String>, String> {
    let array = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
    let texts = array.iter().map(|value| value.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().ok_or_else(|| format!("`{place}` has to be a text or a list of texts"))
}

fn paths(key: &str, value: &Value) -> Result<Vec<PathBuf>, String> {
    let paths = texts(key, value).map_err(|_| format!("`{key}` has to be a path or a list of paths"))?;
    Ok(paths.into_iter().map(PathBuf::from).collect())
}

fn path(key: &str, value: &Value) -> Result<PathBuf, String> {
    let path = value.as_str().ok_or_else(|| format!("`{key}` has to be a path"))?;
    Ok(Path::new(path).to_owned())
}
