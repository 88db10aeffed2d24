//! `bytea`.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode};

fn is_bytes(ty: &Type) -> bool {
    *ty == Type::BYTEA
}

impl<'r> Decode<'r> for &'r [u8] {
    fn accepts(ty: &Type) -> bool {
        is_bytes(ty)
    }

    fn decode(_: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        Ok(raw)
    }
}

impl Decode<'_> for Vec<u8> {
    fn accepts(ty: &Type) -> bool {
        is_bytes(ty)
    }

    fn decode(_: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        Ok(raw.to_owned())
    }
}

impl Encode for &[u8] {
    fn accepts(ty: &Type) -> bool {
        is_bytes(ty)
    }

    fn encode(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        out.put_slice(self);
        Ok(IsNull::No)
    }
}

impl Encode for Vec<u8> {
    fn accepts(ty: &Type) -> bool {
        is_bytes(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.as_slice().encode(ty, out)
    }
}
