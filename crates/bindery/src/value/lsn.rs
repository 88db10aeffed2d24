//! `pg_lsn`: a place in the write-ahead log.

use std::fmt;
use std::str::FromStr;

use bytes::BufMut;

use super::{codec, error_type, fixed};

/// A place in the write-ahead log, in bytes from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PgLsn(pub u64);

impl fmt::Display for PgLsn {
    /// As PostgreSQL prints it: `16/B374D848`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff))
    }
}

error_type! {
    /// A text that is no place in the log.
    ParsePgLsnError, "not two hexadecimal numbers with a slash between them"
}

impl FromStr for PgLsn {
    type Err = ParsePgLsnError;

    fn from_str(text: &str) -> Result<Self, ParsePgLsnError> {
        let (high, low) = text.split_once('/').ok_or(ParsePgLsnError)?;
        let half = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            u32::from_str_radix(text, 16).ok().filter(|_| is_number).ok_or(ParsePgLsnError)
        };
        Ok(Self(u64::from(half(high)?) << 32 | u64::from(half(low)?)))
    }
}

codec!(PgLsn, [PG_LSN], |raw| fixed(raw).map(|raw| Self(u64::from_be_bytes(raw))), |value, out| out
    .put_u64(value.0));

crate::driver_traits!(PgLsn);
