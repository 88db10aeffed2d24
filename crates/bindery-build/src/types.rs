//! From PostgreSQL's types to Rust's: one table, one row a type.

use crate::description::{Attribute, Field, Schema, TypeName, UserType, UserTypeKind};
use crate::names;
use crate::query::{Query, Target};
use crate::settings::{DateTime, RustType, Settings, Via};

/// A base type of `pg_catalog`, or of an extension, and what stands for it in Rust.
pub(crate) struct Mapping {
    /// Name in `pg_type`.
    pub postgres: &'static str,
    /// Its OID, or the extension that has it.
    pub origin: Origin,
    pub rust: Rust,
    /// The feature of `bindery` that it needs.
    #[allow(dead_code, reason = "docs/types.md is written of it")]
    pub feature: Option<&'static str>,
    /// How values that the Rust type does not have come out, and what else there is to know.
    #[allow(dead_code, reason = "docs/types.md is written of it")]
    pub note: &'static str,
}

/// Where a type comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Oid(u32),
    Extension(&'static str),
}

/// The Rust type of a [`Mapping`].
#[derive(Clone, Copy)]
pub(crate) enum Rust {
    /// In rows, in parameters and as an element of an array parameter.
    Fixed { owned: &'static str, param: &'static str, element: &'static str },
    /// By the setting `date_time`.
    Calendar(Calendar),
    /// By the setting `decimal` and the declared precision.
    Numeric,
}

/// A type of dates or times in each of the crates.
#[derive(Clone, Copy)]
pub(crate) struct Calendar {
    pub chrono: &'static str,
    pub jiff: &'static str,
    pub time: &'static str,
    /// Which holds every value.
    pub exact: &'static str,
    /// Whether there are infinities.
    pub infinite: bool,
}

impl Calendar {
    pub fn of(&self, date_time: DateTime) -> &'static str {
        match date_time {
            DateTime::Chrono => self.chrono,
            DateTime::Jiff => self.jiff,
            DateTime::Time => self.time,
            DateTime::Bindery => self.exact,
        }
    }
}

const fn builtin(postgres: &'static str, oid: u32, rust: Rust, note: &'static str) -> Mapping {
    Mapping { postgres, origin: Origin::Oid(oid), rust, feature: None, note }
}

const fn extension(
    extension: &'static str,
    postgres: &'static str,
    rust: Rust,
    note: &'static str,
) -> Mapping {
    Mapping { postgres, origin: Origin::Extension(extension), rust, feature: None, note }
}

impl Mapping {
    const fn needs(self, feature: &'static str) -> Self {
        Self { feature: Some(feature), ..self }
    }
}

/// Passed by value.
const fn copied(rust: &'static str) -> Rust {
    Rust::Fixed { owned: rust, param: rust, element: rust }
}

/// Passed by reference.
const fn borrowed(owned: &'static str, param: &'static str) -> Rust {
    Rust::Fixed { owned, param, element: owned }
}

const TEXT: Rust = Rust::Fixed { owned: "String", param: "&str", element: "&str" };
const BYTES: Rust = Rust::Fixed { owned: "Vec<u8>", param: "&[u8]", element: "&[u8]" };
const BITS: Rust = borrowed("bindery::bit_vec::BitVec", "&bindery::bit_vec::BitVec");
const JSON: Rust = borrowed("bindery::serde_json::Value", "&bindery::serde_json::Value");
const SNAPSHOT: Rust = borrowed("bindery::Snapshot", "&bindery::Snapshot");
const EWKB: Rust = borrowed("bindery::Ewkb", "&bindery::Ewkb");
const HSTORE: Rust = borrowed(
    "std::collections::BTreeMap<String, Option<String>>",
    "&std::collections::BTreeMap<String, Option<String>>",
);

const NAME_NOTE: &str = "the server cuts it off after 63 bytes";
const OID_NOTE: &str = "the OID; a name is `::text`";
const JSON_NOTE: &str = "numbers as `f64` where they are no whole number of 64 bits, unless serde_json's feature \
                         `arbitrary_precision` is on; `type = Box<bindery::serde_json::value::RawValue>` keeps the text";
