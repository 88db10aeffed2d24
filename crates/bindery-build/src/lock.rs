//! `bindery.lock`: what PostgreSQL said, in a file that is committed and reviewed.
//!
//! Written by hand rather than by a serialiser, so that a column is a line and a nullable column that appears is one
//! changed line; read with a TOML parser.

use std::collections::HashSet;
use std::fmt::{self, Write as _};

use toml::{Table as TomlTable, Value};

use crate::description::{Attribute, Description, Field, Schema, Table, UserType, UserTypeKind};
use crate::query::{Command, Query};
use crate::settings::{self, RustType, Settings};
use crate::source::{self, Sources};

/// The form of the file. A build refuses a lock of a later one, and asks the server again for one of an earlier.
const VERSION: i64 = 3;

/// All that a build needs in place of a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lock {
    /// The server's major version, for information: every supported one gives the same answers.
    pub postgres: u32,
    /// Hash of the migrations.
    pub migrations: String,
    /// The settings that the answers depend on.
    pub settings: LockedSettings,
    /// Sorted by file and name.
    pub queries: Vec<LockedQuery>,
    pub schema: Schema,
}

/// The settings of bindery.toml that the answers depend on. What stands for types is looked up in every build.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockedSettings {
    /// `array_elements`: whether elements may be NULL unless something else is said or proven.
    pub null_elements: bool,
    /// Hash of what `columns` says and of the names in `types`; none if they are empty.
    pub named: Option<String>,
}

impl LockedSettings {
    pub fn of(settings: &Settings) -> Self {
        let columns = settings.columns.iter().map(|(name, rust)| format!("{name} {rust:?}"));
        let named: Vec<String> = columns.chain(settings.types.keys().cloned()).collect();
        let hash = (!named.is_empty()).then(|| source::hash(named.iter().map(String::as_str)));
        Self { null_elements: settings.null_elements, named: hash }
    }
}

/// Why a lock's text is of no use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LockError {
    /// A later Bindery wrote it: its answers are not to be thrown away.
    Newer(i64),
    /// It is damaged, as a merge leaves it.
    Damaged(String),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => write!(
                f,
                "it was written by a newer Bindery (lock version {version}; this one reads {VERSION}): update bindery-build"
            ),
            Self::Damaged(reason) => f.write_str(reason),
        }
    }
}

impl From<String> for LockError {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

/// One query of the lock.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockedQuery {
    pub name: String,
    pub file: String,
    pub command: Command,
    /// Hash of what was described.
    pub source: String,
    pub description: Description,
}

impl Lock {
    /// The lock of what was just described.
    pub fn new(
        sources: &Sources,
        queries: &[Query],
        descriptions: Vec<Description>,
        mut schema: Schema,
        settings: &Settings,
        postgres: u32,
    ) -> Self {
        schema.keep_used(descriptions.iter());
        let described = queries.iter().zip(descriptions);
        let mut queries: Vec<LockedQuery> = described
            .map(|(query, description)| LockedQuery {
                name: query.name.clone(),
                file: query.file.path.clone(),
                command: query.command,
                source: query.source.clone(),
                description,
            })
            .collect();
        queries.sort_by(|a, b| a.key().cmp(&b.key()));
        let settings = LockedSettings::of(settings);
        Self { postgres, migrations: sources.migrations_hash(), settings, queries, schema }
    }

    /// What the file says of `query`, as long as it speaks of the very same text.
    pub fn description(&self, query: &Query) -> Option<&Description> {
        let entry = self.find(&query.file.path, &query.name)?;
        let same = entry.command == query.command && entry.source == query.source;
        same.then_some(&entry.description)
    }

    fn find(&self, file: &str, name: &str) -> Option<&LockedQuery> {
        let found = self.queries.binary_search_by(|entry| entry.key().cmp(&(file, name)));
        found.ok().map(|index| &self.queries[index])
    }

    /// Whether what it says of a query holds as long as the query is the same.
    pub fn is_of(&self, sources: &Sources, settings: &Settings) -> bool {
        self.migrations == sources.migrations_hash() && self.settings == LockedSettings::of(settings)
    }

