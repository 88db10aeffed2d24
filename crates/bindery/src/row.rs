//! Rows as they come, and what they become.

use tokio_postgres::types::{FromSql, Type};

use crate::error::Error;
use crate::value::{self, BoxError, Decode};

/// A row of a result.
#[derive(Debug)]
pub struct Row {
    row: tokio_postgres::Row,
}

impl Row {
    pub(crate) fn new(row: tokio_postgres::Row) -> Self {
        Self { row }
    }

    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// There is no such column, `T` does not stand for its type, it is NULL and `T` is no `Option`, or its value is none
    /// that `T` can hold. The error names the column.
    pub fn get<'r, T: Decode<'r>>(&'r self, index: usize) -> Result<T, Error> {
        let Some(column) = self.row.columns().get(index) else {
            return Err(Error::decode(index.to_string(), "there is no such column".into()));
        };
        let raw = self.row.try_get(index).map(|Raw(raw)| raw);
        raw.map_err(BoxError::from)
            .and_then(|raw| value::decode_checked(column.type_(), raw))
            .map_err(|error| Error::decode(column.name().to_owned(), error))
    }
}

/// The bytes of a value of any type.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, BoxError> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxError> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What can be made of a row. Generated row structs can.
pub trait FromRow: Sized {
    /// Reads the columns by position.
    ///
    /// # Errors
    /// A value cannot be read: see [`Row::get`].
    fn from_row(row: &Row) -> Result<Self, Error>;
}
