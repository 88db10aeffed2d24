use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::table::RECORD;
use super::*;
use crate::settings::TypeSettings;

fn schema() -> Schema {
    let of = |name: &str, kind| UserType { name: name.into(), kind };
    let domain = |base: &str| UserTypeKind::Domain { base: base.into(), checks: Vec::new() };
    let attribute = |name: &str, ty: &str| Attribute { name: name.into(), ty: ty.into() };
    let composite = |attributes, of_table| UserTypeKind::Composite { attributes, of_table };
    let base = |extension: Option<&str>, is_binary| UserTypeKind::Base {
        extension: extension.map(str::to_owned),
        is_binary,
    };
    let mut types = vec![
        of("audit.best_fuel", domain("public.fuel")),
        of("ext.citext", base(Some("citext"), true)),
        of("ext.own", base(None, true)),
        of("ext.text_only", base(Some("own"), false)),
        of(
            "public.address",
            composite(vec![attribute("street", "text"), attribute("extra", "jsonb")], false),
        ),
        of("public.cars", composite(vec![attribute("id", "int8")], true)),
        of("public.fuel", UserTypeKind::Enum(vec![])),
        of("public.grants", composite(vec![attribute("acl", "aclitem")], false)),
        of("public.plate", domain("text")),
        of("public.span", UserTypeKind::Range("float8".into())),
        of("public.spans", UserTypeKind::Multirange("float8".into())),
        of("public.tags", domain("text[]")),
        of("public.trips", UserTypeKind::Multirange("public.address".into())),
    ];
    types.sort_by(|a, b| a.name.cmp(&b.name));
    Schema { types, ..Schema::default() }
}

/// The type in rows, its elements nullable, and in parameters, its elements not.
fn shown(ty: &str, settings: &Settings) -> Result<(String, String), String> {
    let schema = schema();
    let types = Types { schema: &schema, settings };
    let resolved = types.resolve(ty, None).map_err(|refusal| refusal.reason)?;
    Ok((resolved.owned(Scope::Root, true), resolved.param(false)))
}