const FLOAT_NOTE: &str = "NaN and infinities as in Rust";
const GEOMETRIC_NOTE: &str = "coordinates are `f64`";
const MICROSECOND_NOTE: &str =
    "a parameter's nanoseconds are rounded to microseconds, as the server rounds a literal";
const TIME_NOTE: &str =
    "24:00 is chrono's leap second 23:59:60; an error with jiff and time; exact with `bindery`";
const DATE_NOTE: &str = "infinities are kept by `OrInfinity`; years beyond 262142 (chrono) or 9999 (jiff, time) are \
                         an error; exact with `bindery`";
const NUMERIC_NOTE: &str = "every digit, NaN, infinities; with `decimal = \"rust_decimal\"` a `Decimal` where the \
                            precision is declared and at most 28 digits, of which NaN is an error";
const TEXT_SEARCH_NOTE: &str = "words, positions and weights";

/// Every base type with a binary form that Bindery reads and writes, by OID, then those of extensions.
pub(crate) const MAPPINGS: &[Mapping] = &[
    builtin("bool", 16, copied("bool"), ""),
    builtin("bytea", 17, BYTES, ""),
    builtin("char", 18, copied("i8"), "the byte of `\"char\"`"),
    builtin("name", 19, TEXT, NAME_NOTE),
    builtin("int8", 20, copied("i64"), ""),
    builtin("int2", 21, copied("i16"), ""),
    builtin("int2vector", 22, borrowed("Vec<i16>", "&[i16]"), ""),
    builtin("int4", 23, copied("i32"), ""),
    builtin("regproc", 24, copied("u32"), OID_NOTE),
    builtin("text", 25, TEXT, ""),
    builtin("oid", 26, copied("u32"), ""),
    builtin("tid", 27, copied("bindery::Tid"), ""),
    builtin("xid", 28, copied("u32"), ""),
    builtin("cid", 29, copied("u32"), ""),
    builtin("oidvector", 30, borrowed("Vec<u32>", "&[u32]"), ""),
    builtin("json", 114, JSON, JSON_NOTE).needs("serde_json"),
    builtin("xml", 142, TEXT, ""),
    builtin("point", 600, copied("bindery::geometry::Point"), GEOMETRIC_NOTE),
    builtin("lseg", 601, copied("bindery::geometry::Lseg"), GEOMETRIC_NOTE),
    builtin("path", 602, borrowed("bindery::geometry::Path", "&bindery::geometry::Path"), GEOMETRIC_NOTE),
    builtin("box", 603, copied("bindery::geometry::Rectangle"), GEOMETRIC_NOTE),
    builtin(
        "polygon",
        604,
        borrowed("bindery::geometry::Polygon", "&bindery::geometry::Polygon"),
        GEOMETRIC_NOTE,
    ),
    builtin("line", 628, copied("bindery::geometry::Line"), GEOMETRIC_NOTE),
    builtin("cidr", 650, copied("bindery::cidr::IpCidr"), "").needs("cidr"),
    builtin("float4", 700, copied("f32"), FLOAT_NOTE),
    builtin("float8", 701, copied("f64"), FLOAT_NOTE),
    builtin("circle", 718, copied("bindery::geometry::Circle"), GEOMETRIC_NOTE),
    builtin("macaddr8", 774, copied("bindery::MacAddr8"), ""),
    builtin("money", 790, copied("bindery::Money"), "in the smallest unit of `lc_monetary`"),
    builtin("macaddr", 829, copied("bindery::MacAddr"), ""),
    builtin("inet", 869, copied("bindery::cidr::IpInet"), "with its netmask").needs("cidr"),
    builtin("bpchar", 1042, TEXT, "with the blanks that pad it"),
    builtin("varchar", 1043, TEXT, ""),
    builtin(
        "date",
        1082,
        Rust::Calendar(Calendar {
            chrono: "bindery::chrono::NaiveDate",
            jiff: "bindery::jiff::civil::Date",
            time: "bindery::time::Date",
            exact: "bindery::Date",
            infinite: true,
        }),
        DATE_NOTE,
    ),
    builtin(
        "time",
        1083,
        Rust::Calendar(Calendar {
            chrono: "bindery::chrono::NaiveTime",
            jiff: "bindery::jiff::civil::Time",
            time: "bindery::time::Time",
            exact: "bindery::Time",
            infinite: false,
        }),
        TIME_NOTE,
    ),
    builtin(
        "timestamp",
        1114,
        Rust::Calendar(Calendar {
            chrono: "bindery::chrono::NaiveDateTime",
            jiff: "bindery::jiff::civil::DateTime",
            time: "bindery::time::PrimitiveDateTime",
            exact: "bindery::Timestamp",
            infinite: true,
        }),
        MICROSECOND_NOTE,
    ),
    builtin(
        "timestamptz",
        1184,
        Rust::Calendar(Calendar {
            chrono: "bindery::chrono::DateTime<bindery::chrono::Utc>",
            jiff: "bindery::jiff::Timestamp",
            time: "bindery::time::OffsetDateTime",
            exact: "bindery::TimestampTz",
            infinite: true,
        }),
        MICROSECOND_NOTE,
    ),
    builtin(
        "interval",
        1186,
        copied("bindery::Interval"),
        "months, days and microseconds; infinities since 17",
    ),
    builtin("timetz", 1266, copied("bindery::TimeTz"), "24:00 too"),
    builtin("bit", 1560, BITS, "").needs("bit-vec"),
    builtin("varbit", 1562, BITS, "").needs("bit-vec"),
    builtin("numeric", 1700, Rust::Numeric, NUMERIC_NOTE),
    builtin("refcursor", 1790, TEXT, ""),
    builtin("regprocedure", 2202, copied("u32"), OID_NOTE),
    builtin("regoper", 2203, copied("u32"), OID_NOTE),
    builtin("regoperator", 2204, copied("u32"), OID_NOTE),
    builtin("regclass", 2205, copied("u32"), OID_NOTE),
    builtin("regtype", 2206, copied("u32"), OID_NOTE),
    builtin("cstring", 2275, TEXT, ""),
    builtin("void", 2278, copied("()"), "what a function that returns nothing returns"),
    builtin("uuid", 2950, copied("bindery::uuid::Uuid"), "").needs("uuid"),
    builtin("txid_snapshot", 2970, SNAPSHOT, ""),
    builtin("pg_lsn", 3220, copied("bindery::PgLsn"), ""),
    builtin(
        "tsvector",
        3614,
        borrowed("bindery::text_search::TsVector", "&bindery::text_search::TsVector"),
        TEXT_SEARCH_NOTE,
    ),
    builtin(
        "tsquery",
        3615,
        borrowed("bindery::text_search::TsQuery", "&bindery::text_search::TsQuery"),
        "the tree of its operators",
    ),
    builtin("regconfig", 3734, copied("u32"), OID_NOTE),
    builtin("regdictionary", 3769, copied("u32"), OID_NOTE),
    builtin("jsonb", 3802, JSON, JSON_NOTE).needs("serde_json"),
    builtin("jsonpath", 4072, TEXT, ""),
    builtin("regnamespace", 4089, copied("u32"), OID_NOTE),
    builtin("regrole", 4096, copied("u32"), OID_NOTE),
    builtin("regcollation", 4191, copied("u32"), OID_NOTE),
    builtin("pg_snapshot", 5038, SNAPSHOT, ""),
    builtin("xid8", 5069, copied("u64"), ""),
    extension("citext", "citext", TEXT, "compared with case in Rust"),
    extension("cube", "cube", borrowed("bindery::Cube", "&bindery::Cube"), GEOMETRIC_NOTE),
    extension("hstore", "hstore", HSTORE, "a `HashMap` may stand for it too"),
    extension("ltree", "ltree", TEXT, ""),
    extension("ltree", "lquery", TEXT, ""),
    extension("ltree", "ltxtquery", TEXT, ""),
    extension(
        "postgis",
        "geometry",
        EWKB,
        "its bytes as PostGIS has them; geo-types and others by the feature `geozero`",
    ),
    extension(
        "postgis",
        "geography",
        EWKB,
        "its bytes as PostGIS has them; geo-types and others by the feature `geozero`",
    ),
    extension("vector", "vector", borrowed("bindery::pgvector::Vector", "&bindery::pgvector::Vector"), "")
        .needs("pgvector"),
    extension(
        "vector",
        "halfvec",
        borrowed("bindery::pgvector::HalfVector", "&bindery::pgvector::HalfVector"),
        "",
    )
    .needs("pgvector"),
    extension(
        "vector",
        "sparsevec",
        borrowed("bindery::pgvector::SparseVector", "&bindery::pgvector::SparseVector"),
        "",
    )
    .needs("pgvector"),
];

