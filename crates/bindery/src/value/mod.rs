//! Values on the wire: the traits that read and write them, and types for values that no crate of the field holds whole.
//!
//! A type of Rust stands for types of PostgreSQL by [`Decode`] and [`Encode`]. They differ from the driver's `FromSql` and
//! `ToSql` in that this crate may implement them for `chrono::NaiveTime` or `Vec<T>` so that nothing is lost, and in that
//! domains never reach them. Types of this crate implement the driver's traits as well.

pub(crate) mod array;
pub(crate) mod bytes;
pub(crate) mod calendar;
pub(crate) mod composite;
pub(crate) mod cube;
pub(crate) mod domain;
pub(crate) mod driver;
pub(crate) mod enumeration;
pub(crate) mod ewkb;
pub(crate) mod geometric;
pub(crate) mod hstore;
pub(crate) mod interval;
pub(crate) mod lsn;
pub(crate) mod mac;
pub(crate) mod money;
pub(crate) mod numeric;
pub(crate) mod or_infinity;
pub(crate) mod range;
pub(crate) mod scalar;
#[cfg(feature = "serde")]
pub(crate) mod serde;
pub(crate) mod snapshot;
pub(crate) mod text;
pub(crate) mod text_search;
pub(crate) mod tid;

// Types of other crates, one file a crate.
#[cfg(feature = "bit-vec")]
mod bit_vec;
#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "cidr")]
mod cidr;
#[cfg(feature = "geozero")]
mod geozero;
#[cfg(feature = "jiff")]
mod jiff;
#[cfg(feature = "pgvector")]
mod pgvector;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
#[cfg(feature = "serde_json")]
pub(crate) mod serde_json;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

use std::error::Error;

use ::bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Kind, Type};

use crate::type_name::type_name;

/// Why a value cannot be read or written: what the driver's traits have for an error.
pub type BoxError = Box<dyn Error + Sync + Send>;

/// A type that values of the database are read as.
///
/// Neither method ever sees a domain: the type under it is passed.
pub trait Decode<'r>: Sized {
    /// Whether it reads values of this type.
    fn accepts(ty: &Type) -> bool;

    /// Reads a value in binary form.
    ///
    /// # Errors
    /// The bytes are none of `ty`, or the value is none that `Self` holds.
    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError>;

    /// What stands for NULL.
    ///
    /// # Errors
    /// Nothing does, unless it is an `Option`.
    fn decode_null() -> Result<Self, BoxError> {
        Err("it is NULL".into())
    }
}

/// A type whose values are sent to the database.
///
/// Neither method ever sees a domain: the type under it is passed.
pub trait Encode {
    /// Whether it writes values of this type.
    fn accepts(ty: &Type) -> bool
    where
        Self: Sized;

    /// Writes a value in binary form, or nothing for NULL.
    ///
    /// # Errors
    /// The value is none of `ty`.
    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError>;
}

/// An argument of a query: any type that implements [`Encode`].
pub trait Param: Sync {
    /// Checks the type, then writes the value as [`Encode::encode`] does.
    ///
    /// # Errors
    /// It is a value of another type, or cannot be written.
    fn encode_param(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError>;
}

impl<T: Encode + Sync> Param for T {
    fn encode_param(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let ty = base(ty);
        match T::accepts(ty) {
            true => self.encode(ty, out),
            false => Err(mismatch::<T>(ty)),
        }
    }
}

impl<'r, T: Decode<'r>> Decode<'r> for Option<T> {
    fn accepts(ty: &Type) -> bool {
        T::accepts(ty)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        T::decode(ty, raw).map(Some)
    }

