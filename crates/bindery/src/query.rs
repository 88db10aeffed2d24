//! A statement with what was known of it when its code was generated, and what a call runs.

use crate::error::Error;
use crate::value::Param;

/// A generated statement. Its address tells it apart, so there is one `static` a query, and a list of them where parts
/// of the query are optional.
#[derive(Debug)]
pub struct Query {
    /// The name in the query file.
    pub name: &'static str,
    /// The query file.
    pub file: &'static str,
    /// Exactly what is sent to the server.
    pub sql: &'static str,
    /// The parameters' types, `$1` first: `int8`, `text[]`, `public.car_status`.
    pub params: &'static [&'static str],
    /// The columns' names and types; empty where rows are not read.
    pub columns: &'static [(&'static str, &'static str)],
}

/// What a call runs.
#[derive(Clone, Copy)]
pub(crate) enum Source<'s> {
    Query(&'static Query),
    /// SQL that is in no query file.
    Text(&'s str),
}

impl<'s> Source<'s> {
    pub fn sql(self) -> &'s str {
        match self {
            Self::Query(query) => query.sql,
            Self::Text(sql) => sql,
        }
    }

    /// None for a text.
    pub fn query(self) -> Option<&'static Query> {
        match self {
            Self::Query(query) => Some(query),
            Self::Text(_) => None,
        }
    }

    /// The error with what has failed.
    pub fn name(self, error: Error) -> Error {
        match self {
            Self::Query(query) => error.in_query(query),
            Self::Text(sql) => error.in_sql(sql),
        }
    }
}

/// The arguments that are sent, of all that a query with optional parts has.
pub fn sent<'p>(params: &[(bool, &'p dyn Param)]) -> Vec<&'p dyn Param> {
    params.iter().filter(|(is_sent, _)| *is_sent).map(|(_, param)| *param).collect()
}

impl From<&'static Query> for Source<'_> {
    fn from(query: &'static Query) -> Self {
        Self::Query(query)
    }
}
