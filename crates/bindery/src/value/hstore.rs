//! `hstore`, of the extension of that name.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode, Reader, encode_part};

fn is_hstore(ty: &Type) -> bool {
    ty.name() == "hstore"
}

fn read<M: FromIterator<(String, Option<String>)>>(raw: &[u8]) -> Result<M, BoxError> {
    let mut reader = Reader::new(raw);
    let count = reader.count(8)?;
    let mut text = || -> Result<Option<String>, BoxError> {
        reader.part()?.map(|raw| Ok(std::str::from_utf8(raw)?.to_owned())).transpose()
    };
    let pair = |_| Ok((text()?.ok_or("a key of an hstore is NULL")?, text()?));
    let pairs = (0..count).map(pair).collect::<Result<M, BoxError>>()?;
    reader.end()?;
    Ok(pairs)
}

fn write<'a>(
    pairs: impl ExactSizeIterator<Item = (&'a String, &'a Option<String>)>,
    out: &mut BytesMut,
) -> Result<IsNull, BoxError> {
    out.put_i32(i32::try_from(pairs.len())?);
    let text_type = Type::TEXT;
    for (key, value) in pairs {
        encode_part(out, |out| key.encode(&text_type, out))?;
        encode_part(out, |out| value.encode(&text_type, out))?;
    }
    Ok(IsNull::No)
}

impl Decode<'_> for BTreeMap<String, Option<String>> {
    fn accepts(ty: &Type) -> bool {
        is_hstore(ty)
    }

    fn decode(_: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        read(raw)
    }
}

impl Encode for BTreeMap<String, Option<String>> {
    fn accepts(ty: &Type) -> bool {
        is_hstore(ty)
    }

    fn encode(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        write(self.iter(), out)
    }
}

impl<S: BuildHasher + Default> Decode<'_> for HashMap<String, Option<String>, S> {
    fn accepts(ty: &Type) -> bool {
        is_hstore(ty)
    }

    fn decode(_: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        read(raw)
    }
}

impl<S> Encode for HashMap<String, Option<String>, S> {
    fn accepts(ty: &Type) -> bool {
        is_hstore(ty)
    }

    fn encode(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        write(self.iter(), out)
    }
}
