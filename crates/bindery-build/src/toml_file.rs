//! `bindery.toml`, key by key; every mistake is told, not the first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bindery_migrate::{Format, OutOfOrder, parse_duration};
use toml::{Table, Value};

use crate::config::{Config, Output};
use crate::lint::{self, Rule, Strictness};
use crate::nearest::did_you_mean;
use crate::settings::{self, DateTime, Derives, MigrateSettings, RustType, Settings, TypeSettings};

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

const KEYS: &str = "migrations, queries, out, array_elements, array_dimensions, infinities, date_time, decimal, \
                    query_traits, types, columns, rust, lint, migrate";

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
        "query_traits" => choice(key, &value, &[("off", false), ("on", true)])
            .map(|query_traits| settings.query_traits = query_traits),
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
        "lint" => table(key, value).map(|rules| {
            for (name, value) in rules {
                match strictness(&name, &value) {
                    Ok((rule, strictness)) => {
                        settings.lint.insert(rule, strictness);
                    }
                    Err(mistake) => mistakes.push(mistake),
                }
            }
        }),
        "migrate" => table(key, value).map(|migrate| apply_migrate(migrate, &mut settings.migrate, mistakes)),
        _ => Err(format!("`{key}` is not a setting; {}", instead(key, KEYS))),
    };
    mistakes.extend(outcome.err());
}

/// A key inside of a setting that is none.
fn unknown(place: &str, key: &str, keys: &str) -> String {
    format!("`{place}` has no `{key}`; {}", instead(key, keys))
}

/// The keys that are near to one that is none, or all of them.
fn instead(key: &str, keys: &str) -> String {
    did_you_mean(key, keys.split(", ")).unwrap_or_else(|| format!("write one of {keys}"))
}

/// `[lint]`: `select-star = "off"`
fn strictness(name: &str, value: &Value) -> Result<(Rule, Strictness), String> {
    const WORDS: [(&str, Strictness); 3] =
        [("off", Strictness::Off), ("warn", Strictness::Warn), ("error", Strictness::Error)];
    let rule =
        lint::rule_named(name).map_err(|help| format!("`lint.{name}`: there is no such rule; {help}"))?;
    choice(&format!("lint.{name}"), value, &WORDS).map(|strictness| (rule, strictness))
}

/// `[migrate]`: `format = "dbmate"`, `lock_timeout = "5s"`
fn apply_migrate(migrate: Table, settings: &mut MigrateSettings, mistakes: &mut Vec<String>) {
    const KEYS: &str = "format, skip, multi_statement, table, out_of_order, lock_timeout, statement_timeout";
    const OUT_OF_ORDER: [(&str, OutOfOrder); 2] =
        [("refuse", OutOfOrder::Refuse), ("apply", OutOfOrder::Apply)];
    for (key, value) in migrate {
        let at = format!("migrate.{key}");
        let outcome = match key.as_str() {
            "format" => {
                let formats = Format::ALL.map(|format| (format.name(), format));
                choice(&at, &value, &formats).map(|format| settings.format = Some(format))
            }
            "skip" => texts(&at, &value).map(|names| settings.skip = names),
            "multi_statement" => value
                .as_bool()
                .map(|is_on| settings.multi_statement = is_on)
                .ok_or_else(|| format!("`{at}` has to be true or false")),
            "table" => table_name(&at, &value).map(|name| settings.table = Some(name)),
            "out_of_order" => choice(&at, &value, &OUT_OF_ORDER).map(|chosen| settings.out_of_order = chosen),
            "lock_timeout" => duration(&at, &value).map(|time| settings.lock_timeout = Some(time)),
            "statement_timeout" => duration(&at, &value).map(|time| settings.statement_timeout = Some(time)),
            _ => Err(unknown("migrate", &key, KEYS)),
        };
        mistakes.extend(outcome.err());
    }
}

fn table_name(place: &str, value: &Value) -> Result<String, String> {
    let name = value.as_str().filter(|name| !name.trim().is_empty());
    name.map(str::to_owned).ok_or_else(|| format!("`{place}` has to be the name of a table"))
}

