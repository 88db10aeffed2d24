//! `money`.

use bytes::BufMut;

use super::{codec, fixed};

/// An amount in the smallest unit of the currency. How many of them make one of the next, and which currency it is, says
/// the server's setting `lc_monetary`, not the value: 1.50 is 150 where there are two digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Money(pub i64);

codec!(Money, [MONEY], |raw| fixed(raw).map(|raw| Self(i64::from_be_bytes(raw))), |value, out| out
    .put_i64(value.0));

crate::driver_traits!(Money);
