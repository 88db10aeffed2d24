//! COPY: many rows into a table in one statement, and data in and out as it is.

// What an `async fn` is known to be depends on the types in it, so its caller's future is not seen to be `Send` if an iterator
// holds a closure that takes references; a future that is declared to be `Send` is.
#![allow(clippy::manual_async_fn)]

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{SinkExt, Stream, StreamExt, stream};
use tokio_postgres::{CopyInSink, CopyOutStream};

use crate::connection::Connection;
use crate::driver::Call;
use crate::encoded::{Bind, encode_row};
use crate::error::Error;
use crate::query::Query;
use crate::session::Session;

/// As many bytes are handed to the network at a time.
const CHUNK: usize = 64 << 10;

/// What begins COPY's binary format: its signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

impl Connection {
    /// Loads rows into a table, and says how many. `query` is an INSERT of one row, which tells the types; `copy` is the
    /// COPY in binary format that is run in its place.
    ///
    /// All rows are loaded or none. However many there are, some 100 KB of them are in memory.
    ///
    /// # Errors
    /// A row cannot be written ([`batch_index`](Error::batch_index) is its place), or the server refuses; the error names the
    /// query. A transaction that it is part of has then failed.
    pub fn copy_from<I>(
        &self,
        query: &'static Query,
        copy: &'static str,
        rows: I,
        bind: Bind<I::Item>,
    ) -> impl Future<Output = Result<u64, Error>> + Send
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        async move {
            let rows = stream::iter(rows.into_iter().map(Ok::<_, Error>));
            self.call(query, pin!(load(self.session(), query, copy, rows, bind))).await?
        }
    }

    /// As [`copy_from`](Self::copy_from), of rows that are waited for.
    ///
    /// # Errors
    /// As there, and the first error among the rows: nothing is loaded then.
    pub fn copy_from_stream<S, P, E>(
        &self,
        query: &'static Query,
        copy: &'static str,
        rows: S,
        bind: Bind<P>,
    ) -> impl Future<Output = Result<u64, E>> + Send
    where
        S: Stream<Item = Result<P, E>> + Send,
        E: From<Error> + Send,
    {
        async move { self.call(query, pin!(load(self.session(), query, copy, rows, bind))).await? }
    }

    /// Runs a `COPY ... TO STDOUT` of one's own, and reads what it sends as it is asked for.
    ///
    /// The text is sent as it is: a name or value in it is never quoted. It may have changed the session, which is reset before
    /// anybody else gets the connection.
    ///
    /// ```no_run
    /// # async fn example(conn: bindery::Connection) -> Result<(), bindery::Error> {
    /// let mut data = conn.copy_out("COPY (SELECT plate, km FROM cars) TO STDOUT (FORMAT csv)").await?;
    /// while let Some(chunk) = data.next().await {
    ///     let chunk = chunk?; // bytes of one row or more
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The server refuses. What goes wrong later is among the chunks.
    pub async fn copy_out(&self, sql: &str) -> Result<CopyOut<'_>, Error> {
        let session = self.session();
        let work = async {
            let statement = session.statement_of(sql).await?;
            session.client.copy_out(&statement).await.map_err(|error| session.server_error(error))
        };
        let data = session.run(work).await.map_err(|error| self.failed(error))?;
        Ok(CopyOut { open: Some(Open { data: Box::pin(data), call: session.call() }), connection: self })
    }

    /// Runs a `COPY ... FROM STDIN` of one's own with the chunks of `data`, however they are cut, and says how many rows it has
    /// loaded. As with [`copy_out`](Self::copy_out), the text is sent as it is.
    ///
    /// # Errors
    /// The server refuses, or the first error among the data. Nothing is loaded then.
    pub fn copy_in_raw<S, E>(&self, sql: &str, data: S) -> impl Future<Output = Result<u64, E>> + Send
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: From<Error> + Send,
    {
        async move {
            let session = self.session();
            session.mark_altered();
            let work = async {
                let mut sink = begin(session, sql).await?;
                let mut data = pin!(data);
                while let Some(chunk) = data.next().await {
                    match chunk {
                        Ok(chunk) => write(session, &mut sink, chunk).await?,
                        Err(error) => {
                            abort(session, sink).await;
                            return Ok(Err(error));
                        }
                    }
                }
                finish(session, sink).await.map(Ok)
            };
            session.run(work).await.map_err(|error| self.failed(error))?
        }
    }
}

