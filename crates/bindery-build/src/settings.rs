//! What `bindery.toml` says of types, of the lint and of migrations: which Rust types stand for them, what generated types
//! derive, which rules are switched off, which tool's files are read.

use std::collections::BTreeMap;
use std::time::Duration;

use bindery_migrate::{Format, OutOfOrder, Strictness as MigrationStrictness};

use crate::lint::{Rule, Strictness};

/// The crate whose types dates and times become; the setting `date_time`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum DateTime {
    #[default]
    Chrono,
    Jiff,
    Time,
    /// The types of `bindery` itself, which hold every value.
    Bindery,
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// `array_elements`: whether elements of arrays may be NULL where nothing else is said or proven.
    pub null_elements: bool,
    /// `array_dimensions = "one"`: arrays are `Vec`s.
    pub one_dimension: bool,
    /// Whether infinities of dates and timestamps are kept; not with `infinities = "error"`.
    pub infinities: bool,
    pub date_time: DateTime,
    /// `decimal = "rust_decimal"`
    pub rust_decimal: bool,
    /// `query_traits = "on"`: a trait for each query struct.
    pub query_traits: bool,
    /// `[types]`, by the name in the database, `public.plate`.
    pub types: BTreeMap<String, TypeSettings>,
    /// `[columns]`, by the name in the database, `public.cars.payload`.
    pub columns: BTreeMap<String, RustType>,
    /// `[rust]`
    pub rust: Derives,
    /// `[rust.files]`, by path.
    pub rust_files: BTreeMap<String, Derives>,
    /// `[rust.types]`, by the name in Rust.
    pub rust_types: BTreeMap<String, Derives>,
    /// `[lint]`: the rules of which something is said.
    pub lint: BTreeMap<Rule, Strictness>,
    /// `[migrate]`
    pub migrate: MigrateSettings,
}

/// How the migrations are read, and run on a database of the user's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MigrateSettings {
    /// The tool whose files they are; none to see it from the files.
    pub format: Option<Format>,
    /// Files that are left out, by their names without folders.
    pub skip: Vec<String>,
    /// golang-migrate is run with `x-multi-statement`.
    pub multi_statement: bool,
    /// Not in `bindery.toml`: a build is always strict.
    pub strictness: MigrationStrictness,
    /// The table that notes what is applied, if it is not goose's own.
    pub table: Option<String>,
    pub out_of_order: OutOfOrder,
    pub lock_timeout: Option<Duration>,
    pub statement_timeout: Option<Duration>,
}

impl Default for MigrateSettings {
    fn default() -> Self {
        Self {
            format: None,
            skip: Vec::new(),
            multi_statement: false,
            strictness: MigrationStrictness::Strict,
            table: None,
            out_of_order: OutOfOrder::Refuse,
            lock_timeout: None,
            statement_timeout: None,
        }
    }
}

impl MigrateSettings {
    /// The table that notes what is applied.
    pub fn table(&self) -> &str {
        self.table.as_deref().unwrap_or("goose_db_version")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            null_elements: true,
            one_dimension: false,
            infinities: true,
            date_time: DateTime::default(),
            rust_decimal: false,
            query_traits: false,
            types: BTreeMap::new(),
            columns: BTreeMap::new(),
            rust: Derives::default(),
            rust_files: BTreeMap::new(),
            rust_types: BTreeMap::new(),
            lint: BTreeMap::new(),
            migrate: MigrateSettings::default(),
        }
    }
}

/// What is said of one type of the database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TypeSettings {
    pub rust: Option<RustType>,
    /// The name of the generated type.
    pub name: Option<String>,
    /// Of a domain: a struct of its own stands for it.
    pub newtype: bool,
    /// Of an enum: labels that were not there at build time are kept as `Unknown`.
    pub unknown_labels: bool,
}

/// A Rust type that is named for a column, a parameter or a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RustType {
    /// As it stands in the generated code: `crate::Payload`.
    pub path: String,
    pub via: Option<Via>,
}

/// What reads and writes a named type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// The driver's traits.
    FromSql,
    /// serde, for JSON.
    Serde,
    /// `TryFrom` the type that would stand here, and back by `Clone` and `Into`.
    TryFrom,
}

impl RustType {
    /// JSON is read by serde, everything else by the driver's traits, unless something else is said.
    pub fn via(&self, is_json: bool) -> Via {
        self.via.unwrap_or(if is_json { Via::Serde } else { Via::FromSql })
    }
}

impl Via {
    pub const ALL: [Self; 3] = [Self::FromSql, Self::Serde, Self::TryFrom];

    pub fn word(self) -> &'static str {
        match self {
            Self::FromSql => "FromSql",
            Self::Serde => "serde",
            Self::TryFrom => "TryFrom",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|via| via.word() == word)
    }
}

/// The word of an annotation or of `bindery.toml`.
pub(crate) fn via(word: &str) -> Result<Via, String> {
    let known = Via::ALL.map(|via| format!("`{}`", via.word())).join(", ");
    Via::from_word(word).ok_or_else(|| format!("`via {word}` is not one of {known}"))
}

/// A type of Rust, spaced as it will be printed.
pub(crate) fn rust_path(text: &str) -> Result<String, String> {
    match syn::parse_str::<syn::Type>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("`{text}` is no type of Rust")),
    }
}

/// What stands above generated types, and how their fields are called.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Derives {
    /// Paths: `serde::Serialize`.
    pub derive: Vec<String>,
    /// Without their brackets: `serde(rename_all = "camelCase")`.
    pub attributes: Vec<String>,
    /// The names of fields, by those that they would have.
    pub fields: BTreeMap<String, String>,
}

impl Settings {
    /// What is made of what a rule finds.
    pub fn strictness(&self, rule: Rule) -> Strictness {
        self.lint.get(&rule).copied().unwrap_or_default()
    }

    pub fn of_type(&self, name: &str) -> Option<&TypeSettings> {
        self.types.get(name)
    }

    /// What applies to the generated type `name`: what is said of all, of those of its file, and of itself.
    pub fn derives(&self, file: Option<&str>, name: &str) -> Derives {
        let of_file = file.and_then(|file| self.rust_files.get(file));
        let levels = [Some(&self.rust), of_file, self.rust_types.get(name)];
        let mut all = Derives::default();
        for level in levels.into_iter().flatten() {
            all.derive.extend(level.derive.iter().cloned());
            all.attributes.extend(level.attributes.iter().cloned());
            all.fields.extend(level.fields.clone());
        }
        all
    }
}
