//! prettyplease is the judge of every layout: what is written as text has to be what it makes of it.
//!
//! It drops the blank lines between items and methods, and comments, so these are left out of the comparison.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::*;
use bindery_migrate::Format;

use crate::Config;
use crate::description::{Attribute, Field, Relation, Schema, Table, UserType};
use crate::parse;
use crate::query::Command;
use crate::settings::{DateTime, RustType, Settings, Via};
use crate::source::Sources;

#[test]
fn garage_is_as_prettyplease_has_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let scratch = std::env::temp_dir().join(format!("bindery-pretty-{}", std::process::id()));
    fs::create_dir_all(&scratch).unwrap();
    fs::copy(root.join("bindery.lock"), scratch.join("bindery.lock")).unwrap();
    let mut config = Config::new(&root);
    config.toml(&fs::read_to_string(root.join("bindery.toml")).unwrap()).unwrap();
    config.lock(scratch.join("bindery.lock")).out_dir(scratch.join("db"));
    config.generate().unwrap();
    for entry in fs::read_dir(scratch.join("db")).unwrap() {
        let path = entry.unwrap().path();
        assert_pretty(&fs::read_to_string(&path).unwrap(), &path.display().to_string());
    }
    fs::remove_dir_all(&scratch).unwrap();
}

#[test]
fn random_projects_are_as_prettyplease_has_them() {
    let seed = std::env::var("BINDERY_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("BINDERY_SEED={seed}");
    let mut random = Random(seed.max(1));
    for project in 0..60 {
        let settings = random.settings();
        let (file, mut descriptions) = (random.file(), Vec::new());
        let sources = Sources { queries: vec![Arc::new(file)], ..Sources::default() };
        let mut diagnostics = Vec::new();
        let parsed = parse::parse_all(&sources, &mut diagnostics);
        assert_eq!(diagnostics.len(), 0, "BINDERY_SEED={seed}: {diagnostics:?}");
        let queries = &parsed[0].queries;
        for query in queries {
            descriptions.push(random.description(query));
        }
        let mut schema = schema();
        schema.tables.push(Table { name: "public.cars".into(), columns: random.fields(2) });
        let not_null = random.fields(3).into_iter().map(|field| field.name);
        schema.relations.push(Relation { name: "public.cars".into(), not_null: not_null.collect() });
        let types = Types { schema: &schema, settings: &settings };
        let input = Input {
            queries: queries.iter().zip(&descriptions).collect(),
            types,
            migrations: (1..=random.below(40) as i64).collect(),
            carried: Carried {
                files: [("migrations/1_a.sql", None), ("b.sql", Some("SELECT \"1\";\n".to_owned()))]
                    .map(|(path, text)| MigrationText { path, text })
                    .into(),
                format: Format::Goose,
                multi_statement: false,
                table: "goose_db_version",
            },
            layout: if random.below(2) == 0 { Layout::OutDir } else { Layout::SourceDir },
        };
        for (name, text) in generate(&input, &mut Vec::new()) {
            assert_pretty(&text, &format!("BINDERY_SEED={seed}, project {project}, {name}"));
        }
    }
}

#[track_caller]
fn assert_pretty(text: &str, said: &str) {
    let printed = match syn::parse_file(text) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => panic!("{said}: {error}:\n{text}"),
    };
    let lines = |text: &'_ str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("// @generated"));
        lines.map(str::to_owned).collect()
    };
    let (written, printed) = (lines(text), lines(&printed));
    let differing = written.iter().zip(&printed).position(|(written, printed)| written != printed);
    let at = differing.unwrap_or(written.len().min(printed.len()));
    let around = |lines: &[String]| lines[at.saturating_sub(6)..(at + 6).min(lines.len())].join("\n");
    assert!(written == printed, "{said}:\n{}\nis printed as\n{}", around(&written), around(&printed));
}

/// Types of a user's: an enum, a composite, a domain that may be a newtype.
fn schema() -> Schema {
    let of = |name: &str, kind| UserType { name: name.into(), kind };
    let attribute = |name: &str, ty: &str| Attribute { name: name.into(), ty: ty.into() };
    let attributes = vec![
        attribute("street", "text"),
        attribute("type", "public.fuel[]"),
        attribute("since\nwhen", "timestamptz"),
    ];
    let labels = ["petrol", "very \"odd\" label\\", "", "diesel or anything else that burns in an engine"];
    let checks = vec!["CHECK ((length(VALUE) < 1000))".into(), "CHECK ((VALUE ~ '^a'::text))".into()];
    let types = vec![
        of("public.address", UserTypeKind::Composite { attributes, of_table: false }),
        of("public.fuel", UserTypeKind::Enum(labels.map(str::to_owned).to_vec())),
        of("public.plate", UserTypeKind::Domain { base: "text".into(), checks }),
    ];
    Schema { types, ..Schema::default() }
}

