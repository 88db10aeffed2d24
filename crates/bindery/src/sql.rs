//! SQL that is in no query file: for tools, tests and statements that a program puts together.

use std::pin::pin;

use crate::connection::{Connection, Params};
use crate::error::{Error, Kind};
use crate::query::Source;
use crate::row::FromRow;

/// Nothing of it is checked when the program is built: a query file is better where the text is known.
impl Connection {
    /// Runs SQL and collects its rows: row structs, tuples, or [`Row`](crate::Row) itself.
    ///
    /// Statements are prepared and kept by their text. The pool resets the session after it is given back, since the
    /// statement may have changed what the next user would meet; nobody waits for that but who needs the very connection.
    ///
    /// ```no_run
    /// # async fn example(conn: bindery::Connection, pattern: String) -> Result<(), bindery::Error> {
    /// let tables: Vec<(String, i64)> = conn
    ///     .query("SELECT relname::text, relpages::bigint FROM pg_class WHERE relname LIKE $1", &[&pattern])
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The server refuses, or a row cannot be read. The error has the beginning of the SQL, and the line and column that
    /// the server points at.
    pub async fn query<T: FromRow>(&self, sql: &str, params: Params<'_>) -> Result<Vec<T>, Error> {
        self.fetch(Source::Text(sql), params, T::from_row, usize::MAX).await
    }

    /// Runs SQL that has exactly one row. A single value is a tuple of one:
    ///
    /// ```no_run
    /// # async fn example(conn: bindery::Connection) -> Result<(), bindery::Error> {
    /// let (cars,): (i64,) = conn.query_one("SELECT count(*) FROM cars", &[]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// There is none, there is more than one, or anything else goes wrong, as in [`query`](Self::query).
    pub async fn query_one<T: FromRow>(&self, sql: &str, params: Params<'_>) -> Result<T, Error> {
        let row = self.query_opt(sql, params).await?;
        row.ok_or_else(|| Error::new(Kind::NoRows).in_sql(sql))
    }

    /// Runs SQL that has at most one row.
    ///
    /// # Errors
    /// There is more than one, or anything else goes wrong, as in [`query`](Self::query).
    pub async fn query_opt<T: FromRow>(&self, sql: &str, params: Params<'_>) -> Result<Option<T>, Error> {
        self.fetch_at_most_one(Source::Text(sql), params, T::from_row).await
    }

    /// Runs SQL for its effect, and says how many rows it affected.
    ///
    /// # Errors
    /// As in [`query`](Self::query).
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, Error> {
        self.affect(Source::Text(sql), params).await
    }

    /// Runs a script: any number of statements without parameters. Unless it says otherwise, all of them are one
    /// transaction.
    ///
    /// # Errors
    /// As in [`query`](Self::query).
    pub async fn batch_execute(&self, sql: &str) -> Result<(), Error> {
        let session = self.session();
        session.mark_altered();
        let work = async {
            let answer = session.client.batch_execute(sql).await;
            answer.map_err(|error| session.server_error(error))
        };
        self.call(Source::Text(sql), pin!(work)).await
    }
}

/// As many characters of a text as an error shows.
const EXCERPT: usize = 60;

/// The beginning of a statement on one line.
pub(crate) fn excerpt(sql: &str) -> String {
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Line and column, both from 1, of a character of `sql`, counted from 1.
pub(crate) fn line_and_column(sql: &str, character: u32) -> (usize, usize) {
    let before = sql.chars().take(usize::try_from(character.saturating_sub(1)).unwrap_or(usize::MAX));
    before.fold((1, 1), |(line, column), character| match character {
        '\n' => (line + 1, 1),
        _ => (line, column + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let sql = "SELECT 'ä',\n  oh";
        assert_eq!([1, 12, 13, 15].map(|at| line_and_column(sql, at)), [(1, 1), (1, 12), (2, 1), (2, 3)]);
        assert_eq!(line_and_column("", 1), (1, 1));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(excerpt("SELECT\n  1"), "SELECT 1");
        assert_eq!(excerpt(&"ä".repeat(61)), format!("{}...", "ä".repeat(60)));
    }
}