/// The built-in ranges, their multiranges, and what they are ranges of.
pub(crate) const RANGES: [(&str, &str, &str); 6] = [
    ("int4range", "int4multirange", "int4"),
    ("int8range", "int8multirange", "int8"),
    ("numrange", "nummultirange", "numeric"),
    ("daterange", "datemultirange", "date"),
    ("tsrange", "tsmultirange", "timestamp"),
    ("tstzrange", "tstzmultirange", "timestamptz"),
];

/// Types that are refused, and why.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("aclitem", NO_BINARY),
    ("gtsvector", NO_BINARY),
    ("pg_node_tree", INTERNAL),
    ("pg_ndistinct", INTERNAL),
    ("pg_dependencies", INTERNAL),
    ("pg_mcv_list", INTERNAL),
    ("pg_brin_bloom_summary", INTERNAL),
    ("pg_brin_minmax_multi_summary", INTERNAL),
    ("pg_ddl_command", INTERNAL),
    ("record", RECORD),
    ("_record", RECORD),
    ("anyarray", "the type of its elements is known only when the query runs"),
    ("unknown", "it has no type: give it one with a cast"),
];

const RECORD: &str = "its attributes have no names and no types before the query runs";
const NO_BINARY: &str = "it has no binary form on the wire";
const INTERNAL: &str = "its form is the server's own affair";

