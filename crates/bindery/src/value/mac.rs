//! Hardware addresses.

use std::fmt;

use bytes::BufMut;

use super::{codec, fixed};

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

codec!(MacAddr, [MACADDR], |raw| fixed(raw).map(Self), |value, out| out.put_slice(&value.0));
codec!(MacAddr8, [MACADDR8], |raw| fixed(raw).map(Self), |value, out| out.put_slice(&value.0));

crate::driver_traits!(MacAddr);
crate::driver_traits!(MacAddr8);
