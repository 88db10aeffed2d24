//! One error type: what failed, in which query, and everything that the server said.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use bindery_migrate::RunError;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::config::TargetSessionAttrs;
use crate::query::Query;
use crate::sql::{excerpt, line_and_column};
use crate::value::BoxError;

/// Why an operation failed.
///
/// It prints as one line that names the query and holds the server's message; [`source`](StdError::source) has the
/// cause. Only what [`verify`](crate::DatabaseClient::verify) finds may be more lines, one a difference.
#[derive(Clone)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: Kind,
    query: Option<&'static Query>,
    sql: Option<Sql>,
    /// Which item of a batch or a load, from 0.
    item: Option<usize>,
    source: Option<Cause>,
}

/// SQL from outside the query files.
#[derive(Clone)]
struct Sql {
    excerpt: String,
    /// Line and column that the server points at.
    place: Option<(usize, usize)>,
}

/// What was behind it.
#[derive(Clone)]
enum Cause {
    /// Shared, since all who wait for a connection are told why the last attempt to make one failed.
    Driver(Arc<tokio_postgres::Error>),
    /// Why a value could not be read.
    Value(Arc<dyn StdError + Send + Sync>),
    /// What went wrong before.
    Earlier(Error),
    /// Why migrations were not run to their end.
    Migration(Arc<RunError>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Config(String),
    Connect,
    /// The host has no address.
    HostUnknown(String),
    /// The host lets us in, and is not of the kind that was asked for.
    OtherTarget(TargetSessionAttrs),
    /// The hosts with what each said.
    Hosts(String),
    Password,
    ConnectTimeout,
    CannotConnect,
    ConnectionEnded,
    PoolTimeout,
    PoolFull,
    PoolClosed,
    StillInUse,
    CallTimeout,
    OutcomeUnknown,
    Server,
    Decode(String),
    NoPlan(String),
    Encode(usize),
    NoRows,
    ParamCount {
        expected: usize,
        given: usize,
    },
    TooManyRows,
    SchemaDrift(String),
    RolledBack,
    /// What is wrong in the files.
    Migrations(String),
    Migrating,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self::with(kind, None)
    }

    fn with(kind: Kind, source: Option<Cause>) -> Self {
        Self { inner: Box::new(Inner { kind, query: None, sql: None, item: None, source }) }
    }

    pub(crate) fn because(kind: Kind, source: impl Into<Arc<tokio_postgres::Error>>) -> Self {
        Self::with(kind, Some(Cause::Driver(source.into())))
    }

    pub(crate) fn decode(column: String, source: BoxError) -> Self {
        let (kind, source) = (Kind::Decode(column), Some(Cause::Value(source.into())));
        Self::with(kind, source)
    }

    /// What several hosts said; of a single one it is its error.
    pub(crate) fn of_hosts(failures: &[(String, Self)]) -> Self {
        if let [(_, only)] = failures {
            return only.clone();
        }
        let said: Vec<String> = failures.iter().map(|(host, error)| format!("{host}: {error}")).collect();
        let kind = Kind::Hosts(said.join("; "));
        // One that may heal is worth another attempt, whatever is wrong with the others.
        let worth = failures.iter().find(|(_, error)| error.is_transient()).or(failures.last());
        worth.map_or_else(|| Self::new(Kind::Connect), |(_, error)| Self::after(kind, error.clone()))
    }

    pub(crate) fn password(source: Arc<dyn StdError + Send + Sync>) -> Self {
        Self::with(Kind::Password, Some(Cause::Value(source)))
    }

    /// The parameter's place is counted from 0.
    pub(crate) fn encode(param: usize, source: BoxError) -> Self {
        let (kind, source) = (Kind::Encode(param + 1), Some(Cause::Value(source.into())));
        Self::with(kind, source)
    }

    pub(crate) fn io(kind: Kind, source: std::io::Error) -> Self {
        Self::with(kind, Some(Cause::Value(Arc::new(source))))
    }

    pub(crate) fn server(source: tokio_postgres::Error) -> Self {
        Self::because(Kind::Server, source)
    }

    pub(crate) fn migrating(source: RunError) -> Self {
        Self::with(Kind::Migrating, Some(Cause::Migration(Arc::new(source))))
    }

    /// Why migrations were not run to their end, what was done before, and what was not.
    pub fn migration(&self) -> Option<&RunError> {
        match &self.inner.source {
            Some(Cause::Migration(error)) => Some(error),
            _ => None,
        }
    }