/// Where COPY's data goes. Dropped before its end, all is undone.
type Sink = Pin<Box<CopyInSink<Bytes>>>;

/// The outer error is that of the load, the inner one that of the rows.
async fn load<S, P, E>(
    session: &Session,
    query: &'static Query,
    copy: &str,
    rows: S,
    bind: Bind<P>,
) -> Result<Result<u64, E>, Error>
where
    S: Stream<Item = Result<P, E>> + Send,
{
    let statement = session.statement(query).await?;
    let mut sink = begin(session, copy).await?;
    let mut rows = pin!(rows);
    let mut buffer = BytesMut::with_capacity(CHUNK + (CHUNK >> 2));
    buffer.put_slice(HEADER);
    let mut count = 0;
    loop {
        // No row is held while something is waited for, so that they need not be `Send`.
        let row = rows.next().await.map(|row| row.map(|row| encode_row(row, bind, &statement, &mut buffer)));
        let Some(written) = row else { break };
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                abort(session, sink).await;
                return Err(error.in_item(count));
            }
            Err(error) => {
                abort(session, sink).await;
                return Ok(Err(error));
            }
        }
        count += 1;
        if buffer.len() >= CHUNK {
            write(session, &mut sink, buffer.split().freeze()).await?;
            buffer.reserve(CHUNK + (CHUNK >> 2));
        }
    }
    // What ends the format.
    buffer.put_i16(-1);
    write(session, &mut sink, buffer.freeze()).await?;
    finish(session, sink).await.map(Ok)
}

async fn begin(session: &Session, sql: &str) -> Result<Sink, Error> {
    let begun = async {
        let statement = session.client.prepare(sql).await?;
        session.client.copy_in(&statement).await
    };
    match begun.await {
        Ok(sink) => Ok(Box::pin(sink)),
        Err(error) => {
            // If the server refuses before it takes data, the driver is one answer behind for good.
            session.mark_unfit();
            Err(session.server_error(error))
        }
    }
}

async fn write(session: &Session, sink: &mut Sink, data: Bytes) -> Result<(), Error> {
    sink.send(data).await.map_err(|error| session.server_error(error))
}

async fn finish(session: &Session, mut sink: Sink) -> Result<u64, Error> {
    sink.as_mut().finish().await.map_err(|error| session.server_error(error))
}

/// Has the server undo what it was sent, and waits until it has.
async fn abort(session: &Session, sink: Sink) {
    drop(sink);
    if session.client.check_connection().await.is_err() {
        session.mark_unfit();
    }
}

/// What a `COPY ... TO STDOUT` sends: a `Stream`, or call by call with [`next`](Self::next). Dropped before the end, it is
/// cancelled once the connection is given back.
pub struct CopyOut<'c> {
    open: Option<Open>,
    connection: &'c Connection,
}

/// Data that is not complete.
struct Open {
    data: Pin<Box<CopyOutStream>>,
    call: Call,
}

impl CopyOut<'_> {
    /// The next bytes; none after the last.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for CopyOut<'_> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(Open { data, call }) = &mut self.open else { return Poll::Ready(None) };
        let chunk = match ready!(call.poll(cx, |cx| data.as_mut().poll_next(cx))) {
            Some(Ok(chunk)) => return Poll::Ready(Some(Ok(chunk))),
            Some(Err(error)) => {
                let error = self.connection.session().server_error(error);
                Some(Err(self.connection.failed(error)))
            }
            None => None,
        };
        if let Some(Open { data, call }) = self.open.take() {
            // Nobody reads what else the server has to say.
            drop(data);
            call.end();
        }
        Poll::Ready(chunk)
    }
}

impl fmt::Debug for CopyOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyOut").field("is_open", &self.open.is_some()).finish_non_exhaustive()
    }
}
