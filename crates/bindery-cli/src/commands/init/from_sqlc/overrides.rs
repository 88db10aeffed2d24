//! `overrides`: types of Go, and what stands for them in Rust.

use serde_json::Value;

use super::settings::{Section, text};
use super::{Object, Parts};

/// Types of Go that mean the same as a type of Rust which stands there by itself.
struct Known {
    go: &'static [&'static str],
    /// The types of PostgreSQL for which it does.
    postgres: &'static [&'static str],
    rust: &'static str,
    choice: Option<Choice>,
}

/// A line of bindery.toml that goes with it.
enum Choice {
    /// It makes the same promise that the type of Go makes.
    Set(&'static str, &'static str),
    /// Another type that could stand there.
    Suggest(&'static str, &'static str),
}

const KNOWN: [Known; 15] = [
    Known {
        go: &[
            "github.com/google/uuid.UUID",
            "github.com/google/uuid.NullUUID",
            "github.com/gofrs/uuid.UUID",
            "github.com/gofrs/uuid/v5.UUID",
            "github.com/satori/go.uuid.UUID",
            "github.com/jackc/pgx/v5/pgtype.UUID",
        ],
        postgres: &["uuid"],
        rust: "bindery::uuid::Uuid",
        choice: None,
    },
    Known {
        go: &[
            "time.Time",
            "database/sql.NullTime",
            "gopkg.in/guregu/null.v4.Time",
            "github.com/guregu/null/v5.Time",
        ],
        postgres: &["timestamptz", "timestamp", "date"],
        rust: "the types of chrono",
        // Go's Time has no infinity, and the drivers fail on one.
        choice: Some(Choice::Set("infinities", "error")),
    },
    Known {
        go: &["github.com/shopspring/decimal.Decimal", "github.com/shopspring/decimal.NullDecimal"],
        postgres: &["numeric"],
        rust: "bindery::Numeric",
        choice: Some(Choice::Suggest("decimal", "rust_decimal")),
    },
    Known {
        go: &[
            "string",
            "database/sql.NullString",
            "gopkg.in/guregu/null.v4.String",
            "github.com/guregu/null/v5.String",
        ],
        postgres: &["text", "varchar", "bpchar", "citext", "name", "xml", "ltree"],
        rust: "String",
        choice: None,
    },
    Known {
        go: &[
            "encoding/json.RawMessage",
            "[]byte",
            "map[string]interface{}",
            "map[string]any",
            "interface{}",
            "any",
        ],
        postgres: &["json", "jsonb"],
        rust: "bindery::serde_json::Value",
        choice: None,
    },
    Known { go: &["[]byte"], postgres: &["bytea"], rust: "Vec<u8>", choice: None },
    Known { go: &["bool", "database/sql.NullBool"], postgres: &["bool"], rust: "bool", choice: None },
    Known { go: &["int16", "database/sql.NullInt16"], postgres: &["int2"], rust: "i16", choice: None },
    Known { go: &["int32", "int", "database/sql.NullInt32"], postgres: &["int4"], rust: "i32", choice: None },
    Known { go: &["int64", "int", "database/sql.NullInt64"], postgres: &["int8"], rust: "i64", choice: None },
    Known { go: &["float32"], postgres: &["float4"], rust: "f32", choice: None },
    Known { go: &["float64", "database/sql.NullFloat64"], postgres: &["float8"], rust: "f64", choice: None },
    Known {
        go: &["net/netip.Addr", "net/netip.Prefix", "net.IP", "net.IPNet"],
        postgres: &["inet"],
        rust: "bindery::cidr::IpInet",
        choice: None,
    },
    Known {
        go: &["github.com/pgvector/pgvector-go.Vector"],
        postgres: &["vector"],
        rust: "bindery::pgvector::Vector (bindery's feature `pgvector`)",
        choice: None,
    },
    Known {
        go: &["github.com/jackc/pgx/v5/pgtype.Interval"],
        postgres: &["interval"],
        rust: "bindery::Interval",
        choice: None,
    },
];

/// The keys of an entry, of which `null` and `postgres_type` are older names.
const KEYS: [&str; 9] = [
    "go_type",
    "go_struct_tag",
    "db_type",
    "postgres_type",
    "engine",
    "nullable",
    "null",
    "unsigned",
    "column",
];

/// Takes over each entry.
pub fn take(place: &str, entries: &Value, mut parts: Parts<'_>) {
    let Some(entries) = entries.as_array() else {
        return parts.findings.open(place, "it is no list");
    };
    for (index, entry) in entries.iter().enumerate() {
        let place = format!("{place}[{index}]");
        match entry.as_object() {
            Some(entry) => take_one(&place, entry, &mut parts),
            None => parts.findings.open(&place, "it is no mapping"),
        }
    }
}

fn take_one(place: &str, entry: &Object, parts: &mut Parts<'_>) {
    for key in entry.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        parts.findings.open(&format!("{place}.{key}"), "sqlc's reference has no such key");
    }
    if entry.contains_key("go_struct_tag") {
        parts.findings.none(&format!("{place}.go_struct_tag"), "fields of Rust have no tags");
    }
    let word = |key: &str| entry.get(key).and_then(Value::as_str);
    if word("engine").is_some_and(|engine| engine != "postgresql") {
        return parts.findings.none(place, "it is for another engine");
    }
    let Some(go) = entry.get("go_type").map(go_type) else {
        // An entry may be there for its tag alone.
        return;
    };
    match (word("column"), word("db_type").or(word("postgres_type"))) {
        (Some(column), None) => take_column(place, column, &go, parts),
        (None, Some(name)) => take_type(place, name, &go, parts),
        _ => parts.findings.open(place, "it has to name a column or a type"),
    }
}

