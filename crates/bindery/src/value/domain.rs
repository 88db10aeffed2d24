//! Domains that have a Rust type of their own, and types of the user's that are made of what is read.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode};

/// A domain of the database. Generated newtypes implement it; [`impl_domain!`](crate::impl_domain) adds the conversions
/// and the traits that read and write it.
pub trait Domain: Sized {
    /// The domain's schema and name, such as `public.plate`.
    const TYPE: &'static str;
    /// What stands for the type that it is over.
    type Base;
    /// What the domain's constraints forbid, as far as it can be told without the server.
    fn violated(value: &Self::Base) -> Option<&'static str>;
    /// A value that the database has checked.
    #[doc(hidden)]
    fn wrap(value: Self::Base) -> Self;
    /// The value.
    fn get(&self) -> &Self::Base;
    /// The value.
    fn into_inner(self) -> Self::Base;
}

/// A value that a domain's constraints forbid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainError {
    /// The domain's schema and name.
    pub domain: &'static str,
    /// The constraint as the server prints it.
    pub constraint: &'static str,
}

impl fmt::Display for DomainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value violates {} of the domain {}", self.constraint, self.domain)
    }
}

impl Error for DomainError {}

/// Implements conversions from and to the base type, and the traits that read and write it, for a type that is a
/// [`bindery::Domain`](crate::Domain).
#[macro_export]
macro_rules! impl_domain {
    ($name:ty, $base:ty) => {
        impl ::std::convert::TryFrom<$base> for $name {
            type Error = $crate::DomainError;

            fn try_from(value: $base) -> ::std::result::Result<Self, $crate::DomainError> {
                match <Self as $crate::Domain>::violated(&value) {
                    None => Ok(<Self as $crate::Domain>::wrap(value)),
                    Some(constraint) => {
                        Err($crate::DomainError { domain: <Self as $crate::Domain>::TYPE, constraint })
                    }
                }
            }
        }

        impl ::std::convert::From<$name> for $base {
            fn from(value: $name) -> Self {
                $crate::Domain::into_inner(value)
            }
        }

        impl $crate::Decode<'_> for $name {
            fn accepts(ty: &$crate::generated::Type) -> bool {
                <$base as $crate::Decode<'_>>::accepts(ty)
            }

            fn decode(
                ty: &$crate::generated::Type,
                raw: &[u8],
            ) -> ::std::result::Result<Self, $crate::BoxError> {
                <$base as $crate::Decode<'_>>::decode(ty, raw).map(<Self as $crate::Domain>::wrap)
            }
        }

        impl $crate::Encode for $name {
            fn accepts(ty: &$crate::generated::Type) -> bool {
                <$base as $crate::Encode>::accepts(ty)
            }

            fn encode(
                &self,
                ty: &$crate::generated::Type,
                out: &mut $crate::generated::BytesMut,
            ) -> ::std::result::Result<$crate::generated::IsNull, $crate::BoxError> {
                <$base as $crate::Encode>::encode($crate::Domain::get(self), ty, out)
            }
        }
    };
}

/// A value of a type that is made of what is read by `TryFrom`, and written by `Into`, as serde's `try_from` and `into`
/// have it.
///
/// Generated code has it where an annotation or `bindery.toml` says `via TryFrom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent, bound(serialize = "T: serde::Serialize")))]
#[cfg_attr(feature = "serde", serde(bound(deserialize = "T: serde::Deserialize<'de>")))]
pub struct Converted<T, B>(pub T, #[cfg_attr(feature = "serde", serde(skip))] PhantomData<fn() -> B>);

impl<T, B> From<T> for Converted<T, B> {
    fn from(value: T) -> Self {
        Self(value, PhantomData)
    }
}

impl<'r, T, B> Decode<'r> for Converted<T, B>
where
    B: Decode<'r>,
    T: TryFrom<B, Error: fmt::Display>,
{
    fn accepts(ty: &Type) -> bool {
        B::accepts(ty)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let value = T::try_from(B::decode(ty, raw)?);
        value
            .map(Self::from)
            .map_err(|error| format!("it is no {}: {error}", std::any::type_name::<T>()).into())
    }
}

impl<T, B> Encode for Converted<T, B>
where
    B: Encode,
    T: Clone + Into<B>,
{
    fn accepts(ty: &Type) -> bool {
        B::accepts(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let value: B = self.0.clone().into();
        value.encode(ty, out)
    }
}