    /// Why the lock does not fit the sources and the settings; empty if it does.
    pub fn stale_reasons(&self, sources: &Sources, queries: &[Query], settings: &Settings) -> Vec<String> {
        let mut reasons = Vec::new();
        let settings = LockedSettings::of(settings);
        if self.settings.null_elements != settings.null_elements {
            reasons.push("the setting `array_elements` has changed".to_owned());
        }
        if self.settings.named != settings.named {
            reasons.push("the settings `columns` or `types` have changed".to_owned());
        }
        if self.migrations != sources.migrations_hash() {
            reasons.push("the migrations have changed".to_owned());
        }
        for query in queries {
            if self.find(&query.file.path, &query.name).is_none() {
                reasons.push(format!("{}: query `{}` is new", query.file.path, query.name));
            } else if self.description(query).is_none() {
                reasons.push(format!("{}: query `{}` has changed", query.file.path, query.name));
            }
        }
        let present: HashSet<(&str, &str)> =
            queries.iter().map(|query| (query.file.path.as_str(), query.name.as_str())).collect();
        for entry in &self.queries {
            if !present.contains(&entry.key()) {
                reasons.push(format!("{}: query `{}` is gone", entry.file, entry.name));
            }
        }
        reasons
    }

    /// How the server's answers in `fresh` differ from this lock's, a line each; empty if they do not.
    pub fn differences(&self, fresh: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for new in &fresh.queries {
            let place = format!("{}: query `{}`", new.file, new.name);
            match self.find(&new.file, &new.name) {
                None => differences.push(format!("{place} is not in the lock")),
                Some(old) => compare_queries(&place, old, new, &mut differences),
            }
        }
        for old in &self.queries {
            if fresh.find(&old.file, &old.name).is_none() {
                differences.push(format!("{}: query `{}` is gone", old.file, old.name));
            }
        }
        compare_schemas(&self.schema, &fresh.schema, &mut differences);
        if differences.is_empty() && self.migrations != fresh.migrations {
            differences.push("the migrations have changed, without an effect on any query".to_owned());
        }
        differences
    }

    /// The file's text: the same lock gives the same bytes.
    pub fn render(&self) -> String {
        let mut text = String::from(
            "# Written by Bindery: what PostgreSQL says of every query. Commit it; builds then need no server.\n",
        );
        // Writing to a String cannot fail.
        let _ = writeln!(text, "version = {VERSION}\npostgres = {}", self.postgres);
        let _ = writeln!(text, "migrations = {}", quoted(&self.migrations));
        if !self.settings.null_elements {
            text.push_str("array_elements = \"not null\"\n");
        }
        if let Some(named) = &self.settings.named {
            let _ = writeln!(text, "settings = {}", quoted(named));
        }
        for query in &self.queries {
            render_query(query, &mut text);
        }
        for table in &self.schema.tables {
            let _ = writeln!(text, "\n[[table]]\nname = {}", quoted(&table.name));
            render_fields("columns", &table.columns, &mut text);
        }
        for user_type in &self.schema.types {
            let _ = writeln!(text, "\n[[type]]\nname = {}", quoted(&user_type.name));
            render_kind(&user_type.kind, &mut text);
        }
        text
    }

    /// Reads a lock's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let document: TomlTable = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let version = integer(&document, "version")?;
        if version > VERSION {
            return Err(LockError::Newer(version));
        }
        if version < VERSION {
            return Err(LockError::Damaged(format!(
                "it has the form of an older Bindery (lock version {version})"
            )));
        }
        let mut queries: Vec<LockedQuery> =
            tables(&document, "query")?.map(parse_query).collect::<Result<_, _>>()?;
        // As written, unless somebody has edited it.
        queries.sort_by(|a, b| a.key().cmp(&b.key()));
        Ok(Self {
            postgres: u32::try_from(integer(&document, "postgres")?).map_err(|e| e.to_string())?,
            migrations: string(&document, "migrations")?,
            settings: LockedSettings {
                null_elements: !document.contains_key("array_elements"),
                named: document.get("settings").and_then(Value::as_str).map(str::to_owned),
            },
            queries,
            schema: Schema {
                tables: tables(&document, "table")?.map(parse_table).collect::<Result<_, _>>()?,
                types: sorted_types(tables(&document, "type")?.map(parse_type).collect::<Result<_, _>>()?),
            },
        })
    }
}