fn duration(place: &str, value: &Value) -> Result<Duration, String> {
    let text = value.as_str().ok_or_else(|| format!("`{place}` has to be a text such as \"5s\""))?;
    parse_duration(text).map_err(|error| format!("`{place}`: {error}"))
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
            _ => Err(unknown(place, &key, "type, via, name, newtype, unknown_labels")),
        };
        mistakes.extend(outcome.err());
    }
    if read.rust.is_some() && (read.newtype || read.unknown_labels || read.name.is_some()) {
        mistakes.push(format!("`{place}`: no type is generated where `type` names one of your own"));
    }
    read
}

/// `[columns]`: `"public.cars.payload" = "crate::Payload"`, or a table with `type` and `via`.
fn column(place: &str, value: Value) -> Result<RustType, String> {
    let mut fields = match value {
        Value::String(_) => Table::from_iter([("type".to_owned(), value)]),
        value => table(place, value)?,
    };
    let rust = rust_type(place, &mut fields)?;
    match fields.keys().next() {
        Some(key) => Err(unknown(place, key, "type, via")),
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
                derive.iter().try_for_each(|path| derive_path(&at, path))?;
                read.derive = derive;
                Ok(())
            }),
            "attributes" => texts(&at, &value).and_then(|attributes| {
                attributes.iter().try_for_each(|text| attribute(&at, text))?;
                read.attributes = attributes;
                Ok(())
            }),
            "fields" => renames(&at, value).map(|fields| read.fields = fields),
            _ => Err(unknown(place, &key, "derive, attributes, fields")),
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

