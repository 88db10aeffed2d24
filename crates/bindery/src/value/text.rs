//! Types that are text on the wire, some with a version before it.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{IsNull, Type};

use super::{BoxError, Decode, Encode};

/// Types of extensions go by their name, in whichever schema they are.
const OF_EXTENSIONS: [&str; 4] = ["citext", "lquery", "ltree", "ltxtquery"];

fn is_text(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::XML
            | Type::JSONPATH
            | Type::REFCURSOR
            | Type::CSTRING
            | Type::UNKNOWN
    ) || OF_EXTENSIONS.contains(&ty.name())
}

/// The first byte of types whose binary form has a version: 1 for all of them up to now (`jsonpath_send`, `ltree_send`).
fn version(ty: &Type) -> Option<u8> {
    let versioned = *ty == Type::JSONPATH || ["lquery", "ltree", "ltxtquery"].contains(&ty.name());
    versioned.then_some(1)
}

impl<'r> Decode<'r> for &'r str {
    fn accepts(ty: &Type) -> bool {
        is_text(ty)
    }

    fn decode(ty: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        let text = match version(ty) {
            Some(known) => match raw.split_first() {
                Some((version, text)) if *version == known => text,
                _ => return Err("the text is in a form of a later version".into()),
            },
            None => raw,
        };
        Ok(std::str::from_utf8(text)?)
    }
}

impl Decode<'_> for String {
    fn accepts(ty: &Type) -> bool {
        is_text(ty)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, BoxError> {
        <&str>::decode(ty, raw).map(str::to_owned)
    }
}

impl Encode for &str {
    fn accepts(ty: &Type) -> bool {
        is_text(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        if let Some(version) = version(ty) {
            out.put_u8(version);
        }
        out.put_slice(self.as_bytes());
        Ok(IsNull::No)
    }
}

impl Encode for String {
    fn accepts(ty: &Type) -> bool {
        is_text(ty)
    }

    fn encode(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.as_str().encode(ty, out)
    }
}
