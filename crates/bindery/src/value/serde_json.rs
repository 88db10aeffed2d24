//! `json` and `jsonb`, as any type that serde knows.

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode};

/// A value that is JSON in the database.
///
/// ```
/// # fn read(row: &bindery::Row) -> Result<(), bindery::Error> {
/// let bindery::Json(prices) = row.get::<bindery::Json<Vec<f64>>>(0)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Json<T>(pub T);

fn is_json(ty: &Type) -> bool {
    matches!(*ty, Type::JSON | Type::JSONB)
}

/// The first byte of `jsonb` (`jsonb_send`).
const VERSION: u8 = 1;

impl<'r, T: Deserialize<'r>> Decode<'r> for Json<T> {
    fn accepts(ty: &Type) -> bool {
        is_json(ty)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let text = match (raw, ty == &Type::JSONB) {
            ([VERSION, text @ ..], true) => text,
            (_, true) => return Err("the value is in a form of a later version".into()),
            (text, false) => text,
        };
        serde_json::from_slice(text)
            .map(Self)
            .map_err(|error| format!("the JSON is no {}: {error}", std::any::type_name::<T>()).into())
    }
}

impl<T: Serialize> Encode for Json<T> {
    fn accepts(ty: &Type) -> bool {
        is_json(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        if *ty == Type::JSONB {
            out.put_u8(VERSION);
        }
        serde_json::to_writer(out.writer(), &self.0)?;
        Ok(IsNull::No)
    }
}

impl Decode<'_> for Value {
    fn accepts(ty: &Type) -> bool {
        is_json(ty)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        Json::decode(ty, raw).map(|Json(value)| value)
    }
}

impl Encode for Value {
    fn accepts(ty: &Type) -> bool {
        is_json(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        Json(self).encode(ty, out)
    }
}

crate::driver_traits!(generic Json);