    fn decode_null() -> Result<Self, BoxError> {
        Ok(None)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn accepts(ty: &Type) -> bool {
        T::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.as_ref().map_or(Ok(IsNull::Yes), |value| value.encode(ty, out))
    }
}

impl<T: Encode> Encode for &T {
    fn accepts(ty: &Type) -> bool {
        T::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        T::encode(self, ty, out)
    }
}

/// The type under all domains.
pub(crate) fn base(ty: &Type) -> &Type {
    match ty.kind() {
        Kind::Domain(inner) => base(inner),
        _ => ty,
    }
}

/// Reads a value whose type has not been compared with `T` yet.
pub(crate) fn decode_checked<'r, T: Decode<'r>>(ty: &Type, raw: Option<&'r [u8]>) -> Result<T, BoxError> {
    // Most types are no domains.
    if T::accepts(ty) {
        return raw.map_or_else(T::decode_null, |raw| T::decode(ty, raw));
    }
    let ty = base(ty);
    match T::accepts(ty) {
        true => raw.map_or_else(T::decode_null, |raw| T::decode(ty, raw)),
        false => Err(mismatch::<T>(ty)),
    }
}

/// Reads a part of a value: an element, a bound, an attribute.
pub(crate) fn decode_part<'r, T: Decode<'r>>(ty: &Type, raw: Option<&'r [u8]>) -> Result<T, BoxError> {
    raw.map_or_else(T::decode_null, |raw| T::decode(base(ty), raw))
}

/// Writes a part of a value, its length before it.
pub(crate) fn encode_part(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<IsNull, BoxError>,
) -> Result<(), BoxError> {
    let start = out.len();
    out.put_i32(-1);
    if let IsNull::No = write(out)? {
        let length = i32::try_from(out.len() - start - 4)?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

fn mismatch<T>(ty: &Type) -> BoxError {
    format!("{} does not stand for the type {}", std::any::type_name::<T>(), type_name(ty)).into()
}

/// Whether `qualified` is the type's schema and name.
pub(crate) fn is_named(ty: &Type, qualified: &str) -> bool {
    let rest = qualified.strip_prefix(ty.schema()).and_then(|rest| rest.strip_prefix('.'));
    rest == Some(ty.name())
}

/// Implements the traits for the types of the first list by two functions.
macro_rules! codec {
    ($rust:ty, [$($ty:ident),+], |$raw:ident| $read:expr, |$value:ident, $out:ident| $write:expr) => {
        impl $crate::value::Decode<'_> for $rust {
            fn accepts(ty: &::tokio_postgres::types::Type) -> bool {
                matches!(*ty, $(::tokio_postgres::types::Type::$ty)|+)
            }

            fn decode(
                _: &::tokio_postgres::types::Type,
                $raw: &[u8],
            ) -> Result<Self, $crate::value::BoxError> {
                $read
            }
        }

        impl $crate::value::Encode for $rust {
            fn accepts(ty: &::tokio_postgres::types::Type) -> bool {
                <Self as $crate::value::Decode<'_>>::accepts(ty)
            }

            fn encode(
                &self,
                _: &::tokio_postgres::types::Type,
                $out: &mut ::bytes::BytesMut,
            ) -> Result<::tokio_postgres::types::IsNull, $crate::value::BoxError> {
                let $value = self;
                $write;
                Ok(::tokio_postgres::types::IsNull::No)
            }
        }
    };
}
pub(crate) use codec;

/// An error that says one thing.
macro_rules! error_type {
    ($(#[$doc:meta])* $name:ident, $message:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name;

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($message)
            }
        }

        impl ::std::error::Error for $name {}
    };
}
pub(crate) use error_type;

/// Implements the driver's traits for a type that implements [`Decode`] and [`Encode`]. Generated types use it too.
#[doc(hidden)]
#[macro_export]
macro_rules! driver_traits {
    (generic $rust:ident) => {
        $crate::driver_traits!(impl [T] $rust<T>);
    };
    (impl [$($generic:tt)*] $rust:ty) => {
        impl<'driver, $($generic)*> $crate::generated::FromSql<'driver> for $rust
        where
            Self: $crate::Decode<'driver>,
        {
            fn from_sql(
                ty: &$crate::generated::Type,
                raw: &'driver [u8],
            ) -> ::std::result::Result<Self, $crate::BoxError> {
                <Self as $crate::Decode<'driver>>::decode(ty, raw)
            }

            fn accepts(ty: &$crate::generated::Type) -> bool {
                <Self as $crate::Decode<'driver>>::accepts(ty)
            }
        }

        impl<$($generic)*> $crate::generated::ToSql for $rust
        where
            Self: $crate::Encode + ::std::fmt::Debug,
        {
            fn to_sql(
                &self,
                ty: &$crate::generated::Type,
                out: &mut $crate::generated::BytesMut,
            ) -> ::std::result::Result<$crate::generated::IsNull, $crate::BoxError> {
                <Self as $crate::Encode>::encode(self, ty, out)
            }

            fn accepts(ty: &$crate::generated::Type) -> bool {
                <Self as $crate::Encode>::accepts(ty)
            }

            $crate::generated::to_sql_checked!();
        }
    };
    ($rust:ty) => {
        $crate::driver_traits!(impl [] $rust);
    };
}

/// Takes a value apart from its start; a value that ends too early is an error.
pub(crate) struct Reader<'r> {
    raw: &'r [u8],
}

