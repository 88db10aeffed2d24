//! A connection: where queries run.

use std::fmt;
use std::pin::pin;

use bb8::PooledConnection;
use futures_util::TryStreamExt;
use tokio_postgres::RowStream;
use tokio_postgres::types::{IsNull, ToSql, Type};

use crate::error::{Error, Kind};
use crate::manager::Manager;
use crate::query::Query;
use crate::row::Row;
use crate::session::Session;
use crate::transaction::Transaction;
use crate::value::{BoxError, Param};

/// The arguments of a query.
type Params<'p> = &'p [&'p dyn Param];

/// A connection of one's own, until it is dropped. Generated functions take it by reference.
///
/// Calls may run at the same time on one connection: they are sent one behind the other without waiting. A call that is
/// dropped may still be carried out; the pool then makes a new connection in place of this one, and cancels the call.
pub struct Connection {
    session: PooledConnection<'static, Manager>,
}

impl Connection {
    pub(crate) fn new(session: PooledConnection<'static, Manager>) -> Self {
        Self { session }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Begins a transaction. The connection goes back to the pool when it ends.
    ///
    /// # Errors
    /// The server refuses, or the connection is gone.
    pub async fn begin(self) -> Result<Transaction, Error> {
        Transaction::begin_on(self).await
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
        // More than two are as wrong as two, and need no memory.
        let mut rows = self.fetch(query, params, decode, 2).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            _ => Err(Error::new(Kind::TooManyRows).in_query(query)),
        }
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
        self.fetch(query, params, decode, usize::MAX).await
    }

    /// Runs a query for its effect, and says how many rows it affected.
    ///
    /// # Errors
    /// The server refuses; the error names the query.
    pub async fn execute(&self, query: &'static Query, params: Params<'_>) -> Result<u64, Error> {
        let call = self.session().call();
        let outcome = self.start_execute(query, params).await;
        call.end();
        outcome.map_err(|error| self.failed(query, error))
    }

    /// Sends text as it is: for statements that no query file has, without parameters.
    pub(crate) async fn send(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let call = self.session().call();
        let outcome = self.session().client.batch_execute(sql).await;
        call.end();
        outcome
    }

    async fn fetch<T>(
        &self,
        query: &'static Query,
        params: Params<'_>,
        decode: fn(&Row) -> Result<T, Error>,
        at_most: usize,
    ) -> Result<Vec<T>, Error> {
        let call = self.session().call();
        let outcome = match self.start(query, params).await {
            Ok(rows) => collect(rows, decode, at_most).await,
            Err(error) => Err(error),
        };
        call.end();
        outcome.map_err(|error| self.failed(query, error))
    }

    async fn start(&self, query: &'static Query, params: Params<'_>) -> Result<RowStream, Error> {
        let statement = self.session().statement(query).await?;
        let rows = self.session().client.query_raw(&statement, driver_params(params));
        rows.await.map_err(Error::server)
    }

    async fn start_execute(&self, query: &'static Query, params: Params<'_>) -> Result<u64, Error> {
        let statement = self.session().statement(query).await?;
        self.session().client.execute_raw(&statement, driver_params(params)).await.map_err(Error::server)
    }

    fn failed(&self, query: &'static Query, error: Error) -> Error {
        // "cached plan must not change result type": the next call prepares anew and sees what has changed.
        if error.sqlstate() == Some(&crate::SqlState::FEATURE_NOT_SUPPORTED) {
            self.session().forget(query);
        }
        error.in_query(query)
    }
}

/// A parameter as the driver takes it.
struct DriverParam<'p>(&'p dyn Param);

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

fn driver_params<'p>(params: Params<'p>) -> impl ExactSizeIterator<Item = DriverParam<'p>> {
    params.iter().map(|param| DriverParam(*param))
}

/// Decodes the first rows as they arrive. All are read, even after one that cannot be, so that the connection comes back
/// idle.
async fn collect<T>(
    rows: RowStream,
    decode: fn(&Row) -> Result<T, Error>,
    at_most: usize,
) -> Result<Vec<T>, Error> {
    let mut rows = pin!(rows);
    let mut decoded = Ok(Vec::new());
    while let Some(row) = rows.try_next().await.map_err(Error::server)? {
        let Ok(values) = &mut decoded else { continue };
        if values.len() == at_most {
            continue;
        }
        match decode(&Row::new(row)) {
            Ok(value) => values.push(value),
            Err(error) => decoded = Err(error),
        }
    }
    decoded
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
