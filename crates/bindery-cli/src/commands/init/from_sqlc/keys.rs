//! Every key of sqlc's configuration, and what it means here: the reference of sqlc 1.31, docs/reference/config.md, and
//! its internal/config, which knows some more.

use serde_json::Value;

use super::findings::Findings;
use super::settings::{Section, list, text};
use super::{Object, Parts};

/// What a key means for Bindery.
pub enum Meaning {
    /// It is so without a setting.
    Taken(&'static str),
    /// The user has to say.
    Open(&'static str),
    /// Nothing, because.
    None(&'static str),
    /// Other code takes it over, and tells it.
    Read,
}

use Meaning::{None as No, Open, Read, Taken};

type Keys = [(&'static str, Meaning)];

const SERVER: &str = "a build starts a PostgreSQL of its own, or asks the one of BINDERY_DATABASE_URL";
const CLOUD: &str = "nothing of a build leaves the machine";
const FILES: &str = "the modules are called as the query files are";
const PLUGINS: &str = "Bindery writes Rust only";
const BY_VALUE: &str = "rows are owned, and parameters are borrowed by the function";
const OTHER_LANGUAGE: &str = "it is for another language";

/// The top of version 1.
pub const FIRST: &Keys = &[
    ("version", Taken("read as version 1")),
    ("cloud", No(CLOUD)),
    ("packages", Read),
    ("overrides", Read),
    ("rename", Read),
    ("rules", Read),
];

/// The top of version 2.
pub const SECOND: &Keys = &[
    ("version", Taken("read as version 2")),
    ("cloud", No(CLOUD)),
    ("sql", Read),
    ("overrides", Read),
    ("plugins", No(PLUGINS)),
    ("rules", Read),
    ("options", No(PLUGINS)),
    ("servers", No(SERVER)),
];

/// `sql[]`, and `packages[]` too.
pub const SET: &Keys = &[
    ("name", No("a package of cargo has its name")),
    ("engine", Taken("PostgreSQL")),
    ("schema", Read),
    ("queries", Read),
    ("codegen", No(PLUGINS)),
    ("gen", Read),
    ("database", Read),
    ("rules", Read),
    ("analyzer", Read),
    ("strict_function_checks", Taken("PostgreSQL looks up every function")),
    ("strict_order_by", Taken("PostgreSQL refuses what is ambiguous")),
];

/// What version 1 has beside what `gen.go` has.
pub const PACKAGE: &Keys =
    &[("path", No("the code goes to OUT_DIR; `out` in bindery.toml has it checked in"))];

pub const DATABASE: &Keys = &[
    ("uri", No(SERVER)),
    ("url", No(SERVER)),
    ("managed", No("a build's database is always made for it, and dropped")),
];

pub const ANALYZER: &Keys = &[("database", Taken("every query is prepared by PostgreSQL"))];

/// `gen`, and the global `overrides`.
pub const LANGUAGES: &Keys = &[
    ("go", Read),
    ("json", No(OTHER_LANGUAGE)),
    ("kotlin", No(OTHER_LANGUAGE)),
    ("python", No(OTHER_LANGUAGE)),
];

/// `overrides.go`
pub const GLOBAL_GO: &Keys = &[("overrides", Read), ("rename", Read)];

/// `gen.go`
pub const GO: &Keys = &[
    ("package", No("the code is the module that you take it in with, `mod db`")),
    ("out", No("the code goes to OUT_DIR; `out` in bindery.toml has it checked in")),
    ("sql_package", No("the driver is tokio-postgres")),
    ("sql_driver", No("the driver is tokio-postgres, and it knows COPY")),
    ("emit_interface", Read),
    ("emit_json_tags", Read),
    ("json_tags_case_style", Read),
    ("json_tags_id_uppercase", Read),
    ("emit_db_tags", No("columns are read by their position, after their names were checked")),
    ("emit_prepared_queries", Taken("every query is prepared once a connection")),
    ("emit_exact_table_names", No("a row's struct has the singular of the table's name")),
    ("emit_empty_slices", Taken("no rows are an empty `Vec`")),
    ("emit_exported_queries", Taken("each statement is a public static beside its function")),
    ("emit_result_struct_pointers", No(BY_VALUE)),
    ("emit_params_struct_pointers", No(BY_VALUE)),
    ("emit_methods_with_db_argument", Taken("the functions of a module take the connection")),
    ("emit_pointers_for_null_types", Taken("what can be NULL is an `Option`")),
    ("emit_pointers_for_null_enum_types", Taken("what can be NULL is an `Option`")),
    ("emit_enum_valid_method", Taken("`bindery::Enum::from_label` is None for what is no label")),
    ("emit_all_enum_values", Taken("`bindery::Enum::ALL`")),
    ("emit_sql_as_comment", Taken("each function's documentation has its SQL")),
    ("emit_query_batch", Taken("`:batchexec` and its like are pipelined, see docs/sets.md")),
    ("build_tags", Open("write `#[cfg(...)]` above `mod db` if the code is to be left out of some builds")),
    ("initialisms", No("names in Rust are snake_case")),
    ("omit_unused_structs", Taken("only what queries use is generated")),
    ("omit_sqlc_version", Taken("the code has no version in it")),
    ("wrap_errors", Taken("an error names its query")),
    ("query_parameter_limit", No("up to three parameters are arguments, more are a struct")),
    ("inflection_exclude_table_names", No("a row's struct has the singular of the table's name")),
    ("output_batch_file_name", No(FILES)),
    ("output_copyfrom_file_name", No(FILES)),
    ("output_db_file_name", No(FILES)),
    ("output_files_suffix", No(FILES)),
    ("output_models_file_name", No(FILES)),
    ("output_models_package", No(FILES)),
    ("output_models_path", No(FILES)),
    ("output_models_import", No(FILES)),
    ("output_models_emit", No(FILES)),
    ("models_package_import_path", No(FILES)),
    ("output_querier_file_name", No(FILES)),
    ("output_query_batch_file_name", No(FILES)),
    ("output_query_files_directory", No(FILES)),
    ("overrides", Read),
    ("rename", Read),
];

/// Tells what each key of `object` means; a key that none of `tables` has is told too.
pub fn tell(place: &str, object: &Object, tables: &[&Keys], findings: &mut Findings) {
    for (key, value) in object {
        let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
        let known = tables.iter().flat_map(|table| table.iter()).find(|(name, _)| name == key);
        match known.map(|(_, meaning)| meaning) {
            Some(Read) if *value == Value::Bool(false) => findings.none(&path, "it is off"),
            Some(Read) => {}
            Some(_) if *value == Value::Bool(false) => findings.none(&path, "it is off"),
            Some(Taken(what)) => findings.taken(&path, what),
            Some(Open(what)) => findings.open(&path, what),
            Some(No(why)) => findings.none(&path, why),
            None => findings.open(&path, "sqlc's reference has no such key"),
        }
    }
}

pub fn is_on(object: &Object, key: &str) -> bool {
    object.get(key) == Some(&Value::Bool(true))
}

/// What Go's generator was told of JSON. Whether generated types derive serde's traits.
pub fn take_json(place: &str, go: &Object, parts: Parts<'_>) -> bool {
    let Parts { settings, findings } = parts;
    let has_tags = is_on(go, "emit_json_tags");
    let key = |name: &str| format!("{place}.{name}");
    if has_tags {
        let derive = list(&["serde::Serialize".to_owned(), "serde::Deserialize".to_owned()]);
        settings.set(Section::Rust, "derive", derive, &key("emit_json_tags"));
        findings.taken(&key("emit_json_tags"), "rows and enums derive serde's traits; parameters do not");
    }
    if let Some(style) = go.get("json_tags_case_style") {
        let path = key("json_tags_case_style");
        match (has_tags, case_of(style.as_str())) {
            (false, _) => findings.none(&path, "it is for `emit_json_tags`, which is off"),
            (true, Case::AsColumns) => findings.taken(&path, "serde takes the names of the columns"),
            (true, Case::Unknown) => findings.open(&path, format!("sqlc has no style {style}")),
            (true, Case::Serde(case)) => {
                let attribute = list(&[format!("serde(rename_all = {})", text(case))]);
                match settings.set(Section::Rust, "attributes", attribute, &path) {
                    true => findings.taken(&path, format!("serde's `{case}`")),
                    false => findings.open(&path, "another set has another style; see [rust.files]"),
                }
            }
        }
    }
    if is_on(go, "json_tags_id_uppercase") {
        let path = key("json_tags_id_uppercase");
        findings
            .open(&path, "serde writes `carId` where sqlc wrote `carID`: readers of the JSON have to know");
    }
    has_tags
}

/// What a style of sqlc is to serde.
enum Case {
    Serde(&'static str),
    AsColumns,
    Unknown,
}

fn case_of(style: Option<&str>) -> Case {
    match style {
        Some("camel") => Case::Serde("camelCase"),
        Some("pascal") => Case::Serde("PascalCase"),
        Some("snake") => Case::Serde("snake_case"),
        Some("none" | "") => Case::AsColumns,
        _ => Case::Unknown,
    }
}
