//! Rust's own numbers and truth values.

use bytes::BufMut;
use tokio_postgres::types::Type;

use super::{BoxError, Decode, codec, fixed};

codec!(
    bool,
    [BOOL],
    |raw| match fixed::<1>(raw)? {
        [0] => Ok(false),
        [1] => Ok(true),
        [other] => Err(format!("{other} is neither true nor false").into()),
    },
    |value, out| out.put_u8(u8::from(*value))
);

codec!(i8, [CHAR], |raw| fixed(raw).map(i8::from_be_bytes), |value, out| out.put_i8(*value));
codec!(i16, [INT2], |raw| fixed(raw).map(i16::from_be_bytes), |value, out| out.put_i16(*value));
codec!(i32, [INT4], |raw| fixed(raw).map(i32::from_be_bytes), |value, out| out.put_i32(*value));
codec!(i64, [INT8], |raw| fixed(raw).map(i64::from_be_bytes), |value, out| out.put_i64(*value));
codec!(f32, [FLOAT4], |raw| fixed(raw).map(f32::from_be_bytes), |value, out| out.put_f32(*value));
codec!(f64, [FLOAT8], |raw| fixed(raw).map(f64::from_be_bytes), |value, out| out.put_f64(*value));

codec!(
    u32,
    [
        OID,
        XID,
        CID,
        REGCLASS,
        REGCOLLATION,
        REGCONFIG,
        REGDICTIONARY,
        REGNAMESPACE,
        REGOPER,
        REGOPERATOR,
        REGPROC,
        REGPROCEDURE,
        REGROLE,
        REGTYPE
    ],
    |raw| fixed(raw).map(u32::from_be_bytes),
    |value, out| out.put_u32(*value)
);
codec!(u64, [XID8], |raw| fixed(raw).map(u64::from_be_bytes), |value, out| out.put_u64(*value));

/// What a function that returns nothing returns.
impl Decode<'_> for () {
    fn accepts(ty: &Type) -> bool {
        *ty == Type::VOID
    }

    fn decode(_: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        fixed::<0>(raw).map(|[]| ())
    }

    /// A function in SQL that returns nothing returns NULL.
    fn decode_null() -> Result<Self, BoxError> {
        Ok(())
    }
}
