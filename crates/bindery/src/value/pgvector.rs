//! The types of the extension `vector` as the pgvector crate has them, which implements the driver's traits.

use bytes::BytesMut;
use pgvector::{HalfVector, SparseVector, Vector};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};

use super::{BoxError, Decode, Encode};

macro_rules! by_the_driver {
    ($($rust:ty),*) => {$(
        impl Decode<'_> for $rust {
            fn accepts(ty: &Type) -> bool {
                <Self as FromSql<'_>>::accepts(ty)
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, BoxError> {
                <Self as FromSql<'_>>::from_sql(ty, raw)
            }
        }

        impl Encode for $rust {
            fn accepts(ty: &Type) -> bool {
                <Self as ToSql>::accepts(ty)
            }

            fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
                self.to_sql(ty, out)
            }
        }
    )*};
}

by_the_driver!(Vector, HalfVector, SparseVector);
