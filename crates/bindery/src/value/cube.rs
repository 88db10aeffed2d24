//! `cube`, of the extension of that name.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode, Reader};

/// A box in any number of dimensions, or a point, whose corners are the same.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Cube {
    /// A coordinate a dimension.
    Point(Vec<f64>),
    /// Two opposite corners, as many coordinates each.
    Box(Vec<f64>, Vec<f64>),
}

/// The bit of the header that tells points (`contrib/cube/cubedata.h`).
const POINT: u32 = 0x8000_0000;

impl Decode<'_> for Cube {
    fn accepts(ty: &Type) -> bool {
        ty.name() == "cube"
    }

    fn decode(_: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        let mut reader = Reader::new(raw);
        let header = reader.u32()?;
        let dimensions = usize::try_from(header & !POINT)?;
        let mut corner = || -> Result<Vec<f64>, BoxError> { (0..dimensions).map(|_| reader.f64()).collect() };
        let first = corner()?;
        let cube = if header & POINT != 0 { Self::Point(first) } else { Self::Box(first, corner()?) };
        reader.end()?;
        Ok(cube)
    }
}

impl Encode for Cube {
    fn accepts(ty: &Type) -> bool {
        <Self as Decode<'_>>::accepts(ty)
    }

    fn encode(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let (first, second, flag): (_, &[f64], _) = match self {
            Self::Point(point) => (point, &[], POINT),
            Self::Box(first, second) if first.len() == second.len() => (first, second, 0),
            Self::Box(..) => return Err("the corners of a cube have different numbers of coordinates".into()),
        };
        out.put_u32(u32::try_from(first.len())? | flag);
        first.iter().chain(second).for_each(|coordinate| out.put_f64(*coordinate));
        Ok(IsNull::No)
    }
}

crate::driver_traits!(Cube);
