//! PostGIS's `geometry` and `geography`.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode};

/// A shape in PostGIS's own form, EWKB: any kind of shape, its third and fourth coordinates, its reference system.
///
/// With the feature `geozero` it is a `geozero::GeozeroGeometry`, and with that a geometry of geo-types, GeoJSON or WKT.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ewkb(pub Vec<u8>);

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
