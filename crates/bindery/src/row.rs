//! Rows as they come, and what they become.

use tokio_postgres::types::FromSql;

use crate::error::{Error, Kind};

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
    /// There is no such column, it is NULL and `T` is no `Option`, or its value is none that `T` can hold. The error
    /// names the column.
    pub fn get<'r, T: FromSql<'r>>(&'r self, index: usize) -> Result<T, Error> {
        self.row.try_get(index).map_err(|error| {
            let name =
                self.row.columns().get(index).map_or_else(|| index.to_string(), |c| c.name().to_owned());
            Error::because(Kind::Decode(name), error)
        })
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
