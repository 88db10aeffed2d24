//! Ranges and multiranges.

use std::ops::{Bound, Deref};

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, Type};

use super::{BoxError, Decode, Encode, Reader, base, decode_part, encode_part};

/// A range of the database: empty, or all values between two bounds.
///
/// The server writes ranges of whole numbers and of days with an inclusive lower and an exclusive upper bound, whatever it
/// was sent.
///
/// ```
/// use bindery::Range;
///
/// let teens = Range::from(13..20);
/// assert!(teens.contains(&13) && !teens.contains(&20));
/// assert!(Range::from(18..).contains(&99));
/// assert_eq!(Range::<i32>::Empty.lower(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Range<T> {
    /// No value at all.
    Empty,
    /// From a lower to an upper bound.
    Bounds(Bound<T>, Bound<T>),
}

impl<T> Range<T> {
    /// The value at the lower bound, if there is one.
    pub fn lower(&self) -> Option<&T> {
        match self {
            Self::Bounds(Bound::Included(value) | Bound::Excluded(value), _) => Some(value),
            _ => None,
        }
    }

    /// The value at the upper bound, if there is one.
    pub fn upper(&self) -> Option<&T> {
        match self {
            Self::Bounds(_, Bound::Included(value) | Bound::Excluded(value)) => Some(value),
            _ => None,
        }
    }
}

impl<T: PartialOrd> Range<T> {
    /// Whether the value is in the range, as `@>` has it.
    pub fn contains(&self, value: &T) -> bool {
        match self {
            Self::Empty => false,
            Self::Bounds(lower, upper) => {
                let bounds = (lower.as_ref(), upper.as_ref());
                std::ops::RangeBounds::contains(&bounds, value)
            }
        }
    }
}

macro_rules! from_range {
    ($($rust:ty: |$range:ident| $lower:expr, $upper:expr;)*) => {$(
        impl<T> From<$rust> for Range<T> {
            fn from($range: $rust) -> Self {
                Self::Bounds($lower, $upper)
            }
        }
    )*};
}

from_range! {
    std::ops::Range<T>: |range| Bound::Included(range.start), Bound::Excluded(range.end);
    std::ops::RangeFrom<T>: |range| Bound::Included(range.start), Bound::Unbounded;
    std::ops::RangeTo<T>: |range| Bound::Unbounded, Bound::Excluded(range.end);
    std::ops::RangeToInclusive<T>: |range| Bound::Unbounded, Bound::Included(range.end);
    std::ops::RangeFull: |_range| Bound::Unbounded, Bound::Unbounded;
    (Bound<T>, Bound<T>): |range| range.0, range.1;
}

impl<T> From<std::ops::RangeInclusive<T>> for Range<T> {
    fn from(range: std::ops::RangeInclusive<T>) -> Self {
        let (start, end) = range.into_inner();
        Self::Bounds(Bound::Included(start), Bound::Included(end))
    }
}

/// Ranges in order, as the server keeps them: none empty, none touching the next.
///
/// It is a slice of its ranges. The server brings what it is sent into this form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Multirange<T> {
    ranges: Vec<Range<T>>,
}

impl<T> Multirange<T> {
    /// The ranges.
    pub fn into_ranges(self) -> Vec<Range<T>> {
        self.ranges
    }
}

impl<T> From<Vec<Range<T>>> for Multirange<T> {
    fn from(ranges: Vec<Range<T>>) -> Self {
        Self { ranges }
    }
}

impl<T> FromIterator<Range<T>> for Multirange<T> {
    fn from_iter<I: IntoIterator<Item = Range<T>>>(ranges: I) -> Self {
        Self { ranges: ranges.into_iter().collect() }
    }
}

impl<T> Default for Multirange<T> {
    fn default() -> Self {
        Self { ranges: Vec::new() }
    }
}

impl<T> Deref for Multirange<T> {
    type Target = [Range<T>];

    fn deref(&self) -> &[Range<T>] {
        &self.ranges
    }
}

// The flags of `range_send` (PostgreSQL, `src/include/utils/rangetypes.h`).
const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

fn subtype(ty: &Type) -> Option<&Type> {
    match ty.kind() {
        Kind::Range(subtype) => Some(base(subtype)),
        _ => None,
    }
}