/// Why nothing stands for a type, and what to write instead.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub reason: String,
    /// Whether a Rust type could be named for it.
    pub can_be_named: bool,
}

/// A type in Rust.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Resolved {
    Scalar {
        owned: String,
        param: String,
        element: String,
    },
    /// A generated enum, composite or newtype at the root.
    Generated {
        name: String,
        is_copy: bool,
        holds_given: bool,
    },
    /// As a `Vec`, or as a `bindery::Array`.
    Array {
        element: Box<Resolved>,
        is_vec: bool,
    },
    Range(Box<Resolved>),
    Multirange(Box<Resolved>),
    /// A type of the user's.
    Given {
        rust: RustType,
        base: Option<Box<Resolved>>,
    },
}

/// Where the text that names a type stands: generated types are at the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Root,
    Module,
}

/// What is known when types are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Types<'s> {
    pub schema: &'s Schema,
    pub settings: &'s Settings,
}

impl Types<'_> {
    /// What stands for a column: what its annotation, `columns` and `types` say, in this order, else the table.
    pub fn column(&self, query: &Query, column: &Field) -> Result<Resolved, Refusal> {
        let named = query.rust_type(Target::Column, &column.name).or(column.rust.as_ref());
        self.resolve(&column.ty, named)
    }

    /// The same for a parameter.
    pub fn param(&self, query: &Query, param: &Field) -> Result<Resolved, Refusal> {
        let named = query.rust_type(Target::Param, &param.name).or(param.rust.as_ref());
        self.resolve(param.domain.as_ref().unwrap_or(&param.ty), named)
    }

    /// What stands for the type `ty`, or for a column or parameter of it that a Rust type is named for.
    pub fn resolve(&self, ty: &str, named: Option<&RustType>) -> Result<Resolved, Refusal> {
        let Some(rust) = named else { return self.resolve_type(ty) };
        let base = self.without_override(ty);
        match base {
            Err(refusal) if !refusal.can_be_named => Err(refusal),
            Err(refusal) if rust.via(self.is_json(ty)) == Via::TryFrom => Err(refusal),
            base => Ok(self.given(ty, rust, base.ok())),
        }
    }

    fn given(&self, ty: &str, rust: &RustType, base: Option<Resolved>) -> Resolved {
        let via = Some(rust.via(self.is_json(ty)));
        Resolved::Given { rust: RustType { via, ..rust.clone() }, base: base.map(Box::new) }
    }

    /// By the section `types` of the settings, else by the table.
    fn resolve_type(&self, ty: &str) -> Result<Resolved, Refusal> {
        let name = without_modifier(ty);
        match self.settings.of_type(&name).and_then(|settings| settings.rust.as_ref()) {
            Some(rust) => self.resolve(ty, Some(rust)),
            None => self.without_override(ty),
        }
    }

    fn without_override(&self, ty: &str) -> Result<Resolved, Refusal> {
        if let Some(element) = ty.strip_suffix("[]") {
            let element = Box::new(self.resolve_type(element)?);
            return Ok(Resolved::Array { element, is_vec: self.settings.one_dimension });
        }
        if let Some(user_type) = self.schema.user_type(ty) {
            return self.user_type(user_type);
        }
        let name = without_modifier(ty);
        for (range, multirange, subtype) in RANGES {
            if name == range {
                return self.resolve_type(subtype).map(|subtype| Resolved::Range(Box::new(subtype)));
            }
            if name == multirange {
                return self.resolve_type(subtype).map(|subtype| Resolved::Multirange(Box::new(subtype)));
            }
        }
        let mapping = MAPPINGS
            .iter()
            .find(|mapping| mapping.postgres == name && matches!(mapping.origin, Origin::Oid(_)));
        match mapping {
            Some(mapping) => Ok(self.scalar(mapping, ty)),
            None => Err(builtin_refusal(&name)),
        }
    }

    fn user_type(&self, user_type: &UserType) -> Result<Resolved, Refusal> {
        let generated = |is_copy, holds_given| {
            Ok(Resolved::Generated { name: self.rust_name(user_type), is_copy, holds_given })
        };
        match &user_type.kind {
            UserTypeKind::Enum(_) => {
                let keeps_unknown = self.settings.of_type(&user_type.name).is_some_and(|s| s.unknown_labels);
                generated(!keeps_unknown, false)
            }
            UserTypeKind::Composite { attributes, .. } => {
                let mut holds_given = false;
                for attribute in attributes {
                    let resolved = self.attribute(user_type, attribute).map_err(|refusal| Refusal {
                        reason: format!(
                            "its attribute `{}` has type `{}`: {}",
                            attribute.name, attribute.ty, refusal.reason
                        ),
                        can_be_named: false,
                    })?;
                    holds_given |= resolved.holds_given();
                }
                generated(false, holds_given)
            }
            UserTypeKind::Domain { base, .. } if self.is_newtype(user_type) => {
                generated(false, self.resolve_type(base)?.holds_given())
            }
            UserTypeKind::Domain { base, .. } => self.resolve_type(base),
            UserTypeKind::Range(subtype) => {
                self.resolve_type(subtype).map(|subtype| Resolved::Range(Box::new(subtype)))
            }
            UserTypeKind::Multirange(subtype) => match self.reads_without_type(subtype) {
                true => self.resolve_type(subtype).map(|subtype| Resolved::Multirange(Box::new(subtype))),
                false => Err(Refusal {
                    reason: format!(
                        "ranges of `{subtype}` cannot be read inside of a multirange of one's own"
                    ),
                    can_be_named: false,
                }),
            },
            UserTypeKind::Base { is_binary: false, .. } => {
                Err(Refusal { reason: NO_BINARY.to_owned(), can_be_named: false })
            }
            UserTypeKind::Base { extension, .. } => {
                let name = user_type.name.rsplit('.').next().unwrap_or_default();
                let mapping = MAPPINGS.iter().find(|mapping| {
                    mapping.postgres == name
                        && matches!(mapping.origin, Origin::Extension(of) if Some(of) == extension.as_deref())
                });
                mapping.map(|mapping| self.scalar(mapping, name)).ok_or_else(|| Refusal {
                    reason: match extension {
                        Some(extension) => {
                            format!("Bindery knows no Rust type for it (extension {extension})")
                        }
                        None => "Bindery knows no Rust type for it".to_owned(),
                    },
                    can_be_named: true,
                })
            }
        }
    }

    /// What stands for an attribute of a composite type, which `columns` may name a Rust type for.
    pub fn attribute(&self, composite: &UserType, attribute: &Attribute) -> Result<Resolved, Refusal> {
        let place = format!("{}.{}", composite.name, attribute.name);
        self.resolve(&attribute.ty, self.settings.columns.get(&place))
    }

    /// The driver does not look up what a user's multirange is made of, and these have to know.
    fn reads_without_type(&self, ty: &str) -> bool {
        match self.schema.user_type(ty).map(|user_type| &user_type.kind) {
            None => !ty.ends_with("[]"),
            Some(UserTypeKind::Domain { base, .. }) => self.reads_without_type(base),
            Some(_) => false,
        }
    }

    fn scalar(&self, mapping: &Mapping, ty: &str) -> Resolved {
        let (owned, param, element) = match mapping.rust {
            Rust::Fixed { owned, param, element } => (owned.to_owned(), param.to_owned(), element.to_owned()),
            Rust::Calendar(calendar) => {
                let plain = calendar.of(self.settings.date_time);
                let keeps = calendar.infinite
                    && self.settings.infinities
                    && self.settings.date_time != DateTime::Bindery;
                let rust = if keeps { format!("bindery::OrInfinity<{plain}>") } else { plain.to_owned() };
                (rust.clone(), rust.clone(), rust)
            }
            Rust::Numeric if self.settings.rust_decimal && fits_decimal(ty) => {
                let decimal = "bindery::rust_decimal::Decimal".to_owned();
                (decimal.clone(), decimal.clone(), decimal)
            }
            Rust::Numeric => {
                ("bindery::Numeric".to_owned(), "&bindery::Numeric".to_owned(), "bindery::Numeric".to_owned())
            }
        };
        Resolved::Scalar { owned, param, element }
    }

    fn is_json(&self, ty: &str) -> bool {
        matches!(self.schema.base_type(ty), "json" | "jsonb")
    }

    /// Whether a type of the user's stands for every value of a type.
    pub fn is_given(&self, name: &str) -> bool {
        self.settings.of_type(name).is_some_and(|settings| settings.rust.is_some())
    }

    pub fn is_newtype(&self, user_type: &UserType) -> bool {
        self.settings.of_type(&user_type.name).is_some_and(|settings| settings.newtype)
    }

    /// The Rust name of a user's type: `CarStatus` for `public.car_status`, `AuditLevel` for `audit.level`, `CarRecord`
    /// for the row type of `public.cars`.
    pub fn rust_name(&self, user_type: &UserType) -> String {
        if let Some(name) = self.settings.of_type(&user_type.name).and_then(|settings| settings.name.clone())
        {
            return name;
        }
        match user_type.kind {
            UserTypeKind::Composite { of_table: true, .. } => {
                format!("{}Record", rust_name(&names::singular(&user_type.name)))
            }
            _ => rust_name(&user_type.name),
        }
    }
}

