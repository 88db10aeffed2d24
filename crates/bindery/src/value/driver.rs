//! The way back to the driver's traits, for types that implement those.

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};

use super::{BoxError, Decode, Encode};

/// A value whose type implements the driver's `FromSql` or `ToSql`, as types of your own and of other crates may.
///
/// Generated code wraps the types that annotations and `bindery.toml` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Driver<T>(pub T);

impl<'r, T: FromSql<'r>> Decode<'r> for Driver<T> {
    fn accepts(ty: &Type) -> bool {
        T::accepts(ty)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        T::from_sql(ty, raw).map(Self)
    }

    fn decode_null() -> Result<Self, BoxError> {
        T::from_sql_null(&Type::UNKNOWN).map(Self)
    }
}

impl<T: ToSql> Encode for Driver<T> {
    fn accepts(ty: &Type) -> bool {
        T::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.0.to_sql(ty, out)
    }
}
