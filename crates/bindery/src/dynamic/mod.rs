//! Values whose types are known only when the program runs: rows as lists of names and values.

mod float;
mod read;
#[cfg(feature = "serde")]
mod serde;
mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Deref;

use crate::error::Error;
use crate::geometry::{Circle, Line, Lseg, Path, Point, Polygon, Rectangle};
use crate::row::Row;
use crate::text_search::{TsQuery, TsVector};
use crate::{
    Array, Cube, Date, Ewkb, Interval, MacAddr, MacAddr8, Money, Multirange, Numeric, PgLsn, Range, Snapshot,
    Tid, Time, TimeTz, Timestamp, TimestampTz,
};

/// A value of any type of the database.
///
/// It prints as the server prints it with `datestyle = ISO` and `timezone = UTC`, but for `money`, which is in the smallest
/// unit, for types such as `regclass`, which are their OIDs, and for `int2vector` and `oidvector`, which are arrays. The
/// types are those that need no feature of this crate.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL of any type.
    Null,
    /// `bool`
    Bool(bool),
    /// `int2`
    Int2(i16),
    /// `int4`
    Int4(i32),
    /// `int8`
    Int8(i64),
    /// `float4`
    Float4(f32),
    /// `float8`
    Float8(f64),
    /// `numeric`
    Numeric(Numeric),
    /// `money`
    Money(Money),
    /// `text`, `varchar`, `bpchar`, `name`, `citext`, `ltree`, `xml`, `jsonpath` and all others that are text.
    Text(String),
    /// The byte of `"char"`.
    Char(i8),
    /// `bytea`
    Bytes(Vec<u8>),
    /// `json` and `jsonb`, as the server writes it.
    Json(String),
    /// `date`
    Date(Date),
    /// `time`
    Time(Time),
    /// `timetz`
    TimeTz(TimeTz),
    /// `timestamp`
    Timestamp(Timestamp),
    /// `timestamptz`
    TimestampTz(TimestampTz),
    /// `interval`
    Interval(Interval),
    /// `uuid`
    Uuid([u8; 16]),
    /// `inet`
    Inet {
        /// The address.
        address: IpAddr,
        /// The bits of its network.
        prefix: u8,
    },
    /// `cidr`
    Cidr {
        /// The network's address.
        address: IpAddr,
        /// The bits of the network.
        prefix: u8,
    },
    /// `macaddr`
    MacAddr(MacAddr),
    /// `macaddr8`
    MacAddr8(MacAddr8),
    /// `bit` and `varbit`
    Bits(Vec<bool>),
    /// `oid`, `xid`, `cid`, and the types that are OIDs, such as `regclass`.
    Oid(u32),
    /// `xid8`
    Xid8(u64),
    /// `tid`
    Tid(Tid),
    /// `pg_lsn`
    PgLsn(PgLsn),
    /// `pg_snapshot` and `txid_snapshot`
    Snapshot(Snapshot),
    /// `point`
    Point(Point),
    /// `line`
    Line(Line),
    /// `lseg`
    Lseg(Lseg),
    /// `box`
    Box(Rectangle),
    /// `path`
    Path(Path),
    /// `polygon`
    Polygon(Polygon),
    /// `circle`
    Circle(Circle),
    /// `tsvector`
    TsVector(TsVector),
    /// `tsquery`
    TsQuery(TsQuery),
    /// `cube`
    Cube(Cube),
    /// `hstore`
    Hstore(BTreeMap<String, Option<String>>),
    /// PostGIS's `geometry` and `geography`
    Geometry(Ewkb),
    /// pgvector's `vector` and `halfvec`
    Vector(Vec<f32>),
    /// pgvector's `sparsevec`
    SparseVector {
        /// The number of elements, with those that are 0.
        dimensions: u32,
        /// Those that are not, by their index from 0.
        elements: Vec<(u32, f32)>,
    },
    /// The label of an enum's value.
    Enum(String),
    /// An array, of any number of dimensions.
    Array(Array<Value>),
    /// A range.
    Range(Range<Box<Value>>),
    /// A multirange.
    Multirange(Multirange<Box<Value>>),
    /// A composite type, or the row of a table; a `record` has attributes `f1`, `f2` and so on, as in JSON.
    Composite(Dict),
    /// What a function that returns nothing returns.
    Void,
    /// A type that this crate does not know, such as one of another extension.
    Other {
        /// The type, with its schema if that is not `pg_catalog`.
        type_name: String,
        /// What the server sent: the type's binary form.
        bytes: Vec<u8>,
    },
}

impl Value {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// A truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number of any width, also an OID.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int2(value) => Some((*value).into()),
            Self::Int4(value) => Some((*value).into()),
            Self::Int8(value) => Some(*value),
            Self::Oid(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// A `float4` or `float8`.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float4(value) => Some((*value).into()),
            Self::Float8(value) => Some(*value),
            _ => None,
        }
    }

    /// A text, an enum's label, or JSON as it was sent.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Enum(text) | Self::Json(text) => Some(text),
            _ => None,
        }
    }

    /// A `bytea`, or the bytes of a type that is not known.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) | Self::Other { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// The elements of an array, and its dimensions.
    pub fn as_array(&self) -> Option<&Array<Value>> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The attributes of a composite type.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Composite(attributes) => Some(attributes),
            _ => None,
        }
    }
}

/// Names and values in the order of the columns. It is a slice of pairs.
///
/// ```no_run
/// # async fn example(conn: bindery::Connection) -> Result<(), bindery::Error> {
/// let row: bindery::Row = conn.query_one("SELECT * FROM cars LIMIT 1", &[]).await?;
/// let car = row.dict()?;
/// let plate = car.get("plate").and_then(bindery::Value::as_str);
/// for (name, value) in car.iter() {
///     println!("{name} = {value}");
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dict {
    pairs: Vec<(String, Value)>,
}

impl Dict {
    /// The value of this name; the first, if there are several.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The pairs.
    pub fn into_pairs(self) -> Vec<(String, Value)> {
        self.pairs
    }
}

impl Deref for Dict {
    type Target = [(String, Value)];

    fn deref(&self) -> &Self::Target {
        &self.pairs
    }
}

impl FromIterator<(String, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().collect() }
    }
}

impl Row {
    /// The names and values of all columns, whatever their types are.
    ///
    /// # Errors
    /// A value is in a form that this crate does not know, which names the column.
    pub fn dict(&self) -> Result<Dict, Error> {
        let pair = |(index, column): (usize, crate::Column<'_>)| {
            Ok((column.name().to_owned(), self.get::<Value>(index)?))
        };
        (0..).zip(self.columns()).map(pair).collect()
    }
}

impl crate::FromRow for Dict {
    fn from_row(row: &Row) -> Result<Self, Error> {
        row.dict()
    }
}
