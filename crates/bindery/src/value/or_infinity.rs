//! The infinities of dates and timestamps, beside a type that has none.

use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode};

/// A date or timestamp of `T`, or one of PostgreSQL's infinities, which sort before and after all others.
///
/// ```
/// use bindery::OrInfinity;
/// use bindery::chrono::NaiveDate;
///
/// let day = NaiveDate::from_ymd_opt(2026, 7, 1).expect("a day");
/// let until: OrInfinity<NaiveDate> = day.into();
/// assert!(until < OrInfinity::Infinity);
/// assert!(until == day);
/// assert_eq!(until.finite(), Some(day));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrInfinity<T> {
    /// `-infinity`, before all others.
    NegativeInfinity,
    /// A date or timestamp of the calendar.
    Finite(T),
    /// `infinity`, after all others.
    Infinity,
}

impl<T> OrInfinity<T> {
    /// The date or timestamp, unless it is an infinity.
    pub fn finite(self) -> Option<T> {
        match self {
            Self::Finite(value) => Some(value),
            Self::NegativeInfinity | Self::Infinity => None,
        }
    }
}

impl<T> From<T> for OrInfinity<T> {
    fn from(value: T) -> Self {
        Self::Finite(value)
    }
}

impl<T: PartialEq> PartialEq<T> for OrInfinity<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Finite(value) if value == other)
    }
}

impl<T: PartialOrd> PartialOrd<T> for OrInfinity<T> {
    fn partial_cmp(&self, other: &T) -> Option<std::cmp::Ordering> {
        match self {
            Self::NegativeInfinity => Some(std::cmp::Ordering::Less),
            Self::Finite(value) => value.partial_cmp(other),
            Self::Infinity => Some(std::cmp::Ordering::Greater),
        }
    }
}

impl<T: fmt::Display> fmt::Display for OrInfinity<T> {
    /// `infinity`, `-infinity`, or as `T` prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NegativeInfinity => f.pad("-infinity"),
            Self::Finite(value) => value.fmt(f),
            Self::Infinity => f.pad("infinity"),
        }
    }
}

fn has_infinities(ty: &Type) -> bool {
    matches!(*ty, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ)
}

/// The ends of the range of the integer: days in four bytes, microseconds in eight.
const INFINITIES: [&[u8]; 2] = [&i32::MAX.to_be_bytes(), &i64::MAX.to_be_bytes()];
const NEGATIVE_INFINITIES: [&[u8]; 2] = [&i32::MIN.to_be_bytes(), &i64::MIN.to_be_bytes()];

impl<'r, T: Decode<'r>> Decode<'r> for OrInfinity<T> {
    fn accepts(ty: &Type) -> bool {
        has_infinities(ty) && T::accepts(ty)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        match raw {
            _ if INFINITIES.contains(&raw) => Ok(Self::Infinity),
            _ if NEGATIVE_INFINITIES.contains(&raw) => Ok(Self::NegativeInfinity),
            _ => T::decode(ty, raw).map(Self::Finite),
        }
    }
}

impl<T: Encode> Encode for OrInfinity<T> {
    fn accepts(ty: &Type) -> bool {
        has_infinities(ty) && T::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let ends = match self {
            Self::Finite(value) => return value.encode(ty, out),
            Self::Infinity => INFINITIES,
            Self::NegativeInfinity => NEGATIVE_INFINITIES,
        };
        out.put_slice(if *ty == Type::DATE { ends[0] } else { ends[1] });
        Ok(IsNull::No)
    }
}

crate::driver_traits!(generic OrInfinity);
