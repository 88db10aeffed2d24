//! Rows as they come, and what they become.

use tokio_postgres::types::{FromSql, Type};

use crate::error::Error;
use crate::type_name::type_name;
use crate::value::{self, BoxError, Decode};

/// A row of a result.
#[derive(Clone, Debug)]
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

    /// Whether a column, counted from 0, is NULL.
    ///
    /// # Errors
    /// There is no such column.
    pub fn is_null(&self, index: usize) -> Result<bool, Error> {
        match self.row.try_get(index) {
            Ok(Raw(raw)) => Ok(raw.is_none()),
            Err(_) => Err(Error::decode(index.to_string(), "there is no such column".into())),
        }
    }

    /// The value of the column of this name, for code that does not know the columns' order.
    ///
    /// # Errors
    /// There is no such column, or there are several; and all those of [`get`](Self::get).
    pub fn get_by_name<'r, T: Decode<'r>>(&'r self, name: &str) -> Result<T, Error> {
        let mut indices = (0..).zip(self.row.columns()).filter(|(_, column)| column.name() == name);
        match (indices.next(), indices.next()) {
            (Some((index, _)), None) => self.get(index),
            (None, _) => Err(Error::decode(name.to_owned(), "there is no such column".into())),
            (Some(_), Some(_)) => {
                Err(Error::decode(name.to_owned(), "there are several of this name".into()))
            }
        }
    }

    /// The columns, in order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = Column<'_>> {
        self.row.columns().iter().map(|column| Column { column })
    }
}

/// A column of a result.
#[derive(Clone, Copy, Debug)]
pub struct Column<'r> {
    column: &'r tokio_postgres::Column,
}

impl<'r> Column<'r> {
    /// Its name, which other columns may have too.
    pub fn name(self) -> &'r str {
        self.column.name()
    }

    /// Its type, as generated code writes it: `int8`, `text[]`, `public.car_status`.
    pub fn type_name(self) -> String {
        type_name(self.column.type_())
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

impl FromRow for Row {
    fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(row.clone())
    }
}

/// Tuples take as many columns as they have places; more are an error, since one of them would be lost.
macro_rules! tuples {
    ($($count:literal: $($part:ident $index:tt),+;)*) => {$(
        impl<$($part: for<'r> Decode<'r>),+> FromRow for ($($part,)+) {
            fn from_row(row: &Row) -> Result<Self, Error> {
                row.has_columns($count)?;
                Ok(($(row.get::<$part>($index)?,)+))
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

impl Row {
    fn has_columns(&self, expected: usize) -> Result<(), Error> {
        match self.row.columns().get(expected) {
            None => Ok(()),
            Some(column) => {
                let message = format!("the tuple has {expected} places, and the row has more columns");
                Err(Error::decode(column.name().to_owned(), message.into()))
            }
        }
    }
}
