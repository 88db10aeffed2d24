//! Composite types: generated structs, read and written attribute by attribute.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{Field, IsNull, Kind, Type};

use super::{BoxError, Param, Reader, decode_checked, encode_part, is_named};
use crate::Decode;

/// A composite type of the database. Generated structs implement it; [`impl_composite!`](crate::impl_composite) adds the
/// traits that read and write it.
pub trait Composite: Sized {
    /// The type's schema and name, such as `public.address`.
    const TYPE: &'static str;

    /// Makes a value of its attributes.
    ///
    /// # Errors
    /// An attribute is missing, or cannot be read.
    fn from_attributes(attributes: &Attributes<'_>) -> Result<Self, BoxError>;

    /// The value of an attribute; none for a name that was not known when the code was generated.
    fn attribute(&self, name: &str) -> Option<&dyn Param>;
}

/// The attributes of one value, by name: one that is added to the type, or moved, does no harm.
#[derive(Debug)]
pub struct Attributes<'r> {
    fields: &'r [Field],
    values: Vec<Option<&'r [u8]>>,
}

impl<'r> Attributes<'r> {
    /// Reads what `record_send` writes: the number of attributes, then each one's type and value.
    fn read(ty: &'r Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let fields = fields(ty)?;
        let mut reader = Reader::new(raw);
        let count = reader.count(8)?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            let oid = reader.u32()?;
            // Attributes that were added since this connection asked for the type stand at its end.
            match fields.get(index) {
                Some(field) if field.type_().oid() != oid => return Err(changed(ty)),
                _ => values.push(reader.part()?),
            }
        }
        reader.end()?;
        if count < fields.len() {
            return Err(changed(ty));
        }
        Ok(Self { fields, values })
    }

    /// The value of an attribute.
    ///
    /// # Errors
    /// There is none of this name, `T` does not stand for its type, or it cannot be read.
    pub fn get<T: Decode<'r>>(&self, name: &str) -> Result<T, BoxError> {
        let index = self.fields.iter().position(|field| field.name() == name);
        let index = index.ok_or_else(|| format!("the type has no attribute {name} any more"))?;
        decode_checked(self.fields[index].type_(), self.values[index])
            .map_err(|error| format!("attribute {name}: {error}").into())
    }
}

fn changed(ty: &Type) -> BoxError {
    format!("the type {} has changed since this connection was opened", ty.name()).into()
}

fn fields(ty: &Type) -> Result<&[Field], BoxError> {
    match ty.kind() {
        Kind::Composite(fields) => Ok(fields),
        _ => Err("the type is no composite".into()),
    }
}

#[doc(hidden)]
pub fn accepts_composite<C: Composite>(ty: &Type) -> bool {
    matches!(ty.kind(), Kind::Composite(_)) && is_named(ty, C::TYPE)
}

#[doc(hidden)]
pub fn decode_composite<C: Composite>(ty: &Type, raw: &[u8]) -> Result<C, BoxError> {
    C::from_attributes(&Attributes::read(ty, raw)?)
        .map_err(|error| format!("composite {}: {error}", C::TYPE).into())
}

/// An attribute that the code does not know is NULL, as it is in every row that was there when it was added.
#[doc(hidden)]
pub fn encode_composite<C: Composite>(value: &C, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
    let fields = fields(ty)?;
    out.put_i32(i32::try_from(fields.len())?);
    for field in fields {
        out.put_u32(field.type_().oid());
        encode_part(out, |out| match value.attribute(field.name()) {
            Some(attribute) => attribute
                .encode_param(field.type_(), out)
                .map_err(|error| format!("attribute {} of {}: {error}", field.name(), C::TYPE).into()),
            None => Ok(IsNull::Yes),
        })?;
    }
    Ok(IsNull::No)
}