fn take_type(place: &str, name: &str, go: &str, parts: &mut Parts<'_>) {
    let plain = plain_name(name);
    if let Some(known) = known(go, Some(plain)) {
        take_choice(place, known, parts);
        return parts.findings.taken(place, format!("`{plain}`, `{go}` in Go: {} by itself", known.rust));
    }
    let full =
        if is_built_in(plain) || plain.contains('.') { plain.to_owned() } else { format!("public.{plain}") };
    parts.settings.suggest(Section::Types, &full, own_type(go), place);
    parts
        .findings
        .open(place, format!("`{plain}`, `{go}` in Go: name a type of Rust in bindery.toml, or leave it"));
}

fn take_column(place: &str, column: &str, go: &str, parts: &mut Parts<'_>) {
    let full = match column.split('.').collect::<Vec<_>>()[..] {
        [table, column] => format!("public.{table}.{column}"),
        [schema, table, column] | [_, schema, table, column] => format!("{schema}.{table}.{column}"),
        _ => return parts.findings.open(place, format!("`{column}` is no column")),
    };
    if full.contains(['*', '?']) {
        let what =
            format!("`{column}`, `{go}` in Go: there are no patterns here; name each column in [columns]");
        return parts.findings.open(place, what);
    }
    if let Some(known) = known(go, None) {
        take_choice(place, known, parts);
        let types = known.postgres.join("` or `");
        let what = format!("`{full}`, `{go}` in Go: {} by itself, if it is `{types}`", known.rust);
        return parts.findings.taken(place, what);
    }
    parts.settings.suggest(Section::Columns, &full, own_type(go), place);
    parts
        .findings
        .open(place, format!("`{full}`, `{go}` in Go: name a type of Rust in bindery.toml, or leave it"));
}

fn take_choice(place: &str, known: &Known, parts: &mut Parts<'_>) {
    match known.choice {
        Some(Choice::Set(key, value)) => {
            parts.settings.set(Section::Root, key, text(value), place);
        }
        Some(Choice::Suggest(key, value)) => parts.settings.suggest(Section::Root, key, text(value), place),
        None => {}
    }
}

/// `{ type = "crate::Plate", via = "TryFrom" }`
fn own_type(go: &str) -> String {
    let name = go.rsplit(['.', '/', ']', '*']).next().filter(|name| name.starts_with(char::is_uppercase));
    format!("{{ type = \"crate::{}\", via = \"TryFrom\" }}", name.unwrap_or("Own"))
}

fn known(go: &str, postgres: Option<&str>) -> Option<&'static Known> {
    let fits = |known: &&Known| postgres.is_none_or(|name| known.postgres.contains(&name));
    KNOWN.iter().filter(|known| known.go.contains(&go)).find(fits)
}

/// A type of Go in one line, `github.com/google/uuid.UUID`. That it is a pointer says that it may be NULL, which is the
/// column's affair here.
fn go_type(value: &Value) -> String {
    let Some(parts) = value.as_object() else {
        return value.as_str().unwrap_or_default().trim_start_matches('*').to_owned();
    };
    let word = |key: &str| parts.get(key).and_then(Value::as_str).unwrap_or_default();
    let slice = if parts.get("slice") == Some(&Value::Bool(true)) { "[]" } else { "" };
    let name = word("type").trim_start_matches('*');
    match word("import") {
        "" => format!("{slice}{name}"),
        import => format!("{slice}{import}.{name}"),
    }
}

/// A type's name as PostgreSQL has it inside.
fn plain_name(name: &str) -> &str {
    let bare = name.strip_prefix("pg_catalog.").unwrap_or(name);
    match bare {
        "int" | "integer" | "serial" => "int4",
        "bigint" | "bigserial" => "int8",
        "smallint" | "smallserial" => "int2",
        "boolean" => "bool",
        "real" => "float4",
        "double precision" => "float8",
        "decimal" => "numeric",
        "character varying" => "varchar",
        "char" | "character" => "bpchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        other => other,
    }
}

fn is_built_in(name: &str) -> bool {
    const OTHERS: [&str; 9] =
        ["time", "timetz", "cidr", "macaddr", "macaddr8", "money", "oid", "tsvector", "tsquery"];
    let extensions = ["citext", "ltree", "vector"];
    let is_known = KNOWN.iter().any(|known| known.postgres.contains(&name)) || OTHERS.contains(&name);
    is_known && !extensions.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_go_has_two_forms() {
        let read = |json: &str| go_type(&serde_json::from_str(json).unwrap());
        assert_eq!(read(r#""github.com/google/uuid.UUID""#), "github.com/google/uuid.UUID");
        assert_eq!(read(r#""*string""#), "string");
        let map = r#"{"import": "github.com/google/uuid", "package": "u", "type": "UUID", "pointer": true}"#;
        assert_eq!(read(map), "github.com/google/uuid.UUID");
        assert_eq!(read(r#"{"type": "string", "slice": true}"#), "[]string");
    }

    #[test]
    fn a_type_of_go_means_the_same_only_for_some_types() {
        assert_eq!(known("string", Some("citext")).unwrap().rust, "String");
        assert!(known("string", Some("uuid")).is_none());
        assert_eq!(known("int", Some(plain_name("pg_catalog.int8"))).unwrap().rust, "i64");
        assert_eq!(known("[]byte", Some("jsonb")).unwrap().rust, "bindery::serde_json::Value");
        assert_eq!(own_type("example.com/app/db.Plate"), "{ type = \"crate::Plate\", via = \"TryFrom\" }");
    }
}
