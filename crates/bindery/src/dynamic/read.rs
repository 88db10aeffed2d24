//! What the server sends, read as the value that its type says.

use std::net::IpAddr;

use tokio_postgres::types::{Field, Kind, Type};

use super::{Dict, Value};
use crate::type_name::type_name;
use crate::value::{BoxError, Decode, Reader, base, decode_part, fixed};

impl Decode<'_> for Value {
    fn accepts(_: &Type) -> bool {
        true
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        match ty.kind() {
            Kind::Array(_) => Decode::decode(ty, raw).map(Self::Array),
            Kind::Range(_) => Decode::decode(ty, raw).map(Self::Range),
            Kind::Multirange(_) => Decode::decode(ty, raw).map(Self::Multirange),
            Kind::Composite(fields) => composite(Some(fields), raw),
            Kind::Enum(_) => Ok(Self::Enum(std::str::from_utf8(raw)?.to_owned())),
            Kind::Domain(inner) => Self::decode(base(inner), raw),
            _ if *ty == Type::RECORD => composite(None, raw),
            _ if ty.schema() == "pg_catalog" => built_in(ty, raw),
            _ => of_an_extension(ty, raw),
        }
    }

    fn decode_null() -> Result<Self, BoxError> {
        Ok(Self::Null)
    }
}

/// The bounds of a range, which are of the type that holds them.
impl Decode<'_> for Box<Value> {
    fn accepts(_: &Type) -> bool {
        true
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        Value::decode(ty, raw).map(Self::new)
    }
}

/// Reads by the variant's own type.
macro_rules! read {
    ($ty:ident, $raw:ident: $($($name:ident)|+ => $variant:ident,)*) => {
        match *$ty {
            $($(Type::$name)|+ => return Decode::decode($ty, $raw).map(Value::$variant),)*
            _ => {}
        }
    };
}

fn built_in(ty: &Type, raw: &[u8]) -> Result<Value, BoxError> {
    read! { ty, raw:
        BOOL => Bool,
        INT2 => Int2,
        INT4 => Int4,
        INT8 => Int8,
        FLOAT4 => Float4,
        FLOAT8 => Float8,
        NUMERIC => Numeric,
        MONEY => Money,
        TEXT | VARCHAR | BPCHAR | NAME | XML | JSONPATH | REFCURSOR | CSTRING | UNKNOWN => Text,
        CHAR => Char,
        BYTEA => Bytes,
        DATE => Date,
        TIME => Time,
        TIMETZ => TimeTz,
        TIMESTAMP => Timestamp,
        TIMESTAMPTZ => TimestampTz,
        INTERVAL => Interval,
        MACADDR => MacAddr,
        MACADDR8 => MacAddr8,
        OID | XID | CID | REGCLASS | REGCOLLATION | REGCONFIG | REGDICTIONARY | REGNAMESPACE => Oid,
        REGOPER | REGOPERATOR | REGPROC | REGPROCEDURE | REGROLE | REGTYPE => Oid,
        XID8 => Xid8,
        TID => Tid,
        PG_LSN => PgLsn,
        PG_SNAPSHOT | TXID_SNAPSHOT => Snapshot,
        POINT => Point,
        LINE => Line,
        LSEG => Lseg,
        BOX => Box,
        PATH => Path,
        POLYGON => Polygon,
        CIRCLE => Circle,
        TS_VECTOR => TsVector,
        TSQUERY => TsQuery,
    }
    match *ty {
        Type::JSON => text(raw).map(Value::Json),
        Type::JSONB => match raw {
            [1, json @ ..] => text(json).map(Value::Json),
            _ => Err("the value is in a form of a later version".into()),
        },
        Type::UUID => fixed(raw).map(Value::Uuid),
        Type::INET => network(raw).map(|(address, prefix)| Value::Inet { address, prefix }),
        Type::CIDR => network(raw).map(|(address, prefix)| Value::Cidr { address, prefix }),
        Type::BIT | Type::VARBIT => bits(raw).map(Value::Bits),
        Type::VOID => Ok(Value::Void),
        _ => Ok(other(ty, raw)),
    }
}

/// Types of extensions go by their name, in whichever schema they are.
fn of_an_extension(ty: &Type, raw: &[u8]) -> Result<Value, BoxError> {
    match ty.name() {
        "citext" | "ltree" | "lquery" | "ltxtquery" => Decode::decode(ty, raw).map(Value::Text),
        "hstore" => Decode::decode(ty, raw).map(Value::Hstore),
        "cube" => Decode::decode(ty, raw).map(Value::Cube),
        "geometry" | "geography" => Decode::decode(ty, raw).map(Value::Geometry),
        "vector" => vector(raw, |reader| reader.u32().map(f32::from_bits)),
        "halfvec" => vector(raw, |reader| reader.u16().map(from_half)),
        "sparsevec" => sparse_vector(raw),
        _ => Ok(other(ty, raw)),
    }
}

fn other(ty: &Type, raw: &[u8]) -> Value {
    Value::Other { type_name: type_name(ty), bytes: raw.to_owned() }
}

fn text(raw: &[u8]) -> Result<String, BoxError> {
    Ok(std::str::from_utf8(raw)?.to_owned())
}