/// The type of what the bounds of a multirange's ranges are. The driver does not look it up for multiranges that a user
/// has made, so these are compared by name alone, and read without it.
fn multirange_subtype(ty: &Type) -> Option<Option<&Type>> {
    match ty.kind() {
        Kind::Multirange(subtype) => Some(Some(base(subtype))),
        Kind::Simple | Kind::Pseudo if ty.schema() != "pg_catalog" => Some(None),
        _ => None,
    }
}

fn decode_range<'r, T: Decode<'r>>(subtype: &Type, raw: &'r [u8]) -> Result<Range<T>, BoxError> {
    let mut reader = Reader::new(raw);
    let flags = reader.u8()?;
    if flags & EMPTY != 0 {
        reader.end()?;
        return Ok(Range::Empty);
    }
    let mut bound = |infinite, inclusive| -> Result<Bound<T>, BoxError> {
        if flags & infinite != 0 {
            return Ok(Bound::Unbounded);
        }
        let value = decode_part(subtype, reader.part()?)?;
        Ok(if flags & inclusive != 0 { Bound::Included(value) } else { Bound::Excluded(value) })
    };
    let lower = bound(LOWER_INFINITE, LOWER_INCLUSIVE)?;
    let upper = bound(UPPER_INFINITE, UPPER_INCLUSIVE)?;
    reader.end()?;
    Ok(Range::Bounds(lower, upper))
}

fn encode_range<T: Encode>(range: &Range<T>, subtype: &Type, out: &mut BytesMut) -> Result<(), BoxError> {
    let Range::Bounds(lower, upper) = range else {
        out.put_u8(EMPTY);
        return Ok(());
    };
    let flags = |bound: &Bound<T>, infinite, inclusive| match bound {
        Bound::Unbounded => infinite,
        Bound::Included(_) => inclusive,
        Bound::Excluded(_) => 0,
    };
    let lower_flags = flags(lower, LOWER_INFINITE, LOWER_INCLUSIVE);
    out.put_u8(lower_flags | flags(upper, UPPER_INFINITE, UPPER_INCLUSIVE));
    for bound in [lower, upper] {
        if let Bound::Included(value) | Bound::Excluded(value) = bound {
            encode_part(out, |out| value.encode(subtype, out))?;
        }
    }
    Ok(())
}

impl<'r, T: Decode<'r>> Decode<'r> for Range<T> {
    fn accepts(ty: &Type) -> bool {
        subtype(ty).is_some_and(T::accepts)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        decode_range(subtype(ty).ok_or("the type is no range")?, raw)
    }
}

impl<T: Encode> Encode for Range<T> {
    fn accepts(ty: &Type) -> bool {
        subtype(ty).is_some_and(T::accepts)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        encode_range(self, subtype(ty).ok_or("the type is no range")?, out)?;
        Ok(IsNull::No)
    }
}

impl<'r, T: Decode<'r>> Decode<'r> for Multirange<T> {
    fn accepts(ty: &Type) -> bool {
        multirange_subtype(ty).is_some_and(|subtype| subtype.is_none_or(T::accepts))
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let subtype = multirange_subtype(ty).ok_or("the type is no multirange")?;
        let mut reader = Reader::new(raw);
        let mut ranges = Vec::new();
        for _ in 0..reader.count(4)? {
            let raw = reader.part()?.ok_or("a range of a multirange is NULL")?;
            ranges.push(decode_range(subtype.unwrap_or(&Type::UNKNOWN), raw)?);
        }
        reader.end()?;
        Ok(Self { ranges })
    }
}

impl<T: Encode> Encode for Multirange<T> {
    fn accepts(ty: &Type) -> bool {
        multirange_subtype(ty).is_some_and(|subtype| subtype.is_none_or(T::accepts))
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let subtype = multirange_subtype(ty).ok_or("the type is no multirange")?;
        out.put_u32(u32::try_from(self.ranges.len())?);
        for range in &self.ranges {
            encode_part(out, |out| {
                encode_range(range, subtype.unwrap_or(&Type::UNKNOWN), out)?;
                Ok(IsNull::No)
            })?;
        }
        Ok(IsNull::No)
    }
}

crate::driver_traits!(generic Range);
crate::driver_traits!(generic Multirange);
