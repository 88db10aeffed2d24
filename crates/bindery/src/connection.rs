//! A connection: where queries run.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::TryFutureExt;
use futures_util::future::try_join_all;
use tokio_postgres::types::{IsNull, ToSql, Type};
use tokio_postgres::{RowStream, Statement};

use crate::clean::clean;
use crate::error::{Error, Kind};
use crate::pool::Lease;
use crate::query::{Query, Source};
use crate::row::Row;
use crate::session::Session;
use crate::telemetry::{self, Counted, OnQuery, measured};
use crate::transaction::{Transaction, TransactionOptions};
use crate::value::{BoxError, Param};
use crate::verify::Queries;

/// The arguments of a query.
pub type Params<'p> = &'p [&'p dyn Param];

/// A connection of one's own, until it is dropped. Generated functions take it by reference.
///
/// Calls may run at the same time on one connection: they are sent one behind the other without waiting. A call that is
/// dropped is cancelled on the server once the connection is given back, and nobody gets the connection before that is
/// done.
///
/// It cannot be used once it was given back, nor while a transaction has it:
///
/// ```compile_fail,E0382
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// # async fn query(_: &bindery::Connection) {}
/// let conn = client.connection().await?;
/// drop(conn);
/// query(&conn).await;
/// # Ok(()) }
/// ```
///
/// ```compile_fail,E0382
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// # async fn query(_: &bindery::Connection) {}
/// let conn = client.connection().await?;
/// let transaction = conn.begin().await?;
/// query(&conn).await;
/// transaction.commit().await
/// # }
/// ```
///
/// A client is none, since each of its calls may run on another one:
///
/// ```compile_fail,E0308
/// # async fn example(client: bindery::DatabaseClient) {
/// # async fn query(_: &bindery::Connection) {}
/// query(&client).await;
/// # }
/// ```
pub struct Connection {
    /// None once it was given back.
    held: Option<Held>,
}

/// Where the session is from.
enum Held {
    /// It goes back to the pool.
    Leased(Lease),
    /// It ends with the connection.
    Own(Box<Session>),
}

impl Connection {
    pub(crate) fn leased(lease: Lease) -> Self {
        Self { held: Some(Held::Leased(lease)) }
    }

    /// A connection that is in no pool.
    pub(crate) fn own(session: Box<Session>) -> Self {
        Self { held: Some(Held::Own(session)) }
    }

    /// The session of a connection that is in no pool.
    pub(crate) fn into_own(mut self) -> Option<Box<Session>> {
        match self.held.take()? {
            Held::Own(session) => Some(session),
            Held::Leased(_) => None,
        }
    }

    pub(crate) fn session(&self) -> &Session {
        match self.held.as_ref().expect("it is given back only when it is dropped") {
            Held::Leased(lease) => lease.session(),
            Held::Own(session) => session,
        }
    }

    /// Begins a transaction. The connection goes back to the pool when it ends.
    ///
    /// # Errors
    /// The server refuses, or the connection is gone.
    pub async fn begin(self) -> Result<Transaction, Error> {
        TransactionOptions::default().begin_on(self).await
    }

    /// Sets a parameter of the server for this session, as `SET name = value` does: in
    /// [`Config::on_connect`](crate::Config::on_connect) for all of a connection's life, else until it is given back.
    ///
    /// # Errors
    /// The server knows no such parameter, or does not take the value.
    pub async fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        let params: [&(dyn ToSql + Sync); 2] = [&name, &value];
        let sql = "SELECT pg_catalog.set_config($1, $2, false)";
        self.session().mark_altered();
        let params = params.into_iter().zip([Type::TEXT, Type::TEXT]);
        let params: Vec<_> = params.collect();
        let answer = self.session().run(self.session().client.query_typed(sql, &params)).await;
        answer.map(|_| ()).map_err(|error| self.session().server_error(error))
    }

    /// Runs a query that has exactly one row.
    ///
    /// # Errors
    /// There is none, there is more than one, or anything else goes wrong; all of them name the query.
    pub async fn fetch_one<T>(
        &self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let row = self.fetch_opt(query, params, decode).await?;
        row.ok_or_else(|| Error::new(Kind::NoRows).in_query(query))
    }

    /// Runs a query that has at most one row.
    ///
    /// # Errors
    /// There is more than one, or anything else goes wrong; all of them name the query.
    pub async fn fetch_opt<T>(
        &self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.fetch_at_most_one(query.into(), params, decode).await
    }

    /// Runs a query and collects its rows.
    ///
    /// # Errors
    /// The server refuses, or a row cannot be read; the error names the query.
    pub async fn fetch_many<T>(
        &self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.fetch(query.into(), params, decode, usize::MAX).await
    }

    /// Runs a query for its effect, and says how many rows it affected.
    ///
    /// # Errors
    /// The server refuses; the error names the query.
    pub async fn exec(&self, query: &'static Query, params: Params<'_>) -> Result<u64, Error> {
        self.affect(query.into(), params).await
    }

    /// Sends text as it is: for statements that no query file has, without parameters.
    pub(crate) async fn send(&self, sql: &str) -> Result<(), Error> {
        let session = self.session();
        let sent = session.client.batch_execute(sql).map_err(|error| session.server_error(error));
        self.timed(sent).await
    }

    /// Prepares all `queries` on this connection, without waiting for one before the next: for
    /// [`Config::on_connect`](crate::Config::on_connect).
    ///
    /// # Errors
    /// The first query that cannot be prepared, or that has changed.
    pub async fn prepare(&self, queries: &'static Queries) -> Result<(), Error> {
        let session = self.session();
        let prepared = queries.queries.iter().map(|query| async {
            let statement = session.statement(query).await;
            statement.map(|_| ()).map_err(|error| error.in_query(query))
        });
        session.run(try_join_all(prepared)).await.map(|_| ())
    }

    pub(crate) async fn fetch_at_most_one<T>(
        &self,
        source: Source<'_>,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        // More than two are as wrong as two, and need no memory.
        let mut rows = self.fetch(source, params, decode, 2).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            _ => Err(source.name(Error::new(Kind::TooManyRows))),
        }
    }

    pub(crate) async fn fetch<T>(
        &self,
        source: Source<'_>,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
        at_most: usize,
    ) -> Result<Vec<T>, Error> {
        let work = async {
            let rows = pin!(self.start(source, params).await?);
            self.session().collect(rows, decode, at_most).await
        };
        self.call(source, pin!(work)).await
    }

    /// Runs it for its effect.
    pub(crate) async fn affect(&self, source: Source<'_>, params: Params<'_>) -> Result<u64, Error> {
        let work = async {
            let mut rows = pin!(self.start(source, params).await?);
            self.session().collect(rows.as_mut(), |_| Ok(()), 0).await?;
            Ok(rows.rows_affected().unwrap_or(0))
        };
        self.call(source, pin!(work)).await
    }

    /// Runs a call within the time that it may take. It is pinned, so that no function that it is handed to moves it.
    pub(crate) async fn call<'s, T: Counted>(
        &self,
        source: impl Into<Source<'s>>,
        work: Pin<&mut impl Future<Output = Result<T, Error>>>,
    ) -> Result<T, Error> {
        let (source, told) = (source.into(), self.on_query());
        if telemetry::is_off(told) {
            return self.timed(work).await.map_err(|error| source.name(error));
        }
        let timed = self.timed(work).map_err(|error| source.name(error));
        measured(source.query(), told, timed).await
    }

    fn on_query(&self) -> Option<&OnQuery> {
        match &self.held {
            Some(Held::Leased(lease)) => lease.config().pool.hooks.query.as_ref(),
            Some(Held::Own(_)) | None => None,
        }
    }

    async fn timed<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        // What is never sent is not done.
        self.session().look_once()?;
        let outcome = match self.call_timeout() {
            None => self.session().run(work).await,
            Some(limit) => match tokio::time::timeout(limit, self.session().run(work)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Error::new(Kind::CallTimeout)),
            },
        };
        outcome.map_err(|error| self.failed(error))
    }

    /// Sends what is to be run, once more where the server can no longer use what it has prepared: nothing was run then.
    pub(crate) async fn start(&self, source: Source<'_>, params: Params<'_>) -> Result<RowStream, Error> {
        match self.start_once(source, params).await {
            Err(error) if error.is_stale_statement() => {
                self.session().forget(source);
                match self.session().in_transaction() {
                    true => Err(error),
                    false => self.start_once(source, params).await,
                }
            }
            outcome => outcome,
        }
    }

    async fn start_once(&self, source: Source<'_>, params: Params<'_>) -> Result<RowStream, Error> {
        let statement = self.session().statement_for(source).await?;
        if let Source::Text(_) = source {
            check_count(&statement, params)?;
        }
        self.session().start(source.sql(), &statement, driver_params(params)).await
    }

    /// Takes note of an error. A statement that was lost with its connection may have been done, unless a transaction was.
    pub(crate) fn failed(&self, error: Error) -> Error {
        self.session().note(&error);
        match error.ends_connection() && !self.session().in_transaction() {
            true => Error::after(Kind::OutcomeUnknown, error),
            false => error,
        }
    }

    fn call_timeout(&self) -> Option<Duration> {
        match &self.held {
            Some(Held::Leased(lease)) => lease.config().pool.call_timeout,
            Some(Held::Own(_)) | None => None,
        }
    }
}