fn derive_path(place: &str, text: &str) -> Result<(), String> {
    let read: Result<syn::Path, _> = syn::parse_str(text);
    read.map(|_| ()).map_err(|_| format!("`{place}`: `{text}` is no path; write `serde::Serialize`"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Via;

    #[test]
    fn every_mistake_is_told() {
        let text = r##"
            migration = "db"
            schema = "db"
            out = 3
            infinities = "never"
            date_time = "joda"
            types."public.plate" = { newtype = "yes", kind = "x", via = "TryFrom" }
            types."public.level" = { type = "no type", name = "a b" }
            types."public.fuel" = { type = "crate::Fuel", name = "Fuel" }
            columns."public.cars.a" = { via = "serde" }
            columns."public.cars.b" = { type = "crate::B", via = "magic" }
            columns."public.cars.c" = 1
            columns."public.cars.e" = {}
            columns."public.cars.f" = { type = 3 }
            queries = 3
            columns."public.cars.d" = { tpye = "crate::D" }
            [rust]
            derive = ["not a path"]
            [rust.types.Car]
            attributes = ["#[serde(skip)]"]
            fields = { plate = "two words" }
            feilds = {}
            visibility = "pub"
            [rust.types.Owner]
            derive = 3
            fields = { name = 3 }
            [lint]
            select-star = "no"
            several-row = "off"
            [migrate]
            format = "flyway"
            skip = 3
            skpi = []
            multi_statement = "on"
            table = ""
            out_of_order = true
            lock_timeout = "5 seconds"
            statement_timeout = 3
            whatever = "5s"
        "##;
        let error = Config::new(".").toml(text).unwrap_err().to_string();
        for mistake in [
            "`migration` is not a setting; did you mean `migrations` or `migrate`?",
            "`schema` is not a setting; write one of migrations, queries, out",
            "`out` has to be a path",
            "`infinities` has to be \"keep\" or \"error\"",
            "`date_time` has to be \"chrono\" or \"jiff\" or \"time\" or \"bindery\"",
            "`queries` has to be a path or a list of paths",
            "`columns.\"public.cars.e\"` has no `type`",
            "`columns.\"public.cars.f\".type` has to be a text",
            "`rust.types.\"Car\"` has no `visibility`; write one of derive, attributes, fields",
            "`rust.types.\"Owner\".derive` has to be a text or a list of texts",
            "`rust.types.\"Owner\".fields.name` has to be a text",
            "`types.\"public.plate\".newtype` is string, which it cannot be",
            "`types.\"public.plate\"` has no `kind`; write one of type, via, name, newtype, unknown_labels",
            "`columns.\"public.cars.d\"` has no `tpye`; did you mean `type`?",
            "`types.\"public.plate\"` has `via`, but no `type`",
            "`types.\"public.level\"`: `no type` is no type of Rust",
            "`types.\"public.level\"`: `a b` is no name in Rust",
            "`types.\"public.fuel\"`: no type is generated where `type` names one of your own",
            "`columns.\"public.cars.a\"` has `via`, but no `type`",
            "`via magic` is not one of `FromSql`, `serde`, `TryFrom`",
            "`columns.\"public.cars.c\"` has to be a table",
            "`rust.derive`: `not a path` is no path; write `serde::Serialize`",
            "`rust.types.\"Car\".attributes`: `#[serde(skip)]` is no attribute of Rust; write it without `#[]`",
            "`rust.types.\"Car\".fields`: `two words` is no name in Rust",
            "`rust.types.\"Car\"` has no `feilds`; did you mean `fields`?",
            "`lint.select-star` has to be \"off\" or \"warn\" or \"error\"",
            "`lint.several-row`: there is no such rule; did you mean `several-rows`?",
            "`migrate.format` has to be \"goose\" or \"golang-migrate\" or \"dbmate\" or \"sql-migrate\" or \"tern\" or \"plain\"",
            "`migrate.skip` has to be a text or a list of texts",
            "`migrate` has no `skpi`; did you mean `skip`?",
            "`migrate.multi_statement` has to be true or false",
            "`migrate.table` has to be the name of a table",
            "`migrate.out_of_order` has to be \"refuse\" or \"apply\"",
            "`migrate.lock_timeout`: `5 seconds` is no duration: write `500ms`, `5s`, `2min` or `1h`",
            "`migrate.statement_timeout` has to be a text such as \"5s\"",
            "`migrate` has no `whatever`; write one of format, skip, multi_statement, table, out_of_order, lock_timeout, statement_timeout",
        ] {
            assert!(error.contains(mistake), "{mistake}\n{error}");
        }
        assert!(error.ends_with("these 36 errors"), "{error}");
    }

    #[test]
    fn what_is_said_is_taken_over() {
        let text = r#"
            array_dimensions = "one"
            decimal = "rust_decimal"
            query_traits = "on"
            types."public.plate" = { type = "crate::Plate", via = "TryFrom" }
            columns."public.cars.payload" = "crate::Payload<String, i32>"
            [rust]
            derive = "Eq"
            [rust.files."q.sql"]
            derive = ["Hash"]
            [rust.types.Car]
            fields = { plate = "licence" }
            [lint]
            select-star = "off"
            [migrate]
            format = "dbmate"
            skip = ["00003_x.go"]
            multi_statement = true
            table = "app.versions"
            out_of_order = "apply"
            lock_timeout = "500ms"
            statement_timeout = "2min"
        "#;
        let mut config = Config::new(".");
        let settings = &config.toml(text).unwrap().settings;
        assert!(settings.one_dimension && settings.rust_decimal && settings.infinities);
        assert!(settings.query_traits);
        let plate = settings.of_type("public.plate").and_then(|plate| plate.rust.clone());
        assert_eq!(plate, Some(RustType { path: "crate::Plate".into(), via: Some(Via::TryFrom) }));
        assert_eq!(settings.columns["public.cars.payload"].path, "crate::Payload<String, i32>");
        let derives = settings.derives(Some("q.sql"), "Car");
        assert_eq!(derives.derive, ["Eq", "Hash"]);
        assert_eq!(derives.fields["plate"], "licence");
        let migrate = &settings.migrate;
        assert_eq!((migrate.format, migrate.multi_statement), (Some(Format::Dbmate), true));
        assert_eq!(migrate.skip, ["00003_x.go"]);
        assert_eq!((migrate.table(), migrate.out_of_order), ("app.versions", OutOfOrder::Apply));
        assert_eq!(migrate.lock_timeout, Some(Duration::from_millis(500)));
        assert_eq!(migrate.statement_timeout, Some(Duration::from_secs(120)));
        assert_eq!(settings.strictness(Rule::SelectStar), Strictness::Off);
        assert_eq!(settings.strictness(Rule::SeveralRows), Strictness::Warn);
    }
}
