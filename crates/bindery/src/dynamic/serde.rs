//! Values in JSON and the like, in the forms that the types of this crate have.

use serde::{Serialize, Serializer};

use super::{Dict, Value};
use crate::base64::Base64;

impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Void => serializer.serialize_none(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Int2(value) => value.serialize(serializer),
            Self::Int4(value) => value.serialize(serializer),
            Self::Int8(value) => value.serialize(serializer),
            Self::Float4(value) => value.serialize(serializer),
            Self::Float8(value) => value.serialize(serializer),
            Self::Numeric(value) => value.serialize(serializer),
            Self::Money(value) => value.serialize(serializer),
            Self::Text(value) | Self::Enum(value) => value.serialize(serializer),
            Self::Char(value) => value.serialize(serializer),
            Self::Bytes(value) => value.encode().serialize(serializer),
            Self::Json(value) => json(value, serializer),
            Self::Interval(value) => value.serialize(serializer),
            Self::Oid(value) => value.serialize(serializer),
            Self::Xid8(value) => value.serialize(serializer),
            Self::Tid(value) => value.serialize(serializer),
            Self::Snapshot(value) => value.serialize(serializer),
            Self::Point(value) => value.serialize(serializer),
            Self::Line(value) => value.serialize(serializer),
            Self::Lseg(value) => value.serialize(serializer),
            Self::Box(value) => value.serialize(serializer),
            Self::Path(value) => value.serialize(serializer),
            Self::Polygon(value) => value.serialize(serializer),
            Self::Circle(value) => value.serialize(serializer),
            Self::TsVector(value) => value.serialize(serializer),
            Self::TsQuery(value) => value.serialize(serializer),
            Self::Cube(value) => value.serialize(serializer),
            Self::Hstore(value) => value.serialize(serializer),
            Self::Vector(value) => value.serialize(serializer),
            Self::Array(value) => value.serialize(serializer),
            Self::Range(value) => value.serialize(serializer),
            Self::Multirange(value) => value.serialize(serializer),
            Self::Composite(value) => value.serialize(serializer),
            // Their form is the text that PostgreSQL prints.
            Self::Date(_)
            | Self::Time(_)
            | Self::TimeTz(_)
            | Self::Timestamp(_)
            | Self::TimestampTz(_)
            | Self::Uuid(_)
            | Self::Inet { .. }
            | Self::Cidr { .. }
            | Self::MacAddr(_)
            | Self::MacAddr8(_)
            | Self::Bits(_)
            | Self::PgLsn(_)
            | Self::Geometry(_)
            | Self::SparseVector { .. } => serializer.collect_str(self),
            Self::Other { bytes, .. } => bytes.encode().serialize(serializer),
        }
    }
}

/// JSON within JSON where there is something that reads it, else its text.
#[cfg(feature = "serde_json")]
fn json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => value.serialize(serializer),
        Err(_) => text.serialize(serializer),
    }
}

#[cfg(not(feature = "serde_json"))]
fn json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    text.serialize(serializer)
}