impl Drop for Connection {
    /// Gives the connection back, once it is clean.
    fn drop(&mut self) {
        let Some(Held::Leased(lease)) = self.held.take() else { return };
        if !lease.is_unready() {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(make_ready(lease))),
            Err(_) => lease.session().mark_unfit(),
        }
    }
}

/// Cleans a connection that was given back, and tells the application.
async fn make_ready(lease: Lease) {
    let config = lease.shared_config();
    lease.count_cleaning();
    let mut conn = Connection::leased(lease);
    clean(&conn, &config.pool).await;
    if let Some(hook) = &config.pool.hooks.release
        && !conn.session().is_unfit()
        && hook(&conn).await.is_err()
    {
        conn.session().mark_unfit();
    }
    if let Some(Held::Leased(lease)) = &mut conn.held {
        lease.mark_ready();
    }
}

/// Makes sure that there is an argument for each parameter, where no generated code did.
pub(crate) fn check_count(statement: &Statement, params: Params<'_>) -> Result<(), Error> {
    let (expected, given) = (statement.params().len(), params.len());
    match expected == given {
        true => Ok(()),
        false => Err(Error::new(Kind::ParamCount { expected, given })),
    }
}

/// A parameter as the driver takes it.
pub(crate) struct DriverParam<'p>(&'p dyn Param);

impl fmt::Debug for DriverParam<'_> {
    /// Values are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter")
    }
}

impl ToSql for DriverParam<'_> {
    fn to_sql(&self, ty: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, BoxError> {
        self.0.encode_param(ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

pub(crate) fn driver_params<'p>(params: Params<'p>) -> impl ExactSizeIterator<Item = DriverParam<'p>> {
    params.iter().map(|param| DriverParam(*param))
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