#[test]
fn types_are_resolved_to_the_last_part() {
    let settings = Settings::default();
    for (ty, owned, param) in [
        ("int4", "i32", "i32"),
        ("text[]", "bindery::Array<Option<String>>", "&[&str]"),
        ("public.plate", "String", "&str"),
        ("public.plate[]", "bindery::Array<Option<String>>", "&[&str]"),
        ("public.tags", "bindery::Array<Option<String>>", "&[&str]"),
        (
            "public.tags[]",
            "bindery::Array<Option<bindery::Array<Option<String>>>>",
            "&[bindery::Array<Option<String>>]",
        ),
        ("audit.best_fuel", "Fuel", "super::Fuel"),
        ("public.fuel[]", "bindery::Array<Option<Fuel>>", "&[super::Fuel]"),
        ("public.address", "Address", "&super::Address"),
        ("public.cars", "CarRecord", "&super::CarRecord"),
        ("int8range", "bindery::Range<i64>", "&bindery::Range<i64>"),
        ("nummultirange", "bindery::Multirange<bindery::Numeric>", "&bindery::Multirange<bindery::Numeric>"),
        ("public.span", "bindery::Range<f64>", "&bindery::Range<f64>"),
        ("public.spans", "bindery::Multirange<f64>", "&bindery::Multirange<f64>"),
        ("ext.citext", "String", "&str"),
        ("numeric(10,2)", "bindery::Numeric", "&bindery::Numeric"),
        (
            "date",
            "bindery::OrInfinity<bindery::chrono::NaiveDate>",
            "bindery::OrInfinity<bindery::chrono::NaiveDate>",
        ),
    ] {
        assert_eq!(shown(ty, &settings), Ok((owned.into(), param.into())), "{ty}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let settings = Settings::default();
    let reason = |ty: &str| shown(ty, &settings).unwrap_err();
    assert_eq!(reason("aclitem[]"), NO_BINARY);
    assert_eq!(reason("ext.text_only"), NO_BINARY);
    assert_eq!(reason("record"), RECORD);
    assert_eq!(reason("public.grants"), format!("its attribute `acl` has type `aclitem`: {NO_BINARY}"));
    assert!(reason("public.trips").starts_with("ranges of `public.address` cannot be read"));
    assert_eq!(reason("ext.own"), "Bindery knows no Rust type for it");
}

#[test]
fn promises_and_crates_choose_the_types() {
    let settings = Settings {
        one_dimension: true,
        infinities: false,
        rust_decimal: true,
        date_time: DateTime::Jiff,
        ..Settings::default()
    };
    let owned = |ty: &str| shown(ty, &settings).unwrap().0;
    assert_eq!(owned("text[]"), "Vec<Option<String>>");
    assert_eq!(owned("timestamptz"), "bindery::jiff::Timestamp");
    let decimal = "bindery::rust_decimal::Decimal";
    for (ty, expected) in [
        ("numeric(28,28)", decimal),
        ("numeric(29,2)", "bindery::Numeric"),
        ("numeric(2,29)", "bindery::Numeric"),
        ("numeric(20,-8)", decimal),
        ("numeric(20,-9)", "bindery::Numeric"),
        ("numeric", "bindery::Numeric"),
    ] {
        assert_eq!(owned(ty), expected, "{ty}");
    }
    assert_eq!(owned("numeric(6,3)[]"), format!("Vec<Option<{decimal}>>"));
}

#[test]
fn named_types_take_precedence() {
    let rust = |path: &str| Some(RustType { path: path.into(), via: None });
    let said = |rust| TypeSettings { rust, ..TypeSettings::default() };
    let types = BTreeMap::from([
        ("jsonb".to_owned(), said(rust("crate::Any"))),
        ("ext.own".to_owned(), said(rust("crate::Own"))),
        (
            "public.plate".to_owned(),
            TypeSettings { newtype: true, name: Some("Licence".into()), ..said(None) },
        ),
    ]);
    let settings = Settings { types, ..Settings::default() };
    let reader = |ty: &str| {
        let schema = schema();
        let types = Types { schema: &schema, settings: &settings };
        types.resolve(ty, None).unwrap().reader(Scope::Root, false)
    };
    assert_eq!(reader("jsonb"), "bindery::Json<crate::Any>");
    assert_eq!(reader("jsonb[]"), "bindery::Array<bindery::Json<crate::Any>>");
    assert_eq!(reader("ext.own"), "bindery::Driver<crate::Own>");
    assert_eq!(reader("public.plate[]"), "bindery::Array<Licence>");
}

/// `docs/types.md` has this table; `BINDERY_ACCEPT=1` writes it.
fn table() -> String {
    let mut text = String::from(
        "| PostgreSQL | OID | in rows | as a parameter | feature | |\n|---|---|---|---|---|---|\n",
    );
    for mapping in MAPPINGS {
        let origin = match mapping.origin {
            Origin::Oid(oid) => oid.to_string(),
            Origin::Extension(extension) => format!("extension {extension}"),
        };
        let short =
            |rust: &str| format!("`{}`", rust.replace("bindery::", "").replace("std::collections::", ""));
        let (owned, param) = match mapping.rust {
            Rust::Fixed { owned, param, .. } => (short(owned), short(param)),
            Rust::Numeric => (short("Numeric"), short("&Numeric")),
            Rust::Calendar(calendar) => {
                let plain = short(calendar.chrono);
                let plain = if calendar.infinite {
                    format!("`OrInfinity<{}>`", plain.trim_matches('`'))
                } else {
                    plain
                };
                (plain, "the same".to_owned())
            }
        };
        let feature = match mapping.rust {
            Rust::Calendar(_) => "`chrono`".to_owned(),
            _ => mapping.feature.map(|feature| format!("`{feature}`")).unwrap_or_default(),
        };
        text.push_str(&format!(
            "| `{}` | {origin} | {owned} | {param} | {feature} | {} |\n",
            mapping.postgres, mapping.note
        ));
    }
    text.push_str(
        "\n| by the setting `date_time` | `chrono` | `jiff` | `time` | `bindery` |\n|---|---|---|---|---|\n",
    );
    for mapping in MAPPINGS {
        if let Rust::Calendar(calendar) = mapping.rust {
            let of = |crate_| calendar.of(crate_).replace("bindery::", "");
            let [chrono, jiff, time, own] =
                [DateTime::Chrono, DateTime::Jiff, DateTime::Time, DateTime::Bindery].map(of);
            text.push_str(&format!(
                "| `{}` | `{chrono}` | `{jiff}` | `{time}` | `{own}` |\n",
                mapping.postgres
            ));
        }
    }
    text.push_str("\n| refused | why |\n|---|---|\n");
    for (name, reason) in REFUSED {
        text.push_str(&format!("| `{name}` | {reason} |\n"));
    }
    text
}

#[test]
fn the_page_of_types_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/types.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- from crates/bindery-build/src/types/table.rs -->\n", "<!-- up to here -->");
    let start = page.find(begin).unwrap() + begin.len();
    let stop = page.find(end).unwrap();
    if std::env::var_os("BINDERY_ACCEPT").is_some() {
        fs::write(&path, format!("{}{}{}", &page[..start], table(), &page[stop..])).unwrap();
        return;
    }
    assert_eq!(&page[start..stop], table(), "write it with BINDERY_ACCEPT=1");
}

#[test]
fn oids_are_those_of_the_driver() {
    for mapping in MAPPINGS {
        if let Origin::Oid(oid) = mapping.origin {
            let known = postgres::types::Type::from_oid(oid).map(|ty| ty.name().to_owned());
            assert_eq!(known.as_deref(), Some(mapping.postgres));
        }
    }
}