fn builtin_refusal(name: &str) -> Refusal {
    let known = REFUSED.iter().find(|(refused, _)| *refused == name);
    let reason = known.map_or("Bindery knows no Rust type for it", |(_, reason)| reason).to_owned();
    Refusal { reason, can_be_named: known.is_none() }
}

/// `numeric` for `numeric(10,2)`.
pub(crate) fn without_modifier(ty: &str) -> TypeName {
    match (ty.find('('), ty.find(')')) {
        (Some(start), Some(end)) if ty.starts_with("numeric(") => {
            format!("{}{}", &ty[..start], &ty[end + 1..])
        }
        _ => ty.to_owned(),
    }
}

/// Whether every number of the declared precision and scale is a `rust_decimal::Decimal`, which has 28 digits, all of
/// which may be behind the point.
fn fits_decimal(ty: &str) -> bool {
    let modifier = ty.strip_prefix("numeric(").and_then(|rest| rest.strip_suffix(')'));
    let Some((precision, scale)) = modifier.and_then(|modifier| modifier.split_once(',')) else {
        return false;
    };
    let (Ok(precision), Ok(scale)) = (precision.parse::<i32>(), scale.parse::<i32>()) else { return false };
    precision.max(scale).max(precision - scale) <= 28
}

impl Resolved {
    /// The type of a row's field. `null_elements` says whether elements of an array can be NULL.
    pub fn owned(&self, scope: Scope, null_elements: bool) -> String {
        match self {
            Self::Scalar { owned, .. } => owned.clone(),
            Self::Generated { name, .. } => path(name, scope),
            Self::Array { element, is_vec } => {
                let element = optional(element.part(scope), null_elements);
                let list = if *is_vec { "Vec" } else { "bindery::Array" };
                format!("{list}<{element}>")
            }
            Self::Range(subtype) => format!("bindery::Range<{}>", subtype.part(scope)),
            Self::Multirange(subtype) => format!("bindery::Multirange<{}>", subtype.part(scope)),
            Self::Given { rust, .. } => rust.path.clone(),
        }
    }

