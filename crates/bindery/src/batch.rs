//! One query for many items: all are sent without waiting, and all are done or none.

// What an `async fn` is known to be depends on the types in it, so its caller's future is not seen to be `Send` if an iterator
// holds a closure that takes references; a future that is declared to be `Send` is.
#![allow(clippy::manual_async_fn)]

use std::future::Future;
use std::pin::pin;

use bytes::BytesMut;
use futures_util::future::Either;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use tokio_postgres::Statement;

use crate::connection::Connection;
use crate::encoded::{Bind, Encoded};
use crate::error::{Error, Kind};
use crate::query::Query;
use crate::row::Row;
use crate::session::Session;
use crate::transaction::COMMIT;

/// As many items are on their way at a time,
const MOST_ITEMS: usize = 256;

/// unless their arguments have as many bytes.
const MOST_BYTES: usize = 1 << 20;

/// What the server says of one item.
struct Answer<T> {
    rows: Vec<T>,
    affected: u64,
}

/// How the items' answers are read.
struct Reading<T, O> {
    decode: fn(&Row) -> Result<T, Error>,
    /// More rows are not kept.
    at_most: usize,
    finish: fn(Answer<T>) -> Result<O, Kind>,
    commit: Commit,
}

/// When COMMIT is sent.
#[derive(Clone, Copy, PartialEq)]
enum Commit {
    /// With the last item: nothing but the server can find fault with an answer.
    Ahead,
    /// After the last answer.
    AfterAnswers,
}

impl Connection {
    /// Runs a query once for each item, and says how many rows were affected in all.
    ///
    /// The items are sent without waiting for answers. Outside a transaction they are one of their own, which nothing else
    /// should run in: give other calls another connection. In a transaction they are part of it.
    ///
    /// # Errors
    /// That of the first item that fails; it names the query, and [`batch_index`](Error::batch_index) is the item's. What
    /// the others did is undone, in a transaction with all of it.
    pub fn batch_exec<I>(
        &self,
        query: &'static Query,
        batch: I,
        bind: Bind<I::Item>,
    ) -> impl Future<Output = Result<u64, Error>> + Send
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        async move {
            let reading = Reading {
                decode: |_| Ok(()),
                at_most: 0,
                finish: |answer| Ok(answer.affected),
                commit: Commit::Ahead,
            };
            let mut affected = 0;
            self.batch(query, batch, bind, reading, |count| affected += count).await?;
            Ok(affected)
        }
    }

    /// As [`batch_exec`](Self::batch_exec), for a query that has exactly one row for each item; in their order.
    ///
    /// # Errors
    /// As there, and an item has no row or more than one.
    pub fn batch_one<I, T: Send>(
        &self,
        query: &'static Query,
        batch: I,
        bind: Bind<I::Item>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> impl Future<Output = Result<Vec<T>, Error>> + Send
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        async move {
            let finish = |answer| at_most_one(answer)?.ok_or(Kind::NoRows);
            let reading = Reading { decode, at_most: 2, finish, commit: Commit::AfterAnswers };
            self.batch_rows(query, batch, bind, reading).await
        }
    }

    /// As [`batch_exec`](Self::batch_exec), for a query that has at most one row for each item; in their order.
    ///
    /// # Errors
    /// As there, and an item has more than one row.
    pub fn batch_opt<I, T: Send>(
        &self,
        query: &'static Query,
        batch: I,
        bind: Bind<I::Item>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> impl Future<Output = Result<Vec<Option<T>>, Error>> + Send
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        async move {
            let reading = Reading { decode, at_most: 2, finish: at_most_one, commit: Commit::AfterAnswers };
            self.batch_rows(query, batch, bind, reading).await
        }
    }

    /// As [`batch_exec`](Self::batch_exec), with the rows of each item, in their order.
    ///
    /// # Errors
    /// As there.
    pub fn batch_many<I, T: Send>(
        &self,
        query: &'static Query,
        batch: I,
        bind: Bind<I::Item>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> impl Future<Output = Result<Vec<Vec<T>>, Error>> + Send
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        async move {
            let finish = |answer: Answer<T>| Ok(answer.rows);
            let reading = Reading { decode, at_most: usize::MAX, finish, commit: Commit::AfterAnswers };
            self.batch_rows(query, batch, bind, reading).await
        }
    }

    async fn batch_rows<I, T: Send, O: Send>(
        &self,
        query: &'static Query,
        batch: I,
        bind: Bind<I::Item>,
        reading: Reading<T, O>,
    ) -> Result<Vec<O>, Error>
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        let mut outcomes = Vec::new();
        self.batch(query, batch, bind, reading, |outcome| outcomes.push(outcome)).await?;
        Ok(outcomes)
    }

    async fn batch<I, T: Send, O: Send>(
        &self,
        query: &'static Query,
        batch: I,
        bind: Bind<I::Item>,
        reading: Reading<T, O>,
        keep: impl FnMut(O) + Send,
    ) -> Result<(), Error>
    where
        I: IntoIterator<IntoIter: Send> + Send,
    {
        let items = batch.into_iter();
        let work = async {
            let session = self.session();
            let statement = session.statement(query).await?;
            let items = Items { session, query, statement, items, bind };
            let outcome = match session.in_transaction() {
                true => items.run(&reading, keep, Wrapping::None).await,
                false => items.run_in_transaction(&reading, keep).await,
            };
            outcome.inspect_err(|error| {
                if error.is_stale_statement() {
                    session.forget(query.into());
                }
            })
        };
        self.call(query, pin!(work)).await
    }
}