const TYPES: [&str; 16] = [
    "int8",
    "text",
    "text[]",
    "bytea",
    "bytea[]",
    "timestamptz",
    "timestamptz[]",
    "tstzrange",
    "tstzmultirange[]",
    "numeric(10,2)",
    "jsonb",
    "uuid",
    "public.fuel",
    "public.fuel[]",
    "public.address[]",
    "public.plate",
];

const DOCS: [&str; 8] = [
    "Looks one up.",
    "`code`, \"quotes\", \\ backslash, 'a' and */ what would end a comment",
    "# A heading, ``` a fence, and a very long line that goes on and on far beyond any width that there is for code",
    "- ü, 🚗, a\ttab",
    "/ a slash, // two, /// three, ! and //!",
    "",
    "trailing white space   ",
    "#[attribute]",
];

const SQL: [&str; 8] = [
    "SELECT 1",
    "SELECT 'it''s', \"a\\b\"",
    "SELECT 1,\n    2\n\nFROM t -- `tick` ``` ticks",
    "SELECT '\"#\"##\"', $$ \\ $$\n",
    "SELECT\r\n 1",
    "SELECT 'a very long line of SQL that goes on and on, far beyond any width that there is for code' AS long",
    "SELECT '\t', 'ü'",
    "SELECT 'a\rb'",
];

const NAMES: [&str; 10] = ["id", "type", "self", "conn", "new", "Größe", "a b", "?column?", "x\"y\\", "_"];

const PATHS: [&str; 4] = [
    "crate::Payload",
    "std::collections::HashMap<String,Vec< u8 >>",
    "crate::a_very_long_module_name::another_very_long_module_name::AVeryLongTypeName<u8>",
    "(i32,String)",
];

/// Random numbers (xorshift64*), and what is made of them.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Every width of a line has to come up.
    fn word(&mut self, longest: usize) -> String {
        let length = 1 + self.below(longest);
        (0..length).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    fn file(&mut self) -> SourceFile {
        let mut text = String::new();
        for number in 0..20 {
            let command = self.one(&Command::ALL);
            let name = format!("Q{}{number}", self.word(55));
            text.push_str(&format!("-- name: {name} :{}\n", command.word()));
            for _ in 0..self.below(4) {
                text.push_str(&format!("-- {}\n", self.one(&DOCS)));
            }
            let sql = match command {
                Command::CopyFrom => "INSERT INTO t (a, \"b c\") VALUES ($1, $2)",
                _ => self.one(&SQL),
            };
            text.push_str(&format!("{sql};\n"));
        }
        SourceFile { path: format!("queries/{}.sql", self.word(50)), text }
    }

    fn description(&mut self, query: &Query) -> Description {
        let params = usize::from(query.command.takes_items()) + self.below(6);
        let columns = if query.command.returns_rows() { 1 + self.below(6) } else { 0 };
        let is_table = columns > 1 && self.below(5) == 0;
        Description {
            params: self.fields(params),
            columns: self.fields(columns),
            table: is_table.then(|| "public.cars".to_owned()),
            ..Description::default()
        }
    }

    fn fields(&mut self, count: usize) -> Vec<Field> {
        (0..count).map(|_| self.field()).collect()
    }

    fn field(&mut self) -> Field {
        let name = if self.below(4) == 0 { self.one(&NAMES).to_owned() } else { self.word(45) };
        let ty = self.one(&TYPES);
        let via = self.one(&[None, Some(Via::FromSql), Some(Via::TryFrom), Some(Via::Serde)]);
        let rust = RustType { path: self.one(&PATHS).to_owned(), via };
        Field {
            whole_rows: false,
            name,
            ty: ty.to_owned(),
            nullable: self.below(2) == 0,
            null_elements: ty.ends_with("[]") && self.below(2) == 0,
            domain: None,
            rust: (self.below(6) == 0).then_some(rust),
        }
    }

    fn settings(&mut self) -> Settings {
        let mut settings = Settings {
            one_dimension: self.below(2) == 0,
            infinities: self.below(2) == 0,
            query_traits: self.below(2) == 0,
            date_time: self.one(&[DateTime::Chrono, DateTime::Jiff, DateTime::Time, DateTime::Bindery]),
            ..Settings::default()
        };
        let plate = settings.types.entry("public.plate".to_owned()).or_default();
        plate.newtype = self.below(2) == 0;
        settings.types.entry("public.fuel".to_owned()).or_default().unknown_labels = self.below(2) == 0;
        let derives = ["serde::Serialize", "schemars::JsonSchema", "serde :: Deserialize", "Hash"];
        for derive in &derives[..self.below(5)] {
            settings.rust.derive.push((*derive).to_owned());
        }
        let attributes =
            ["serde(rename_all = \"camelCase\", default)", "serde(a=\"b\",c = \"d\" ,)", "must_use"];
        for attribute in &attributes[..self.below(4)] {
            settings.rust.attributes.push((*attribute).to_owned());
        }
        settings
    }
}
