//! Arguments that are written before they are sent, so that the values need not live until then.

use bytes::{BufMut, Bytes, BytesMut};
use tokio_postgres::Statement;
use tokio_postgres::types::{IsNull, ToSql, Type};

use crate::error::Error;
use crate::value::{BoxError, Param, encode_part};

/// Hands one item's arguments on, `$1` first: generated code has `|params, bind| bind(&[&params.plate, &params.id])`.
pub type Bind<P> = fn(P, &mut dyn FnMut(&[&dyn Param]));

/// An argument as it is sent; none is NULL.
#[derive(Debug)]
pub(crate) struct Encoded(Option<Bytes>);

impl Encoded {
    /// The arguments of one item.
    pub fn all<P>(
        item: P,
        bind: Bind<P>,
        statement: &Statement,
        out: &mut BytesMut,
    ) -> Result<Vec<Self>, Error> {
        let mut encoded = Ok(Vec::with_capacity(statement.params().len()));
        bind(item, &mut |params| {
            let typed = params.iter().zip(statement.params()).enumerate();
            encoded = typed
                .map(|(index, (param, ty))| {
                    let is_null = param.encode_param(ty, out).map_err(|error| Error::encode(index, error))?;
                    let bytes = out.split().freeze();
                    Ok(Self(matches!(is_null, IsNull::No).then_some(bytes)))
                })
                .collect();
        });
        encoded
    }

    /// In bytes.
    pub fn size(&self) -> usize {
        self.0.as_ref().map_or(0, Bytes::len)
    }
}

/// Writes one row as COPY's binary format has it.
pub(crate) fn encode_row<P>(
    row: P,
    bind: Bind<P>,
    statement: &Statement,
    out: &mut BytesMut,
) -> Result<(), Error> {
    let mut outcome = Ok(());
    bind(row, &mut |params| {
        // No table has more than 1600 columns.
        out.put_u16(params.len() as u16);
        let typed = params.iter().zip(statement.params()).enumerate();
        let mut written = typed.map(|(index, (param, ty))| {
            encode_part(out, |out| param.encode_param(ty, out)).map_err(|error| Error::encode(index, error))
        });
        outcome = written.try_for_each(|written| written);
    });
    outcome
}

impl ToSql for Encoded {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}