    /// With what went wrong before.
    pub(crate) fn after(kind: Kind, earlier: Self) -> Self {
        Self::with(kind, Some(Cause::Earlier(earlier)))
    }

    pub(crate) fn in_query(mut self, query: &'static Query) -> Self {
        self.inner.query = Some(query);
        self
    }

    pub(crate) fn in_sql(mut self, sql: &str) -> Self {
        let place = match self.as_db_error().and_then(DbError::position) {
            Some(ErrorPosition::Original(character)) => Some(line_and_column(sql, *character)),
            Some(ErrorPosition::Internal { .. }) | None => None,
        };
        self.inner.sql = Some(Sql { excerpt: excerpt(sql), place });
        self
    }

    /// Where in SQL from outside the query files the server points at: line and column, both from 1.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.inner.sql.as_ref()?.place
    }

    pub(crate) fn in_item(mut self, index: usize) -> Self {
        self.inner.item = Some(index);
        self
    }

    /// Which item of a batch, or row of a load, failed, from 0; none where it was not one of them.
    pub fn batch_index(&self) -> Option<usize> {
        self.inner.item
    }

    /// The name of the query that failed, if it was one.
    pub fn query(&self) -> Option<&'static str> {
        self.inner.query.map(|query| query.name)
    }

    /// The file that the query is in.
    pub fn file(&self) -> Option<&'static str> {
        self.inner.query.map(|query| query.file)
    }

    /// The server's error as the driver has it.
    pub fn as_db_error(&self) -> Option<&DbError> {
        self.driver_error()?.as_db_error()
    }

    fn driver_error(&self) -> Option<&tokio_postgres::Error> {
        match &self.inner.source {
            Some(Cause::Driver(error)) => Some(error),
            Some(Cause::Earlier(error)) => error.driver_error(),
            Some(Cause::Migration(error)) => error.server_error(),
            Some(Cause::Value(_)) | None => None,
        }
    }

    /// The server's code for what is wrong.
    pub fn sqlstate(&self) -> Option<&SqlState> {
        self.as_db_error().map(DbError::code)
    }

    /// The constraint that was violated.
    pub fn constraint(&self) -> Option<&str> {
        self.as_db_error()?.constraint()
    }

    /// The table that the error is about.
    pub fn table(&self) -> Option<&str> {
        self.as_db_error()?.table()
    }

    /// The column that the error is about.
    pub fn column(&self) -> Option<&str> {
        self.as_db_error()?.column()
    }

    /// The server's detail.
    pub fn detail(&self) -> Option<&str> {
        self.as_db_error()?.detail()
    }

    /// The server's hint.
    pub fn hint(&self) -> Option<&str> {
        self.as_db_error()?.hint()
    }

    /// A `:one` query found no row.
    pub fn is_no_rows(&self) -> bool {
        self.inner.kind == Kind::NoRows
    }

    /// A `:one` or `:opt` query found more than one row.
    pub fn is_too_many_rows(&self) -> bool {
        self.inner.kind == Kind::TooManyRows
    }

    /// A unique constraint was violated (23505).
    pub fn is_unique_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// A foreign key was violated (23503).
    pub fn is_foreign_key_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::FOREIGN_KEY_VIOLATION)
    }

    /// A CHECK constraint was violated (23514).
    pub fn is_check_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::CHECK_VIOLATION)
    }

    /// A NOT NULL constraint was violated (23502).
    pub fn is_not_null_violation(&self) -> bool {
        self.sqlstate() == Some(&SqlState::NOT_NULL_VIOLATION)
    }

    /// The transaction may succeed if it is run again (40001, 40P01).
    pub fn is_serialization_failure(&self) -> bool {
        let codes = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        self.sqlstate().is_some_and(|state| codes.contains(&state))
    }

    /// The database's schema is not the one that the code was generated for.
    pub fn is_schema_drift(&self) -> bool {
        matches!(self.inner.kind, Kind::SchemaDrift(_))
    }

    /// No connection became free in time.
    pub fn is_pool_timeout(&self) -> bool {
        self.inner.kind == Kind::PoolTimeout
    }

    /// More calls wait for a connection than are allowed to.
    pub fn is_pool_full(&self) -> bool {
        self.inner.kind == Kind::PoolFull
    }

    /// The client was closed.
    pub fn is_pool_closed(&self) -> bool {
        self.inner.kind == Kind::PoolClosed
    }

    /// The call took longer than the configuration allows, and was cancelled.
    pub fn is_call_timeout(&self) -> bool {
        self.inner.kind == Kind::CallTimeout
    }

    /// The connection was lost before the server said how the call ended: a transaction may be committed or not, and a
    /// statement outside a transaction may be done or not.
    pub fn is_outcome_unknown(&self) -> bool {
        self.inner.kind == Kind::OutcomeUnknown
    }

    /// A transaction was to be committed in which a statement had failed; it was rolled back.
    pub fn is_rolled_back(&self) -> bool {
        self.inner.kind == Kind::RolledBack
    }

    /// There is no connection: it could not be made, the server ended it, or it broke.
    pub fn is_connection(&self) -> bool {
        match self.inner.kind {
            Kind::Connect
            | Kind::HostUnknown(_)
            | Kind::OtherTarget(_)
            | Kind::Hosts(_)
            | Kind::Password
            | Kind::ConnectTimeout
            | Kind::CannotConnect
            | Kind::ConnectionEnded
            | Kind::OutcomeUnknown => true,
            Kind::PoolTimeout => self.inner.source.is_some(),
            _ => self.ends_connection(),
        }
    }

    /// The server can no longer use what it has prepared: a table or type has changed ("cached plan must not change result
    /// type"; its message is translated, the routine is not), or a pooler or DEALLOCATE has dropped the statement.
    pub(crate) fn is_stale_statement(&self) -> bool {
        let Some(error) = self.as_db_error() else { return false };
        match *error.code() {
            SqlState::FEATURE_NOT_SUPPORTED => error.routine() == Some("RevalidateCachedQuery"),
            SqlState::INVALID_SQL_STATEMENT_NAME => true,
            _ => false,
        }
    }

    /// Nothing was sent, since the connection had ended before.
    pub(crate) fn is_ended_before(&self) -> bool {
        self.inner.kind == Kind::ConnectionEnded
    }

    pub(crate) fn ends_connection(&self) -> bool {
        let ends = |state: &SqlState| state.code().starts_with("08") || SHUTDOWNS.contains(&state);
        match self.sqlstate() {
            Some(state) => ends(state),
            None => self.driver_error().is_some_and(|error| error.is_closed() || is_io(error)),
        }
    }

    /// Whether another attempt to connect may succeed, since the server starts, is full, or cannot be reached just now.
    pub(crate) fn is_transient(&self) -> bool {
        match (&self.inner.kind, self.sqlstate()) {
            (Kind::Config(_) | Kind::HostUnknown(_) | Kind::Password, _) => false,
            (Kind::ConnectTimeout | Kind::OtherTarget(_), _) => true,
            (_, Some(state)) => ["08", "53", "57"].iter().any(|class| state.code().starts_with(class)),
            (Kind::Hosts(_), None) => {
                matches!(&self.inner.source, Some(Cause::Earlier(error)) if error.is_transient())
            }
            // The network, and not the driver, has said so.
            (Kind::Connect, None) if matches!(self.inner.source, Some(Cause::Value(_))) => true,
            // The driver has kinds of its own for what is wrong on this side.
            (_, None) => self.ends_connection() && (!self.is_tls() || self.is_cut_off()),
        }
    }

    /// TLS could not be agreed on.
    pub(crate) fn is_tls(&self) -> bool {
        // The driver tells its kinds apart only in words.
        self.driver_error()
            .is_some_and(|error| error.to_string().starts_with("error performing TLS handshake"))
    }

    /// The other side has gone, as in a restart, and has not refused.
    fn is_cut_off(&self) -> bool {
        let source = self.driver_error().and_then(StdError::source);
        let error = source.and_then(|source| source.downcast_ref::<std::io::Error>());
        // What rustls itself finds wrong is InvalidData.
        error.is_some_and(|error| {
            use std::io::ErrorKind::{
                BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof,
            };
            let gone = [BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof];
            gone.contains(&error.kind())
        })
    }

    /// The server has no rule in pg_hba.conf for such a connection, or does not take the role on it (28000).
    pub(crate) fn is_login_refused(&self) -> bool {
        self.sqlstate() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }
}

