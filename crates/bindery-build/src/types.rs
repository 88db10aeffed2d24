//! From PostgreSQL's types to Rust's: one table, one row a type.

use crate::description::{Schema, UserType, UserTypeKind};
use crate::names;

/// A built-in type and what stands for it in Rust.
struct Mapping {
    /// Name in `pg_type`, or schema and name for an extension's.
    postgres: &'static str,
    /// In rows.
    owned: &'static str,
    /// In parameters.
    param: &'static str,
    /// As an element of an array parameter.
    element: &'static str,
}

const fn copied(postgres: &'static str, rust: &'static str) -> Mapping {
    Mapping { postgres, owned: rust, param: rust, element: rust }
}

const fn borrowed(postgres: &'static str, owned: &'static str, param: &'static str) -> Mapping {
    Mapping { postgres, owned, param, element: owned }
}

const fn text(postgres: &'static str) -> Mapping {
    Mapping { postgres, owned: "String", param: "&str", element: "&str" }
}

const MAPPINGS: [Mapping; 25] = [
    copied("bool", "bool"),
    copied("char", "i8"),
    copied("int2", "i16"),
    copied("int4", "i32"),
    copied("int8", "i64"),
    copied("oid", "u32"),
    copied("float4", "f32"),
    copied("float8", "f64"),
    borrowed("numeric", "bindery::Numeric", "&bindery::Numeric"),
    text("text"),
    text("varchar"),
    text("bpchar"),
    text("name"),
    text("public.citext"),
    Mapping { postgres: "bytea", owned: "Vec<u8>", param: "&[u8]", element: "&[u8]" },
    borrowed("bit", "bindery::bit_vec::BitVec", "&bindery::bit_vec::BitVec"),
    borrowed("varbit", "bindery::bit_vec::BitVec", "&bindery::bit_vec::BitVec"),
    copied("uuid", "bindery::uuid::Uuid"),
    borrowed("json", "bindery::serde_json::Value", "&bindery::serde_json::Value"),
    borrowed("jsonb", "bindery::serde_json::Value", "&bindery::serde_json::Value"),
    copied("date", "bindery::chrono::NaiveDate"),
    copied("time", "bindery::chrono::NaiveTime"),
    copied("timestamp", "bindery::chrono::NaiveDateTime"),
    copied("timestamptz", "bindery::chrono::DateTime<bindery::chrono::Utc>"),
    copied("interval", "bindery::Interval"),
];

/// A type taken apart: `public.plate[]` is an array over a domain over `text`.
pub(crate) struct Resolved<'s> {
    base: Base<'s>,
    is_array: bool,
    /// Whether the server sees a domain, which a parameter's encoder has to be told.
    pub is_domain: bool,
}

enum Base<'s> {
    Builtin(&'static Mapping),
    /// A generated enum, by the type's name.
    Enum(&'s str),
}

/// Where the text that names a type stands: enums and table structs are at the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Root,
    Module,
}

/// Finds what `ty` is in Rust; none if nothing stands for it yet.
pub(crate) fn resolve<'s>(ty: &str, schema: &'s Schema) -> Option<Resolved<'s>> {
    let (mut name, is_array) = match ty.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (ty, false),
    };
    let mut is_domain = false;
    let base = loop {
        match schema.user_type(name) {
            Some(UserType { name, kind: UserTypeKind::Enum(_) }) => break Base::Enum(name),
            Some(UserType { kind: UserTypeKind::Domain(base), .. }) => {
                is_domain = true;
                name = base;
            }
            None => break Base::Builtin(MAPPINGS.iter().find(|mapping| mapping.postgres == name)?),
        }
    };
    // Arrays of domains, and domains over arrays, have no encoder yet.
    let supported = !(is_domain && (is_array || name.ends_with("[]")));
    supported.then_some(Resolved { base, is_array, is_domain })
}

impl Resolved<'_> {
    /// The type of a row's field. `null_elements` says whether elements of an array can be NULL.
    pub fn owned(&self, scope: Scope, null_elements: bool) -> String {
        let base = match self.base {
            Base::Builtin(mapping) => mapping.owned.to_owned(),
            Base::Enum(name) => path(name, scope),
        };
        match (self.is_array, null_elements) {
            (true, true) => format!("Vec<Option<{base}>>"),
            (true, false) => format!("Vec<{base}>"),
            (false, _) => base,
        }
    }

    /// The type of an argument, its references without lifetimes.
    pub fn param(&self, null_elements: bool) -> String {
        let element = match &self.base {
            Base::Builtin(mapping) if !self.is_array => return mapping.param.to_owned(),
            Base::Builtin(mapping) => mapping.element.to_owned(),
            Base::Enum(name) => path(name, Scope::Module),
        };
        match (self.is_array, null_elements) {
            (true, true) => format!("&[Option<{element}>]"),
            (true, false) => format!("&[{element}]"),
            (false, _) => element,
        }
    }
}

/// The Rust name of a user's type: `CarStatus` for `public.car_status`, `AuditLevel` for `audit.level`.
pub(crate) fn rust_name(qualified: &str) -> String {
    let name = match qualified.split_once('.') {
        Some(("public", name)) => names::camel(name),
        Some((schema, name)) => names::camel(&format!("{schema}_{name}")),
        None => names::camel(qualified),
    };
    // A type of this name at the root would hide the one that the generated code means.
    if PRELUDE.contains(&name.as_str()) { format!("{name}Type") } else { name }
}

/// Names that generated code uses without a path.
const PRELUDE: [&str; 9] =
    ["Clone", "Debug", "Option", "PartialEq", "Result", "Some", "String", "Vec", "Self_"];

/// How a generated type is named from `scope`.
fn path(qualified: &str, scope: Scope) -> String {
    match scope {
        Scope::Root => rust_name(qualified),
        Scope::Module => format!("super::{}", rust_name(qualified)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let user_type = |name: &str, kind| UserType { name: name.into(), kind };
        let types = vec![
            user_type("public.fuel", UserTypeKind::Enum(vec![])),
            user_type("public.plate", UserTypeKind::Domain("text".into())),
            user_type("audit.best_fuel", UserTypeKind::Domain("public.fuel".into())),
        ];
        Schema { types, ..Schema::default() }
    }

    #[test]
    fn types_resolve_through_arrays_and_domains() {
        let schema = schema();
        let of = |ty: &str| {
            let resolved = resolve(ty, &schema)?;
            Some((resolved.owned(Scope::Root, true), resolved.param(false), resolved.is_domain))
        };
        let some = |owned: &str, param: &str, domain| Some((owned.into(), param.into(), domain));
        assert_eq!(of("int4"), some("i32", "i32", false));
        assert_eq!(of("text[]"), some("Vec<Option<String>>", "&[&str]", false));
        assert_eq!(of("public.plate"), some("String", "&str", true));
        assert_eq!(of("audit.best_fuel"), some("Fuel", "super::Fuel", true));
        assert_eq!(of("public.fuel[]"), some("Vec<Option<Fuel>>", "&[super::Fuel]", false));
        let texts = resolve("text[]", &schema).unwrap();
        assert_eq!(texts.owned(Scope::Root, false), "Vec<String>");
        assert_eq!(texts.param(true), "&[Option<&str>]");
        assert_eq!(of("tsvector"), None);
        assert_eq!(of("public.plate[]"), None);
    }
}
