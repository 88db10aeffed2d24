//! A query in a transaction that is read page by page, with other statements between the pages.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::TryStreamExt;
use futures_util::future::ready;

use crate::connection::{Params, driver_params};
use crate::error::Error;
use crate::query::Query;
use crate::row::Row;
use crate::transaction::Transaction;

/// What tells cursors apart.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A query that is read page by page. It sees the database as it was when it began, whatever is done between the pages.
///
/// ```no_run
/// # static LIST_CARS: bindery::Query =
/// #     bindery::Query { name: "ListCars", file: "", sql: "", params: &[], columns: &[] };
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// let tx = client.begin().await?;
/// let mut cars = tx.portal(&LIST_CARS, &[], |row| row.get::<String>(0)).await?;
/// loop {
///     let page = cars.next_page(100).await?;
///     if page.is_empty() {
///         break;
///     }
///     // other statements may run in `tx` here
/// }
/// # Ok(()) }
/// ```
pub struct Portal<'t, T> {
    transaction: &'t Transaction,
    query: &'static Query,
    cursor: String,
    decode: fn(&Row) -> Result<T, Error>,
}

impl Transaction {
    /// Begins a query whose rows are read page by page: a cursor of the server, with everything that holds for one.
    ///
    /// # Errors
    /// The server refuses, as it does for anything but SELECT and VALUES; the error names the query.
    pub async fn portal<T>(
        &self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<Portal<'_, T>, Error> {
        let session = self.session();
        let cursor = format!("bindery_portal_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let sql = format!("DECLARE {cursor} NO SCROLL CURSOR FOR {}", query.sql);
        let work = async {
            let statement = session.statement(query).await?;
            let typed = driver_params(params).zip(statement.params().iter().cloned());
            let answer = session.client.query_typed_raw(&sql, typed).await;
            let rows = answer.map_err(|error| session.server_error(error))?;
            rows.try_for_each(|_| ready(Ok(()))).await.map_err(|error| session.server_error(error))
        };
        self.call(query, pin!(work)).await?;
        Ok(Portal { transaction: self, query, cursor, decode })
    }
}

impl<T> Portal<'_, T> {
    /// The next rows, at most `rows` of them; none after the last.
    ///
    /// # Errors
    /// The server refuses, or a row cannot be read; the error names the query.
    pub async fn next_page(&mut self, rows: u32) -> Result<Vec<T>, Error> {
        let session = self.transaction.session();
        let sql = format!("FETCH {rows} FROM {}", self.cursor);
        let work = async {
            let no_params: [(i32, tokio_postgres::types::Type); 0] = [];
            let answer = session.client.query_typed_raw(&sql, no_params).await;
            let rows = answer.map_err(|error| session.server_error(error))?;
            session.collect(pin!(rows), self.decode, usize::MAX).await
        };
        self.transaction.call(self.query, pin!(work)).await
    }
}

impl<T> Drop for Portal<'_, T> {
    /// Closes it without waiting; the transaction cannot have ended before.
    fn drop(&mut self) {
        self.transaction.session().send_ahead(&format!("CLOSE {}", self.cursor));
    }
}

impl<T> fmt::Debug for Portal<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal").field("query", &self.query.name).finish_non_exhaustive()
    }
}
