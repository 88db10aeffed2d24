//! The table: one row a type.

use crate::settings::DateTime;

/// A base type of `pg_catalog`, or of an extension, and what stands for it in Rust.
pub(super) struct Mapping {
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
pub(super) enum Origin {
    Oid(u32),
    Extension(&'static str),
}

/// The Rust type of a [`Mapping`].
#[derive(Clone, Copy)]
pub(super) enum Rust {
    /// In rows, in parameters and as an element of an array parameter.
    Fixed { owned: &'static str, param: &'static str, element: &'static str },
    /// By the setting `date_time`.
    Calendar(Calendar),
    /// By the setting `decimal` and the declared precision.
    Numeric,
}

/// A type of dates or times in each of the crates.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
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
pub(super) const MAPPINGS: &[Mapping] = &[
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

/// What stands for a type of `pg_catalog`.
///
/// Every column is looked up here, so lengths are compared first: that is one step also where nothing is optimised.
pub(super) fn builtin_mapping(name: &str) -> Option<&'static Mapping> {
    let mut at = 0;
    while at < MAPPINGS.len() {
        let mapping = &MAPPINGS[at];
        if mapping.postgres.len() == name.len()
            && mapping.postgres == name
            && matches!(mapping.origin, Origin::Oid(_))
        {
            return Some(mapping);
        }
        at += 1;
    }
    None
}

/// The built-in ranges, their multiranges, and what they are ranges of.
pub(super) const RANGES: [(&str, &str, &str); 6] = [
    ("int4range", "int4multirange", "int4"),
    ("int8range", "int8multirange", "int8"),
    ("numrange", "nummultirange", "numeric"),
    ("daterange", "datemultirange", "date"),
    ("tsrange", "tsmultirange", "timestamp"),
    ("tstzrange", "tstzmultirange", "timestamptz"),
];

/// Types that are refused, and why.
pub(super) const REFUSED: &[(&str, &str)] = &[
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

pub(super) const RECORD: &str = "its attributes have no names and no types before the query runs";
pub(super) const NO_BINARY: &str = "it has no binary form on the wire";
const INTERNAL: &str = "its form is the server's own affair";
