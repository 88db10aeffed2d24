//! Hardware addresses.

use std::fmt;
use std::str::FromStr;

use bytes::BufMut;

use super::{codec, error_type, fixed};

/// `macaddr`: six bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

/// `macaddr8`: eight bytes (EUI-64).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr8(pub [u8; 8]);

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

impl fmt::Display for MacAddr {
    /// As PostgreSQL prints it: `08:00:2b:01:02:03`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(&self.0))
    }
}

impl fmt::Display for MacAddr8 {
    /// As PostgreSQL prints it: `08:00:2b:01:02:03:04:05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(&self.0))
    }
}

error_type! {
    /// A text that is no hardware address.
    ParseMacAddrError, "not pairs of hexadecimal digits with colons between them"
}

fn read<const N: usize>(text: &str) -> Result<[u8; N], ParseMacAddrError> {
    let byte = |part: &str| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2);
    let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(ParseMacAddrError)
}

impl FromStr for MacAddr {
    type Err = ParseMacAddrError;

    fn from_str(text: &str) -> Result<Self, ParseMacAddrError> {
        read(text).map(Self)
    }
}

impl FromStr for MacAddr8 {
    type Err = ParseMacAddrError;

    fn from_str(text: &str) -> Result<Self, ParseMacAddrError> {
        read(text).map(Self)
    }
}

codec!(MacAddr, [MACADDR], |raw| fixed(raw).map(Self), |value, out| out.put_slice(&value.0));
codec!(MacAddr8, [MACADDR8], |raw| fixed(raw).map(Self), |value, out| out.put_slice(&value.0));

crate::driver_traits!(MacAddr);
crate::driver_traits!(MacAddr8);
