//! SQL that is in no query file: for tools, tests and statements that a program puts together.

use std::pin::pin;

use tokio_postgres::RowStream;

use crate::connection::{Connection, Params, driver_params};
use crate::error::{Error, Kind};
use crate::row::{FromRow, Row};
use crate::statements::Key;

/// Nothing of it is checked when the program is built: a query file is better where the text is known.
impl Connection {
    /// Runs SQL and collects its rows: row structs, tuples, or [`Row`] itself.
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
        self.fetch_sql(sql, params, usize::MAX).await
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
        let mut rows = self.fetch_sql(sql, params, 2).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            _ => Err(Error::new(Kind::TooManyRows).in_sql(sql)),
        }
    }

    /// Runs SQL for its effect, and says how many rows it affected.
    ///
    /// # Errors
    /// As in [`query`](Self::query).
    pub async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64, Error> {
        let work = async {
            let mut rows = pin!(self.start_sql(sql, params).await?);
            while self.next(rows.as_mut()).await?.is_some() {}
            Ok(rows.rows_affected().unwrap_or(0))
        };
        self.call_sql(sql, work).await
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
        self.call_sql(sql, work).await
    }

    async fn fetch_sql<T: FromRow>(
        &self,
        sql: &str,
        params: Params<'_>,
        at_most: usize,
    ) -> Result<Vec<T>, Error> {
        let decode: fn(&Row) -> Result<T, Error> = T::from_row;
        let work = async {
            let rows = self.start_sql(sql, params).await?;
            self.collect(rows, decode, at_most).await
        };
        self.call_sql(sql, work).await
    }

    /// As [`start`](Self::start) for a text.
    async fn start_sql(&self, sql: &str, params: Params<'_>) -> Result<RowStream, Error> {
        match self.start_sql_once(sql, params).await {
            Err(error) if error.is_stale_statement() => {
                self.session().forget(&Key::from(sql));
                match self.session().in_transaction() {
                    true => Err(error),
                    false => self.start_sql_once(sql, params).await,
                }
            }
            outcome => outcome,
        }
    }

    async fn start_sql_once(&self, sql: &str, params: Params<'_>) -> Result<RowStream, Error> {
        let statement = self.session().statement_of(sql).await?;
        let (expected, given) = (statement.params().len(), params.len());
        if expected != given {
            return Err(Error::new(Kind::ParamCount { expected, given }));
        }
        self.session().start(sql, &statement, driver_params(params)).await
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