    /// The type as a part of another, where a type of the user's keeps what reads and writes it.
    fn part(&self, scope: Scope) -> String {
        self.reader(scope, true)
    }

    /// The type that a column is read as, before what reads it is taken off.
    pub fn reader(&self, scope: Scope, null_elements: bool) -> String {
        let Self::Given { rust, base } = self else { return self.owned(scope, null_elements) };
        match (rust.via, base) {
            (Some(Via::Serde), _) => format!("bindery::Json<{}>", rust.path),
            (Some(Via::TryFrom), Some(base)) => {
                format!("bindery::Converted<{}, {}>", rust.path, base.owned(scope, null_elements))
            }
            _ => format!("bindery::Driver<{}>", rust.path),
        }
    }

    /// Whether a value has to be taken out of what reads it.
    pub fn is_wrapped(&self) -> bool {
        matches!(self, Self::Given { .. })
    }

    /// Whether it is, or holds, a type of the user's, of which nothing more is known.
    pub fn holds_given(&self) -> bool {
        match self {
            Self::Given { .. } => true,
            Self::Array { element: part, .. } | Self::Range(part) | Self::Multirange(part) => {
                part.holds_given()
            }
            Self::Generated { holds_given, .. } => *holds_given,
            Self::Scalar { .. } => false,
        }
    }

    /// The type of an argument, its references without lifetimes.
    pub fn param(&self, null_elements: bool) -> String {
        let scope = Scope::Module;
        match self {
            Self::Scalar { param, .. } => param.clone(),
            Self::Generated { name, is_copy: true, .. } => path(name, scope),
            Self::Array { element, .. } => {
                let element = match &**element {
                    Self::Scalar { element, .. } => element.clone(),
                    element => element.part(scope),
                };
                format!("&[{}]", optional(element, null_elements))
            }
            Self::Generated { .. } | Self::Range(_) | Self::Multirange(_) | Self::Given { .. } => {
                format!("&{}", self.owned(scope, null_elements))
            }
        }
    }
}

fn optional(ty: String, nullable: bool) -> String {
    if nullable { format!("Option<{ty}>") } else { ty }
}

/// The Rust name of what has this name in the database: `CarStatus` for `public.car_status`.
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
fn path(name: &str, scope: Scope) -> String {
    match scope {
        Scope::Root => name.to_owned(),
        Scope::Module => format!("super::{name}"),
    }
}

#[cfg(test)]
mod tests;