impl<'r> Reader<'r> {
    pub fn new(raw: &'r [u8]) -> Self {
        Self { raw }
    }

    pub fn take(&mut self, count: usize) -> Result<&'r [u8], BoxError> {
        let (taken, rest) =
            self.raw.split_at_checked(count).ok_or("the value is shorter than it should be")?;
        self.raw = rest;
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BoxError> {
        Ok(self.take(N)?.try_into()?)
    }

    pub fn u8(&mut self) -> Result<u8, BoxError> {
        self.array().map(u8::from_be_bytes)
    }

    pub fn u16(&mut self) -> Result<u16, BoxError> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn i32(&mut self) -> Result<i32, BoxError> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, BoxError> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn i64(&mut self) -> Result<i64, BoxError> {
        self.array().map(i64::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, BoxError> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn f64(&mut self) -> Result<f64, BoxError> {
        self.array().map(f64::from_be_bytes)
    }

    /// How many parts follow, each of at least `size` bytes: a wrong count must not make us reserve memory.
    pub fn count(&mut self, size: usize) -> Result<usize, BoxError> {
        let count = usize::try_from(self.i32()?)?;
        match count.checked_mul(size) {
            Some(bytes) if bytes <= self.raw.len() => Ok(count),
            _ => Err("the value has fewer parts than it says".into()),
        }
    }

    /// A part with its length before it; none for NULL.
    pub fn part(&mut self) -> Result<Option<&'r [u8]>, BoxError> {
        match self.i32()? {
            -1 => Ok(None),
            length => Ok(Some(self.take(usize::try_from(length)?)?)),
        }
    }

    /// How many bytes are left.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Text up to a zero byte.
    pub fn c_string(&mut self) -> Result<&'r str, BoxError> {
        let length = self.raw.iter().position(|byte| *byte == 0).ok_or("a text has no end")?;
        let text = std::str::from_utf8(self.take(length)?)?;
        self.u8()?;
        Ok(text)
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), BoxError> {
        match self.raw {
            [] => Ok(()),
            rest => Err(format!("the value has {} bytes too many", rest.len()).into()),
        }
    }
}

