//! `tid`: where a row version lies.

use std::fmt;

use bytes::BufMut;

use super::{Reader, codec};

/// The place of a row version in its table, such as `ctid`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Tid {
    /// The page, from 0.
    pub block: u32,
    /// The item in the page, from 1.
    pub offset: u16,
}

impl fmt::Display for Tid {
    /// As PostgreSQL prints it: `(0,1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("({},{})", self.block, self.offset))
    }
}

codec!(
    Tid,
    [TID],
    |raw| {
        let mut reader = Reader::new(raw);
        let tid = Self { block: reader.u32()?, offset: reader.u16()? };
        reader.end()?;
        Ok(tid)
    },
    |value, out| {
        out.put_u32(value.block);
        out.put_u16(value.offset);
    }
);

crate::driver_traits!(Tid);