impl LockedQuery {
    /// What the lock is sorted by.
    fn key(&self) -> (&str, &str) {
        (&self.file, &self.name)
    }
}

fn compare_queries(place: &str, old: &LockedQuery, new: &LockedQuery, out: &mut Vec<String>) {
    if old.command != new.command {
        out.push(format!("{place}: was :{}, is :{}", old.command.word(), new.command.word()));
    }
    if old.source != new.source {
        out.push(format!("{place}: its SQL or its annotations have changed"));
    }
    let (was, is) = (&old.description, &new.description);
    compare_fields(place, "parameter", &was.params, &is.params, out);
    compare_fields(place, "column", &was.columns, &is.columns, out);
    if was.at_most_one_row != is.at_most_one_row {
        let count = |at_most_one| if at_most_one { "at most one row" } else { "any number of rows" };
        out.push(format!("{place}: was {}, is {}", count(was.at_most_one_row), count(is.at_most_one_row)));
    }
    if was.table != is.table {
        let row = |table: &Option<String>| {
            table.as_ref().map_or("rows of its own".to_owned(), |table| format!("rows of `{table}`"))
        };
        out.push(format!("{place}: was {}, is {}", row(&was.table), row(&is.table)));
    }
}

fn compare_fields(place: &str, kind: &str, old: &[Field], new: &[Field], out: &mut Vec<String>) {
    let paired = old.iter().zip(new).filter(|(old, new)| old != new);
    out.extend(paired.map(|(old, new)| format!("{place}: {kind} was `{}`, is `{}`", shown(old), shown(new))));
    let gone = old.iter().skip(new.len());
    out.extend(gone.map(|old| format!("{place}: {kind} `{}` is gone", shown(old))));
    let added = new.iter().skip(old.len());
    out.extend(added.map(|new| format!("{place}: {kind} `{}` is new", shown(new))));
}

fn compare_schemas(old: &Schema, new: &Schema, out: &mut Vec<String>) {
    for table in &new.tables {
        match old.table(&table.name) {
            Some(was) => {
                compare_fields(
                    &format!("table `{}`", table.name),
                    "column",
                    &was.columns,
                    &table.columns,
                    out,
                );
            }
            None => out.push(format!("table `{}` is not in the lock", table.name)),
        }
    }
    for user_type in &new.types {
        match old.user_type(&user_type.name) {
            Some(was) if was.kind == user_type.kind => {}
            Some(was) => out.push(format!(
                "type `{}`: was {}, is {}",
                user_type.name,
                shown_kind(&was.kind),
                shown_kind(&user_type.kind)
            )),
            None => out.push(format!("type `{}` is not in the lock", user_type.name)),
        }
    }
    let gone_tables = old.tables.iter().filter(|table| new.table(&table.name).is_none());
    out.extend(gone_tables.map(|table| format!("table `{}` is not used any more", table.name)));
    let gone_types = old.types.iter().filter(|ty| new.user_type(&ty.name).is_none());
    out.extend(gone_types.map(|ty| format!("type `{}` is not used any more", ty.name)));
}

/// `plate text not null`
fn shown(field: &Field) -> String {
    let null = if field.nullable { "nullable" } else { "not null" };
    let elements = if field.null_elements { ", elements nullable" } else { "" };
    let domain = field.domain.as_ref().map(|domain| format!(" of {domain}")).unwrap_or_default();
    let rust = field.rust.as_ref().map(|rust| format!(" as {}", rust.path)).unwrap_or_default();
    format!("{} {}{domain} {null}{elements}{rust}", field.name, field.ty)
}

