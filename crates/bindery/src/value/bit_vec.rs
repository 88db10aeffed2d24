//! `bit` and `varbit` as the bit-vec crate has them.

use bit_vec::BitVec;
use bytes::BufMut;

use super::{Reader, codec};

codec!(
    BitVec,
    [BIT, VARBIT],
    |raw| {
        let mut reader = Reader::new(raw);
        let length = usize::try_from(reader.i32()?)?;
        let mut bits = Self::from_bytes(reader.take(length.div_ceil(8))?);
        reader.end()?;
        bits.truncate(length);
        Ok(bits)
    },
    |value, out| {
        out.put_i32(i32::try_from(value.len())?);
        out.put_slice(&value.to_bytes());
    }
);
