//! A statement with what was known of it when its code was generated.

/// A generated statement. Its address tells it apart, so there is one `static` a query.
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