fn shown_kind(kind: &UserTypeKind) -> String {
    match kind {
        UserTypeKind::Enum(labels) => format!("an enum of {}", labels.join(", ")),
        UserTypeKind::Domain { base, checks } => match &checks[..] {
            [] => format!("a domain over {base}"),
            checks => format!("a domain over {base} with {}", checks.join(", ")),
        },
        UserTypeKind::Composite { attributes, .. } => {
            let shown = attributes.iter().map(|attribute| format!("{} {}", attribute.name, attribute.ty));
            format!("a composite of {}", shown.collect::<Vec<_>>().join(", "))
        }
        UserTypeKind::Range(subtype) => format!("a range of {subtype}"),
        UserTypeKind::Multirange(subtype) => format!("a multirange of {subtype}"),
        UserTypeKind::Base { extension: Some(extension), .. } => {
            format!("a type of the extension {extension}")
        }
        UserTypeKind::Base { extension: None, .. } => "a base type".to_owned(),
    }
}

fn render_kind(kind: &UserTypeKind, text: &mut String) {
    let mut key = |key: &str, value: &str| {
        let _ = writeln!(text, "{key} = {}", quoted(value));
    };
    match kind {
        UserTypeKind::Domain { base, checks } => {
            key("domain_over", base);
            if !checks.is_empty() {
                text.push_str("checks = [\n");
                checks.iter().for_each(|check| text.push_str(&format!("    {},\n", quoted(check))));
                text.push_str("]\n");
            }
        }
        UserTypeKind::Range(subtype) => key("range_of", subtype),
        UserTypeKind::Multirange(subtype) => key("multirange_of", subtype),
        UserTypeKind::Base { extension, is_binary } => {
            key("extension", extension.as_deref().unwrap_or_default());
            if !is_binary {
                text.push_str("binary = false\n");
            }
        }
        UserTypeKind::Enum(labels) => {
            text.push_str("labels = [\n");
            labels.iter().for_each(|label| text.push_str(&format!("    {},\n", quoted(label))));
            text.push_str("]\n");
        }
        UserTypeKind::Composite { attributes, of_table } => {
            if *of_table {
                text.push_str("of_table = true\n");
            }
            text.push_str("attributes = [\n");
            for Attribute { name, ty } in attributes {
                let _ = writeln!(text, "    {{ name = {}, type = {} }},", quoted(name), quoted(ty));
            }
            text.push_str("]\n");
        }
    }
}

fn render_query(query: &LockedQuery, text: &mut String) {
    let description = &query.description;
    let _ = writeln!(text, "\n[[query]]\nname = {}", quoted(&query.name));
    let _ = writeln!(text, "file = {}", quoted(&query.file));
    let _ = writeln!(text, "command = {}", quoted(query.command.word()));
    let _ = writeln!(text, "source = {}", quoted(&query.source));
    let _ = writeln!(text, "at_most_one_row = {}", description.at_most_one_row);
    if !description.unmet_keys.is_empty() {
        let keys: Vec<String> = description.unmet_keys.iter().map(|key| quoted(key)).collect();
        let _ = writeln!(text, "unmet_keys = [{}]", keys.join(", "));
    }
    if let Some(table) = &description.table {
        let _ = writeln!(text, "table = {}", quoted(table));
    }
    render_fields("params", &description.params, text);
    render_fields("columns", &description.columns, text);
}

