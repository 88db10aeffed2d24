//! PostGIS's `geometry` and `geography`.

use std::str::FromStr;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode, error_type};

/// A shape in PostGIS's own form, EWKB: any kind of shape, its third and fourth coordinates, its reference system.
///
/// With the feature `geozero` it is a `geozero::GeozeroGeometry`, and with that a geometry of geo-types, GeoJSON or WKT.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ewkb(pub Vec<u8>);

impl Ewkb {
    /// Hexadecimal digits, as PostGIS shows a shape.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

impl FromStr for Ewkb {
    type Err = ParseEwkbError;

    fn from_str(text: &str) -> Result<Self, ParseEwkbError> {
        let pairs = text.as_bytes().chunks(2);
        let byte = |pair: &[u8]| {
            let digits = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(digits, 16).ok()
        };
        pairs.map(byte).collect::<Option<_>>().map(Self).ok_or(ParseEwkbError)
    }
}

error_type! {
    /// A text that is no pairs of hexadecimal digits.
    ParseEwkbError, "not pairs of hexadecimal digits"
}

impl Decode<'_> for Ewkb {
    fn accepts(ty: &Type) -> bool {
        matches!(ty.name(), "geometry" | "geography")
    }

    fn decode(_: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        Ok(Self(raw.to_owned()))
    }
}

impl Encode for Ewkb {
    fn accepts(ty: &Type) -> bool {
        <Self as Decode<'_>>::accepts(ty)
    }

    fn encode(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }
}

crate::driver_traits!(Ewkb);