/// What `record_send` writes: the number of attributes, then each one's type and value. Of a `record` the types are known
/// by their OIDs alone.
fn composite(fields: Option<&[Field]>, raw: &[u8]) -> Result<Value, BoxError> {
    let mut reader = Reader::new(raw);
    let count = reader.count(8)?;
    let mut pairs = Vec::with_capacity(count);
    for index in 0..count {
        let (oid, part) = (reader.u32()?, reader.part()?);
        let field = fields.and_then(|fields| fields.get(index)).filter(|field| field.type_().oid() == oid);
        let name = field.map_or_else(|| format!("f{}", index + 1), |field| field.name().to_owned());
        let ty = field.map(|field| field.type_().clone()).or_else(|| Type::from_oid(oid));
        let value = match (ty, part) {
            (_, None) => Value::Null,
            (Some(ty), part) => decode_part(&ty, part)?,
            (None, Some(raw)) => Value::Other { type_name: format!("OID {oid}"), bytes: raw.to_owned() },
        };
        pairs.push((name, value));
    }
    reader.end()?;
    Ok(Value::Composite(Dict { pairs }))
}

/// What `network_send` writes.
fn network(raw: &[u8]) -> Result<(IpAddr, u8), BoxError> {
    let mut reader = Reader::new(raw);
    let (_family, prefix, _is_cidr) = (reader.u8()?, reader.u8()?, reader.u8()?);
    let address = match reader.u8()? {
        4 => reader.array::<4>()?.into(),
        16 => reader.array::<16>()?.into(),
        _ => return Err("the address is of an unknown family".into()),
    };
    reader.end()?;
    Ok((address, prefix))
}

fn bits(raw: &[u8]) -> Result<Vec<bool>, BoxError> {
    let mut reader = Reader::new(raw);
    let length = usize::try_from(reader.i32()?)?;
    let bytes = reader.take(length.div_ceil(8))?;
    reader.end()?;
    Ok((0..length).map(|bit| bytes[bit / 8] << (bit % 8) & 0x80 != 0).collect())
}

/// What pgvector's `vector_send` and `halfvec_send` write: the number of elements, two unused bytes, the elements.
fn vector(raw: &[u8], element: impl Fn(&mut Reader<'_>) -> Result<f32, BoxError>) -> Result<Value, BoxError> {
    let mut reader = Reader::new(raw);
    let (length, _unused) = (reader.u16()?, reader.u16()?);
    let elements = (0..length).map(|_| element(&mut reader)).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(Value::Vector(elements))
}

/// What pgvector's `sparsevec_send` writes: dimensions, number of elements, four unused bytes, indices, elements.
fn sparse_vector(raw: &[u8]) -> Result<Value, BoxError> {
    let mut reader = Reader::new(raw);
    let (dimensions, count, _unused) = (reader.u32()?, reader.u32()?, reader.i32()?);
    if usize::try_from(count)?.checked_mul(8) != Some(reader.len()) {
        return Err("the value has another number of elements than it says".into());
    }
    let indices = (0..count).map(|_| reader.u32()).collect::<Result<Vec<_>, _>>()?;
    let elements = indices.into_iter().map(|index| Ok((index, f32::from_bits(reader.u32()?))));
    let elements = elements.collect::<Result<_, BoxError>>()?;
    Ok(Value::SparseVector { dimensions, elements })
}

/// A number of IEEE 754's 16 bits: a sign, 5 bits of exponent, 10 of the fraction.
fn from_half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_extension(name: &str, raw: &[u8]) -> Result<Value, BoxError> {
        Value::decode(&Type::new(name.to_owned(), 1, Kind::Simple, "public".to_owned()), raw)
    }

    #[test]
    fn vectors_are_read_without_their_crate() {
        let whole = of_extension("vector", &[0, 1, 0, 0, 0x3f, 0xc0, 0, 0]).unwrap();
        assert_eq!(whole, Value::Vector(vec![1.5]));
        let half = of_extension("halfvec", &[0, 3, 0, 0, 0x3e, 0, 0xfc, 0, 0, 1]).unwrap();
        assert_eq!(half, Value::Vector(vec![1.5, f32::NEG_INFINITY, 2f32.powi(-24)]));
        let raw = [0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0x3f, 0xc0, 0, 0];
        let sparse = of_extension("sparsevec", &raw).unwrap();
        assert_eq!(sparse, Value::SparseVector { dimensions: 5, elements: vec![(2, 1.5)] });
        assert_eq!((whole.to_string(), sparse.to_string()), ("[1.5]".to_owned(), "{3:1.5}/5".to_owned()));
    }

    #[test]
    fn a_type_that_is_not_known_is_its_bytes() {
        let value = of_extension("seg", &[1, 2]).unwrap();
        assert_eq!(value, Value::Other { type_name: "public.seg".into(), bytes: vec![1, 2] });
        assert_eq!(value.to_string(), "\\x0102");
    }

    #[test]
    fn damaged_values_are_errors() {
        let types = [Type::INET, Type::VARBIT, Type::JSONB, Type::UUID, Type::RECORD, Type::INT4_ARRAY];
        let byte = |at: usize| (at as u8).wrapping_mul(37);
        for ty in types {
            for length in 0..40 {
                let raw: Vec<u8> = (0..length).map(byte).collect();
                let _ = Value::decode(&ty, &raw);
            }
            assert!(Value::decode(&ty, &[0xff; 5]).is_err(), "{ty}");
        }
        for name in ["vector", "halfvec", "sparsevec", "cube", "hstore", "ltree"] {
            assert!(of_extension(name, &[0xff; 13]).is_err(), "{name}");
        }
    }
}
