//! Generated enums.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, Kind, Type};

use super::{BoxError, is_named};

/// An enum of the database. Generated enums implement it; [`impl_enum!`](crate::impl_enum) adds `Display`, `FromStr` and
/// the traits that read and write it.
pub trait Enum: Sized + 'static {
    /// The type's schema and name, such as `public.car_status`.
    const TYPE: &'static str;
    /// Every value that was known when the code was generated, in the order of the database.
    const ALL: &'static [Self];
    /// The label in the database.
    fn label(&self) -> &str;
    /// The value of a label.
    fn from_label(label: &str) -> Option<Self>;
}

/// By schema and name: labels may differ, since one that is added later must not break rows that do not use it.
#[doc(hidden)]
pub fn accepts_enum<E: Enum>(ty: &Type) -> bool {
    matches!(ty.kind(), Kind::Enum(_)) && is_named(ty, E::TYPE)
}

#[doc(hidden)]
pub fn encode_enum<E: Enum>(value: &E, out: &mut BytesMut) -> IsNull {
    out.extend_from_slice(value.label().as_bytes());
    IsNull::No
}

#[doc(hidden)]
pub fn decode_enum<E: Enum>(raw: &[u8]) -> Result<E, BoxError> {
    let label = std::str::from_utf8(raw)?;
    E::from_label(label)
        .ok_or_else(|| format!("the type {} had no label {label:?} at build time", E::TYPE).into())
}

/// Implements `Display`, `FromStr` and the traits that read and write a type that is a [`bindery::Enum`](crate::Enum).
#[macro_export]
macro_rules! impl_enum {
    ($name:ty) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad($crate::Enum::label(self))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::string::String;

            fn from_str(label: &str) -> ::std::result::Result<Self, Self::Err> {
                <Self as $crate::Enum>::from_label(label)
                    .ok_or_else(|| format!("{label:?} is no label of {}", <Self as $crate::Enum>::TYPE))
            }
        }

        impl $crate::Decode<'_> for $name {
            fn accepts(ty: &$crate::generated::Type) -> bool {
                $crate::generated::accepts_enum::<Self>(ty)
            }

            fn decode(
                _: &$crate::generated::Type,
                raw: &[u8],
            ) -> ::std::result::Result<Self, $crate::BoxError> {
                $crate::generated::decode_enum(raw)
            }
        }

        impl $crate::Encode for $name {
            fn accepts(ty: &$crate::generated::Type) -> bool {
                $crate::generated::accepts_enum::<Self>(ty)
            }

            fn encode(
                &self,
                _: &$crate::generated::Type,
                out: &mut $crate::generated::BytesMut,
            ) -> ::std::result::Result<$crate::generated::IsNull, $crate::BoxError> {
                Ok($crate::generated::encode_enum(self, out))
            }
        }

        $crate::driver_traits!($name);
    };
}