fn at_most_one<T>(mut answer: Answer<T>) -> Result<Option<T>, Kind> {
    match answer.rows.len() {
        0 | 1 => Ok(answer.rows.pop()),
        _ => Err(Kind::TooManyRows),
    }
}

/// The items that are still to be sent.
struct Items<'c, I: Iterator> {
    session: &'c Session,
    query: &'static Query,
    statement: Statement,
    items: I,
    bind: Bind<I::Item>,
}

/// Whether the items are a transaction of their own.
#[derive(Clone, Copy, PartialEq)]
enum Wrapping {
    /// They are part of the one that is open.
    None,
    Transaction(Commit),
}

/// What has been answered.
enum Done<O> {
    Command(Result<(), Error>),
    /// An item, and how many bytes its arguments had.
    Item(Result<O, Error>, usize),
}

impl<I: Iterator + Send> Items<'_, I> {
    /// Runs them in a transaction of their own.
    async fn run_in_transaction<T: Send, O: Send>(
        self,
        reading: &Reading<T, O>,
        keep: impl FnMut(O) + Send,
    ) -> Result<(), Error> {
        let session = self.session;
        // Whatever comes of it, the pool makes sure that there is none left.
        session.set_in_transaction(true);
        let mut outcome = self.run(reading, keep, Wrapping::Transaction(reading.commit)).await;
        if outcome.is_ok() && reading.commit == Commit::AfterAnswers {
            outcome = Command::Commit.send(session).await;
        }
        // Where there is none any more the server only warns.
        if outcome.is_ok() || Command::Rollback.send(session).await.is_ok() {
            session.set_in_transaction(false);
        }
        outcome
    }

    /// Sends them, and reads all answers. The first error is the one to tell.
    async fn run<T: Send, O: Send>(
        mut self,
        reading: &Reading<T, O>,
        mut keep: impl FnMut(O) + Send,
        wrapping: Wrapping,
    ) -> Result<(), Error> {
        let (session, query, statement) = (self.session, self.query, &self.statement);
        // They are first polled, and with that sent, in their order.
        let mut under_way = FuturesOrdered::new();
        if wrapping != Wrapping::None {
            under_way.push_back(Either::Left(Command::Begin.run(session)));
        }
        let mut outcome = Ok(());
        // One that cannot be sent; those before it may still fail, and come first.
        let mut unsendable = Ok(());
        let (mut is_all, mut bytes, mut sent, mut answered) = (false, 0, 0, 0);
        let mut buffer = BytesMut::new();
        loop {
            while outcome.is_ok() && !is_all && under_way.len() < MOST_ITEMS && bytes < MOST_BYTES {
                match self.items.next().map(|item| Encoded::all(item, self.bind, statement, &mut buffer)) {
                    Some(Ok(params)) => {
                        let size = params.iter().map(Encoded::size).sum();
                        let answer = answer(session, query, statement, params, reading);
                        under_way
                            .push_back(Either::Right(answer.map(move |answer| Done::Item(answer, size))));
                        (bytes, sent) = (bytes + size, sent + 1);
                    }
                    Some(Err(error)) => (is_all, unsendable) = (true, Err(error.in_item(sent))),
                    None => {
                        is_all = true;
                        if wrapping == Wrapping::Transaction(Commit::Ahead) {
                            under_way.push_back(Either::Left(Command::Commit.run(session)));
                        }
                    }
                }
            }
            match under_way.next().await {
                None => return outcome.and(unsendable),
                Some(Done::Command(answer)) => outcome = outcome.and(answer),
                Some(Done::Item(answer, size)) => {
                    match answer {
                        Ok(value) => keep(value),
                        Err(error) => outcome = outcome.and(Err(error.in_item(answered))),
                    }
                    (bytes, answered) = (bytes - size, answered + 1);
                }
            }
        }
    }
}

/// What stands around the items.
#[derive(Clone, Copy, PartialEq)]
enum Command {
    Begin,
    Commit,
    Rollback,
}

impl Command {
    async fn send(self, session: &Session) -> Result<(), Error> {
        let sql = match self {
            Self::Begin => "BEGIN",
            Self::Commit => COMMIT,
            Self::Rollback => "ROLLBACK",
        };
        let answer = session.client.batch_execute(sql).await.map_err(|error| session.server_error(error));
        answer.map_err(|error| match self == Self::Commit && error.ends_connection() {
            true => Error::after(Kind::OutcomeUnknown, error),
            false => error,
        })
    }

    async fn run<O>(self, session: &Session) -> Done<O> {
        Done::Command(self.send(session).await)
    }
}

async fn answer<T, O>(
    session: &Session,
    query: &'static Query,
    statement: &Statement,
    params: Vec<Encoded>,
    reading: &Reading<T, O>,
) -> Result<O, Error> {
    let mut rows = pin!(session.start(query.sql, statement, params).await?);
    let decoded = session.collect(rows.as_mut(), reading.decode, reading.at_most).await?;
    let answer = Answer { rows: decoded, affected: rows.rows_affected().unwrap_or(0) };
    (reading.finish)(answer).map_err(Error::new)
}
