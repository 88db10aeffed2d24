//! The rows of a query one by one, read from the network only as they are asked for.

use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use tokio_postgres::RowStream;

use crate::connection::{Connection, Params};
use crate::driver::Call;
use crate::error::Error;
use crate::query::Query;
use crate::row::Row;

/// The rows of a query as they come: a `Stream`, or call by call with [`next`](Self::next).
///
/// They are read only as they are asked for, and the server stops when enough of them wait. Until the last one is read
/// every other call on the same connection waits behind them: give it another connection. Dropped before that, the query
/// is cancelled once the connection is given back.
///
/// A row that cannot be read is an error in its place, and the ones behind it can still be read. After an error of the
/// server or the network there are none.
pub struct Rows<'c, T> {
    // Goes before the connection, which has to know whether all was read.
    open: Option<Open>,
    connection: Place<'c>,
    query: &'static Query,
    decode: fn(&Row) -> Result<T, Error>,
}

/// An answer that is not complete.
struct Open {
    rows: Pin<Box<RowStream>>,
    call: Call,
}

/// Where the rows come from.
pub(crate) enum Place<'c> {
    Borrowed(&'c Connection),
    /// It goes back to the pool with what holds it.
    Own(Connection),
}

impl Deref for Place<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Self::Borrowed(connection) => connection,
            Self::Own(connection) => connection,
        }
    }
}

impl Connection {
    /// Runs a query whose rows are read one by one.
    ///
    /// The time that [`Config::call_timeout`](crate::Config::call_timeout) allows is for the server's first answer.
    ///
    /// # Errors
    /// The server refuses; the error names the query. What goes wrong later is among the rows.
    pub async fn stream<T>(
        &self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<Rows<'_, T>, Error> {
        let open = self.open(query, params).await?;
        Ok(Rows { open: Some(open), connection: Place::Borrowed(self), query, decode })
    }

    /// As [`stream`](Self::stream), for rows that keep the connection until they are dropped.
    ///
    /// # Errors
    /// As there.
    pub async fn into_stream<T>(
        self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<Rows<'static, T>, Error> {
        let open = self.open(query, params).await?;
        Ok(Rows { open: Some(open), connection: Place::Own(self), query, decode })
    }

    async fn open(&self, query: &'static Query, params: Params<'_>) -> Result<Open, Error> {
        // Nothing can come between the two calls, since nothing is waited for.
        let rows = self.call(query, pin!(self.start(query.into(), params))).await?;
        Ok(Open { rows: Box::pin(rows), call: self.session().call() })
    }
}

impl<T> Rows<'_, T> {
    /// The next row; none after the last.
    ///
    /// ```no_run
    /// # struct Car;
    /// # async fn example(mut cars: bindery::Rows<'_, Car>) -> Result<(), bindery::Error> {
    /// while let Some(car) = cars.next().await {
    ///     let car = car?;
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next row as it came, so that its values can be borrowed from it: `row.get::<&str>(0)` copies nothing.
    ///
    /// ```no_run
    /// # struct Car;
    /// # async fn example(mut cars: bindery::Rows<'_, Car>) -> Result<(), bindery::Error> {
    /// while let Some(row) = cars.next_row().await {
    ///     let row = row?;
    ///     println!("{}", row.get::<&str>(1)?);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn next_row(&mut self) -> Option<Result<Row, Error>> {
        poll_fn(|cx| self.poll_row(cx)).await
    }

    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Row, Error>>> {
        let Some(Open { rows, call }) = &mut self.open else { return Poll::Ready(None) };
        let row = match ready!(call.poll(cx, |cx| rows.as_mut().poll_next(cx))) {
            Some(Ok(row)) => return Poll::Ready(Some(Ok(Row::new(row)))),
            Some(Err(error)) => {
                let error = self.connection.session().server_error(error);
                Some(Err(self.connection.failed(error).in_query(self.query)))
            }
            None => None,
        };
        if let Some(open) = self.open.take() {
            open.call.end();
        }
        Poll::Ready(row)
    }
}

impl<T> Stream for Rows<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let rows = self.get_mut();
        let Some(row) = ready!(rows.poll_row(cx)) else { return Poll::Ready(None) };
        let value = row.and_then(|row| (rows.decode)(&row).map_err(|error| error.in_query(rows.query)));
        Poll::Ready(Some(value))
    }
}

impl<T> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("query", &self.query.name).finish_non_exhaustive()
    }
}