fn render_fields(key: &str, fields: &[Field], text: &mut String) {
    if fields.is_empty() {
        let _ = writeln!(text, "{key} = []");
        return;
    }
    let _ = writeln!(text, "{key} = [");
    for field in fields {
        let (name, ty) = (quoted(&field.name), quoted(&field.ty));
        let elements = if field.null_elements { ", null_elements = true" } else { "" };
        let domain = field.domain.as_ref().map(|domain| format!(", domain = {}", quoted(domain)));
        let domain = domain.unwrap_or_default();
        let rust = field.rust.as_ref().map(|rust| format!(", rust = {}", quoted(&rust.path)));
        let via = field
            .rust
            .as_ref()
            .and_then(|rust| rust.via)
            .map(|via| format!(", via = {}", quoted(via.word())));
        let (rust, via) = (rust.unwrap_or_default(), via.unwrap_or_default());
        let nullable = field.nullable;
        let _ = writeln!(
            text,
            "    {{ name = {name}, type = {ty}, nullable = {nullable}{elements}{domain}{rust}{via} }},"
        );
    }
    text.push_str("]\n");
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn parse_query(table: &TomlTable) -> Result<LockedQuery, String> {
    let word = string(table, "command")?;
    Ok(LockedQuery {
        name: string(table, "name")?,
        file: string(table, "file")?,
        command: Command::from_word(&word).ok_or_else(|| format!("unknown command `{word}`"))?,
        source: string(table, "source")?,
        description: Description {
            params: fields(table, "params")?,
            columns: fields(table, "columns")?,
            at_most_one_row: boolean(table, "at_most_one_row")?,
            unmet_keys: strings(table, "unmet_keys"),
            table: table.get("table").and_then(Value::as_str).map(str::to_owned),
        },
    })
}

fn sorted_types(mut types: Vec<UserType>) -> Vec<UserType> {
    types.sort_by(|a, b| a.name.cmp(&b.name));
    types
}

fn parse_table(table: &TomlTable) -> Result<Table, String> {
    Ok(Table { name: string(table, "name")?, columns: fields(table, "columns")? })
}

fn parse_type(table: &TomlTable) -> Result<UserType, String> {
    let has = |key: &str| table.contains_key(key);
    let kind = match () {
        () if has("labels") => UserTypeKind::Enum(strings(table, "labels")),
        () if has("domain_over") => {
            UserTypeKind::Domain { base: string(table, "domain_over")?, checks: strings(table, "checks") }
        }
        () if has("range_of") => UserTypeKind::Range(string(table, "range_of")?),
        () if has("multirange_of") => UserTypeKind::Multirange(string(table, "multirange_of")?),
        () if has("attributes") => UserTypeKind::Composite {
            attributes: tables(table, "attributes")?
                .map(|item| Ok(Attribute { name: string(item, "name")?, ty: string(item, "type")? }))
                .collect::<Result<_, String>>()?,
            of_table: has("of_table"),
        },
        () => UserTypeKind::Base {
            extension: Some(string(table, "extension")?).filter(|extension| !extension.is_empty()),
            is_binary: !has("binary"),
        },
    };
    Ok(UserType { name: string(table, "name")?, kind })
}

fn fields(table: &TomlTable, key: &str) -> Result<Vec<Field>, String> {
    let items = tables(table, key)?;
    items
        .map(|item| {
            Ok(Field {
                name: string(item, "name")?,
                ty: string(item, "type")?,
                nullable: boolean(item, "nullable")?,
                null_elements: item.get("null_elements").and_then(Value::as_bool).unwrap_or(false),
                domain: item.get("domain").and_then(Value::as_str).map(str::to_owned),
                rust: match item.get("rust").and_then(Value::as_str) {
                    Some(path) => Some(RustType {
                        path: path.to_owned(),
                        via: item.get("via").and_then(Value::as_str).map(settings::via).transpose()?,
                    }),
                    None => None,
                },
            })
        })
        .collect()
}

/// The tables of an array; a missing key is an empty array.
fn tables<'t>(table: &'t TomlTable, key: &str) -> Result<impl Iterator<Item = &'t TomlTable>, String> {
    let array = match table.get(key) {
        None => &[],
        Some(Value::Array(array)) => array.as_slice(),
        Some(_) => return Err(format!("`{key}` is not an array")),
    };
    Ok(array.iter().filter_map(Value::as_table))
}

fn string(table: &TomlTable, key: &str) -> Result<String, String> {
    let value = table.get(key).and_then(Value::as_str);
    value.map(str::to_owned).ok_or_else(|| format!("`{key}` is missing or no string"))
}