/// What a server says before it closes a connection, or instead of making one.
const SHUTDOWNS: [&SqlState; 3] =
    [&SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN, &SqlState::CANNOT_CONNECT_NOW];

fn is_io(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|source| source.is::<std::io::Error>())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(query) = self.inner.query {
            write!(f, "query {} ({}): ", query.name, query.file)?;
        }
        if let Some(sql) = &self.inner.sql {
            write!(f, "SQL \"{}\"", sql.excerpt)?;
            if let Some((line, column)) = sql.place {
                write!(f, ", line {line}, column {column}")?;
            }
            f.write_str(": ")?;
        }
        if let Some(item) = self.inner.item {
            write!(f, "item {item} of the batch: ")?;
        }
        self.write_kind(f)?;
        match &self.inner.source {
            // They have said it all.
            Some(Cause::Earlier(_)) if matches!(self.inner.kind, Kind::Hosts(_)) => Ok(()),
            Some(Cause::Driver(error)) => write_cause(f, error),
            Some(Cause::Value(error)) => write!(f, ": {error}"),
            Some(Cause::Earlier(error)) => write!(f, ": {error}"),
            Some(Cause::Migration(error)) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

impl Error {
    fn write_kind(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.kind {
            Kind::Config(message) => f.write_str(message),
            Kind::Connect => f.write_str("cannot connect to the database"),
            Kind::HostUnknown(host) => write!(f, "the host `{host}` cannot be found"),
            Kind::OtherTarget(target) => {
                write!(f, "the server lets us in, but it is not {}", target.described())
            }
            Kind::Hosts(said) => write!(f, "none of the hosts can be used: {said}"),
            Kind::Password => f.write_str("there is no password for the new connection"),
            Kind::ConnectTimeout => {
                f.write_str("the database did not answer in time: look at its host and port")
            }
            Kind::PoolTimeout if self.inner.source.is_some() => {
                f.write_str("no connection became free in time, and the last attempt to make one failed")
            }
            Kind::PoolTimeout => {
                f.write_str("no connection became free in time: allow more, or hold them for less long")
            }
            Kind::ConnectionEnded => f.write_str("the connection has ended"),
            Kind::CannotConnect => f.write_str("no connection can be made"),
            Kind::PoolFull => f.write_str("too many calls wait for a connection already"),
            Kind::PoolClosed => f.write_str("the client is closed"),
            Kind::StillInUse => {
                f.write_str("connections were still in use when the time to close the client was up")
            }
            Kind::CallTimeout => f.write_str("the call took too long, and was cancelled"),
            Kind::OutcomeUnknown => {
                f.write_str("the connection was lost, and nobody knows whether the work was done")
            }
            Kind::Server if self.as_db_error().is_some() => f.write_str("the database refused"),
            Kind::Server => f.write_str("the call failed"),
            Kind::Decode(column) => write!(f, "column {column} cannot be read"),
            Kind::NoPlan(word) => write!(
                f,
                "only SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE and MERGE have a plan, and this is {word}"
            ),
            Kind::Encode(param) => write!(f, "parameter ${param} cannot be written"),
            Kind::NoRows => f.write_str("there is no row, and exactly one is expected"),
            Kind::ParamCount { expected, given } => {
                write!(f, "there are {given} arguments, and the statement has {expected} parameters")
            }
            Kind::TooManyRows => f.write_str("there is more than one row"),
            Kind::SchemaDrift(difference) => {
                write!(f, "the database is not the one that this code was built for: {difference}")
            }
            Kind::RolledBack => {
                f.write_str("the transaction was rolled back, since a statement in it had failed")
            }
            Kind::Migrations(mistakes) => write!(f, "the migrations cannot be read: {mistakes}"),
            Kind::Migrating => f.write_str("the database was not migrated"),
        }
    }
}

/// The driver's error prints as "db error", and leaves the message to its source.
fn write_cause(f: &mut fmt::Formatter<'_>, error: &tokio_postgres::Error) -> fmt::Result {
    match error.as_db_error() {
        Some(db_error) => write!(f, ": {} ({})", db_error.message(), db_error.code().code()),
        None => {
            write!(f, ": {error}")?;
            error.source().map_or(Ok(()), |cause| write!(f, ": {cause}"))
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        for (name, text) in
            [("detail", self.detail()), ("hint", self.hint()), ("constraint", self.constraint())]
        {
            if let Some(text) = text {
                write!(f, "\n  {name}: {text}")?;
            }
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.inner.source.as_ref()? {
            Cause::Driver(error) => Some(error.as_ref()),
            Cause::Value(error) => Some(error.as_ref()),
            Cause::Earlier(error) => Some(error),
            Cause::Migration(error) => Some(error.as_ref()),
        }
    }
}
