//! Generated enums.

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, Kind, Type};

use super::BoxError;
use crate::type_name::type_name;

/// An enum of the database. Generated enums implement it; [`impl_enum!`](crate::impl_enum) adds `Display`, `FromStr` and
/// the driver's traits.
pub trait Enum: Sized + 'static {
    /// The type's name, such as `public.car_status`.
    const TYPE: &'static str;
    /// Every value, in the order of the database.
    const ALL: &'static [Self];
    /// The label in the database.
    fn label(&self) -> &'static str;
    /// The value of a label.
    fn from_label(label: &str) -> Option<Self>;
}

/// By schema and name: labels may differ, since one that is added later must not break rows that do not use it.
#[doc(hidden)]
pub fn accepts_enum<E: Enum>(ty: &Type) -> bool {
    matches!(ty.kind(), Kind::Enum(_)) && type_name(ty) == E::TYPE
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

/// Implements `Display`, `FromStr` and the driver's traits for a type that is a [`bindery::Enum`](crate::Enum).
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

        impl $crate::generated::ToSql for $name {
            fn to_sql(
                &self,
                _: &$crate::generated::Type,
                out: &mut $crate::generated::BytesMut,
            ) -> ::std::result::Result<
                $crate::generated::IsNull,
                ::std::boxed::Box<dyn ::std::error::Error + Sync + Send>,
            > {
                Ok($crate::generated::encode_enum(self, out))
            }

            fn accepts(ty: &$crate::generated::Type) -> bool {
                $crate::generated::accepts_enum::<Self>(ty)
            }

            $crate::generated::to_sql_checked!();
        }

        impl<'r> $crate::generated::FromSql<'r> for $name {
            fn from_sql(
                _: &$crate::generated::Type,
                raw: &'r [u8],
            ) -> ::std::result::Result<Self, ::std::boxed::Box<dyn ::std::error::Error + Sync + Send>> {
                $crate::generated::decode_enum(raw)
            }

            fn accepts(ty: &$crate::generated::Type) -> bool {
                $crate::generated::accepts_enum::<Self>(ty)
            }
        }
    };
}