/// The strings of an array; a missing key is an empty array.
fn strings(table: &TomlTable, key: &str) -> Vec<String> {
    let array = table.get(key).and_then(Value::as_array);
    array.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn integer(table: &TomlTable, key: &str) -> Result<i64, String> {
    let value = table.get(key).and_then(Value::as_integer);
    value.ok_or_else(|| format!("`{key}` is missing or no number"))
}

fn boolean(table: &TomlTable, key: &str) -> Result<bool, String> {
    let value = table.get(key).and_then(Value::as_bool);
    value.ok_or_else(|| format!("`{key}` is missing or neither true nor false"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Via;

    fn field(name: &str, ty: &str, nullable: bool) -> Field {
        Field {
            name: name.into(),
            ty: ty.into(),
            nullable,
            null_elements: ty.ends_with("[]"),
            domain: None,
            rust: None,
        }
    }

    fn lock() -> Lock {
        let description = Description {
            params: vec![
                field("plate", "public.plate", false),
                Field { domain: Some("public.plate".into()), ..field("other", "text", true) },
            ],
            columns: vec![
                field("id", "int8", false),
                field("odd \"name\"\n", "text[]", true),
                Field {
                    rust: Some(RustType { path: "crate::A".into(), via: Some(Via::Serde) }),
                    ..field("a", "json", true)
                },
                Field { rust: Some(RustType { path: "B".into(), via: None }), ..field("b", "json", true) },
            ],
            at_most_one_row: true,
            unmet_keys: Vec::new(),
            table: Some("public.cars".into()),
        };
        let query = LockedQuery {
            name: "FindCar".into(),
            file: "queries/cars.sql".into(),
            command: Command::Opt,
            source: "sha256:00".into(),
            description,
        };
        let attributes = vec![Attribute { name: "street".into(), ty: "text".into() }];
        let of = |name: &str, kind| UserType { name: name.into(), kind };
        let types = vec![
            of("a.address", UserTypeKind::Composite { attributes: attributes.clone(), of_table: false }),
            of("a.cars", UserTypeKind::Composite { attributes, of_table: true }),
            of("a.spans", UserTypeKind::Multirange("float8".into())),
            of("a.span", UserTypeKind::Range("float8".into())),
            of("ext.citext", UserTypeKind::Base { extension: Some("citext".into()), is_binary: true }),
            of("ext.own", UserTypeKind::Base { extension: None, is_binary: false }),
            UserType { name: "public.fuel".into(), kind: UserTypeKind::Enum(vec!["a".into(), "b".into()]) },
            UserType {
                name: "public.plate".into(),
                kind: UserTypeKind::Domain { base: "text".into(), checks: vec!["CHECK (true)".into()] },
            },
        ];
        let tables = vec![Table { name: "public.cars".into(), columns: vec![field("id", "int8", false)] }];
        Lock {
            postgres: 15,
            migrations: "sha256:11".into(),
            settings: LockedSettings { null_elements: true, named: Some("sha256:22".into()) },
            queries: vec![query],
            schema: Schema { tables, types: sorted_types(types) },
        }
    }

    #[test]
    fn a_lock_reads_back_as_it_was_written() {
        assert_eq!(Lock::parse(&lock().render()), Ok(lock()));
    }

    #[test]
    fn a_column_is_a_line() {
        let mut nullable = lock();
        nullable.queries[0].description.columns[0].nullable = true;
        let (before, after) = (lock().render(), nullable.render());
        let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
        assert_eq!(changed.count(), 1);
        assert_eq!(
            lock().differences(&nullable),
            ["queries/cars.sql: query `FindCar`: column was `id int8 not null`, is `id int8 nullable`"]
        );
    }

    #[test]
    fn a_lock_of_a_newer_bindery_is_refused() {
        let text = lock().render().replace("version = 3", "version = 4");
        assert!(Lock::parse(&text).unwrap_err().to_string().contains("newer Bindery"));
    }

    #[test]
    fn a_damaged_lock_is_refused() {
        assert!(Lock::parse("<<<<<<< HEAD").is_err());
        assert!(Lock::parse(&lock().render().replace("command = \"opt\"\n", "")).is_err());
    }
}