/// Implements the traits that read and write a type that is a [`bindery::Composite`](crate::Composite).
#[macro_export]
macro_rules! impl_composite {
    ($name:ty) => {
        impl $crate::Decode<'_> for $name {
            fn accepts(ty: &$crate::generated::Type) -> bool {
                $crate::generated::accepts_composite::<Self>(ty)
            }

            fn decode(
                ty: &$crate::generated::Type,
                raw: &[u8],
            ) -> ::std::result::Result<Self, $crate::BoxError> {
                $crate::generated::decode_composite(ty, raw)
            }
        }

        impl $crate::Encode for $name {
            fn accepts(ty: &$crate::generated::Type) -> bool {
                $crate::generated::accepts_composite::<Self>(ty)
            }

            fn encode(
                &self,
                ty: &$crate::generated::Type,
                out: &mut $crate::generated::BytesMut,
            ) -> ::std::result::Result<$crate::generated::IsNull, $crate::BoxError> {
                $crate::generated::encode_composite(self, ty, out)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Encode;

    #[derive(Debug, PartialEq)]
    struct Address {
        street: Option<String>,
        number: Option<i32>,
    }

    impl Composite for Address {
        const TYPE: &'static str = "public.address";

        fn from_attributes(attributes: &Attributes<'_>) -> Result<Self, BoxError> {
            Ok(Self { street: attributes.get("street")?, number: attributes.get("number")? })
        }

        fn attribute(&self, name: &str) -> Option<&dyn Param> {
            match name {
                "street" => Some(&self.street),
                "number" => Some(&self.number),
                _ => None,
            }
        }
    }

    crate::impl_composite!(Address);

    /// The type as a connection knows it.
    fn address(fields: &[(&str, Type)]) -> Type {
        let fields = fields.iter().map(|(name, ty)| Field::new((*name).to_owned(), ty.clone()));
        Type::new("address".to_owned(), 1, Kind::Composite(fields.collect()), "public".to_owned())
    }

    fn written(ty: &Type) -> BytesMut {
        let value = Address { street: Some("High Street".into()), number: Some(7) };
        let mut out = BytesMut::new();
        value.encode(ty, &mut out).unwrap();
        out
    }

    fn read(ty: &Type, raw: &[u8]) -> Result<Address, String> {
        Address::decode(ty, raw).map_err(|error| error.to_string())
    }

    #[test]
    fn attributes_go_by_their_names() {
        let whole = Ok(Address { street: Some("High Street".into()), number: Some(7) });
        let (street, number, other) = (("street", Type::TEXT), ("number", Type::INT4), ("other", Type::BOOL));
        for fields in
            [vec![street.clone(), number.clone()], vec![other.clone(), number.clone(), street.clone()]]
        {
            let ty = address(&fields);
            assert_eq!(read(&ty, &written(&ty)), whole);
        }
        // Added at the end since the connection asked for the type.
        let (before, after) =
            (address(&[street.clone(), number.clone()]), address(&[street.clone(), number, other]));
        assert_eq!(read(&before, &written(&after)), whole);
        let without = address(&[street]);
        assert_eq!(
            read(&without, &written(&without)),
            Err("composite public.address: the type has no attribute number any more".to_owned())
        );
    }

    #[test]
    fn the_header_is_checked() {
        let (texts, known) = (
            address(&[("street", Type::TEXT), ("number", Type::TEXT)]),
            address(&[("street", Type::TEXT), ("number", Type::INT4)]),
        );
        let changed = "the type address has changed since this connection was opened";
        assert_eq!(read(&texts, &written(&known)), Err(changed.to_owned()));
        let three = address(&[("street", Type::TEXT), ("number", Type::INT4), ("more", Type::INT4)]);
        assert_eq!(read(&three, &written(&known)), Err(changed.to_owned()));
        // Another type than that of the generated code.
        let error = "composite public.address: attribute number: ";
        let mut row = BytesMut::new();
        row.put_i32(2);
        for text in ["a", "b"] {
            row.put_u32(Type::TEXT.oid());
            row.put_i32(1);
            row.put_slice(text.as_bytes());
        }
        assert!(read(&texts, &row).unwrap_err().starts_with(error));
        assert!(!<Address as Decode>::accepts(&Type::TEXT));
    }
}