/// A value of one fixed length.
pub(crate) fn fixed<const N: usize>(raw: &[u8]) -> Result<[u8; N], BoxError> {
    raw.try_into().map_err(|_| format!("the value has {} bytes and should have {N}", raw.len()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Circle, Line, Lseg, Path, Point, Polygon, Rectangle};
    use crate::text_search::{TsQuery, TsVector};
    use crate::{
        Array, Cube, Date, Ewkb, Interval, MacAddr, MacAddr8, Money, Multirange, Numeric, OrInfinity, PgLsn,
        Range, Snapshot, Tid, Time, TimeTz, Timestamp, TimestampTz,
    };

    /// SplitMix64.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        }

        /// Mostly small numbers, as lengths and counts are.
        fn bytes(&mut self) -> Vec<u8> {
            let length = self.next() % 64;
            let byte = |random: &mut Self| {
                if random.next().is_multiple_of(3) { random.next() as u8 } else { (random.next() % 5) as u8 }
            };
            (0..length).map(|_| byte(self)).collect()
        }
    }

    /// Whatever is read is written without a panic, and read again as the same.
    fn read<T: for<'r> Decode<'r> + Encode + std::fmt::Debug>(ty: &Type, raw: &[u8]) {
        assert!(<T as Decode<'_>>::accepts(ty), "{ty}");
        let Ok(value) = T::decode(ty, raw) else { return };
        let mut out = BytesMut::new();
        if let Ok(IsNull::No) = value.encode(ty, &mut out) {
            let again = T::decode(ty, &out).expect("what was written is read");
            assert_eq!(format!("{value:?}"), format!("{again:?}"));
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let seed = now.as_secs() ^ u64::from(now.subsec_nanos());
        println!("seed {seed}");
        let mut random = Random(seed);
        for _ in 0..20_000 {
            let raw = random.bytes();
            read::<Array<Option<i32>>>(&Type::INT4_ARRAY, &raw);
            read::<Array<Option<Range<Numeric>>>>(&Type::NUM_RANGE_ARRAY, &raw);
            read::<Vec<i16>>(&Type::INT2_VECTOR, &raw);
            read::<Multirange<i64>>(&Type::INT8MULTI_RANGE, &raw);
            read::<Range<OrInfinity<Date>>>(&Type::DATE_RANGE, &raw);
            read::<Numeric>(&Type::NUMERIC, &raw);
            read::<Interval>(&Type::INTERVAL, &raw);
            read::<Date>(&Type::DATE, &raw);
            read::<Time>(&Type::TIME, &raw);
            read::<TimeTz>(&Type::TIMETZ, &raw);
            read::<Timestamp>(&Type::TIMESTAMP, &raw);
            read::<TimestampTz>(&Type::TIMESTAMPTZ, &raw);
            read::<TsVector>(&Type::TS_VECTOR, &raw);
            read::<TsQuery>(&Type::TSQUERY, &raw);
            read::<Snapshot>(&Type::PG_SNAPSHOT, &raw);
            read::<Tid>(&Type::TID, &raw);
            read::<Point>(&Type::POINT, &raw);
            read::<Line>(&Type::LINE, &raw);
            read::<Lseg>(&Type::LSEG, &raw);
            read::<Rectangle>(&Type::BOX, &raw);
            read::<Path>(&Type::PATH, &raw);
            read::<Polygon>(&Type::POLYGON, &raw);
            read::<Circle>(&Type::CIRCLE, &raw);
            read::<Money>(&Type::MONEY, &raw);
            read::<MacAddr>(&Type::MACADDR, &raw);
            read::<MacAddr8>(&Type::MACADDR8, &raw);
            read::<PgLsn>(&Type::PG_LSN, &raw);
            read::<String>(&Type::JSONPATH, &raw);
            read::<bool>(&Type::BOOL, &raw);
            let of_extension = |name: &str| Type::new(name.into(), 1, Kind::Simple, "ext".into());
            read::<Cube>(&of_extension("cube"), &raw);
            read::<Ewkb>(&of_extension("geometry"), &raw);
            read::<std::collections::BTreeMap<String, Option<String>>>(&of_extension("hstore"), &raw);
            #[cfg(feature = "cidr")]
            read::<::cidr::IpInet>(&Type::INET, &raw);
            #[cfg(feature = "bit-vec")]
            read::<::bit_vec::BitVec>(&Type::VARBIT, &raw);
            #[cfg(feature = "chrono")]
            read::<OrInfinity<::chrono::DateTime<::chrono::Utc>>>(&Type::TIMESTAMPTZ, &raw);
        }
    }

    #[test]
    fn another_type_is_an_error_that_names_both() {
        let error = decode_checked::<i32>(&Type::INT8, Some(&[0; 8])).unwrap_err();
        assert_eq!(error.to_string(), "i32 does not stand for the type int8");
        let error = 1_i32.encode_param(&Type::TEXT_ARRAY, &mut BytesMut::new()).err().unwrap();
        assert_eq!(error.to_string(), "i32 does not stand for the type text[]");
    }
}
