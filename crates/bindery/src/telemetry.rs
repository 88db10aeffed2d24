//! What can be seen of calls from outside: spans and events of the crate `tracing`, and a function for metrics.
//!
//! Values of parameters and columns are in none of them.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::error::Severity;
use tokio_postgres::{AsyncMessage, RowStream};
use tracing::field::Empty;
use tracing::{Instrument, Level, Span};

use crate::config::Config;
use crate::error::Error;
use crate::query::Query;

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct QueryEvent<'e> {
    /// The generated query; none for SQL that is in no query file.
    pub query: Option<&'static Query>,
    /// From the call to its end, without the time that it took to get the connection.
    pub elapsed: Duration,
    /// How it ended.
    pub outcome: QueryOutcome<'e>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub enum QueryOutcome<'e> {
    /// With so many rows returned, or affected if it returns none. A stream's call ends when its rows begin to come: these are
    /// not counted, nor is a batch's.
    Rows(u64),
    /// With an error.
    Failed(&'e Error),
    /// It was dropped before it had ended, as by a timeout of the caller's.
    Dropped,
}

/// Told of each call that has ended.
pub(crate) type OnQuery = Arc<dyn Fn(&QueryEvent<'_>) + Send + Sync>;

impl Config {
    /// Told of each call of a query when it has ended: for counters and histograms. It runs in the task that calls, so it
    /// should be quick.
    ///
    /// ```no_run
    /// # struct Histogram;
    /// # impl Histogram { fn observe(&self, labels: [&str; 2], seconds: f64) {} }
    /// # fn example(config: bindery::Config, seconds: Histogram) -> bindery::Config {
    /// use bindery::QueryOutcome;
    ///
    /// config.on_query(move |event| {
    ///     let outcome = match event.outcome {
    ///         QueryOutcome::Rows(_) => "ok",
    ///         QueryOutcome::Failed(error) => error.sqlstate().map_or("error", |state| state.code()),
    ///         QueryOutcome::Dropped => "dropped",
    ///     };
    ///     let name = event.query.map_or("other", |query| query.name);
    ///     seconds.observe([name, outcome], event.elapsed.as_secs_f64());
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn on_query(mut self, told: impl Fn(&QueryEvent<'_>) + Send + Sync + 'static) -> Self {
        self.pool.hooks.query = Some(Arc::new(told));
        self
    }
}

/// What tells how many rows a call was about.
pub(crate) trait Counted {
    fn rows(&self) -> u64;
}

impl<T> Counted for Vec<T> {
    fn rows(&self) -> u64 {
        self.len() as u64
    }
}

impl Counted for u64 {
    fn rows(&self) -> u64 {
        *self
    }
}

/// Of `COPY`, which may also end with an error of the caller's rows.
impl<E> Counted for Result<u64, E> {
    fn rows(&self) -> u64 {
        self.as_ref().map_or(0, |rows| *rows)
    }
}

/// A stream, whose rows are still to come.
impl Counted for RowStream {
    fn rows(&self) -> u64 {
        0
    }
}

/// A script, or a batch.
impl Counted for () {
    fn rows(&self) -> u64 {
        0
    }
}

/// A plan.
impl Counted for String {
    fn rows(&self) -> u64 {
        0
    }
}

/// Whether nobody wants to know of calls, which is then all that it costs them.
pub(crate) fn is_off(told: Option<&OnQuery>) -> bool {
    told.is_none() && !tracing::span_enabled!(target: "bindery::query", Level::DEBUG)
}

/// Runs a call in its span, and tells how it ended.
pub(crate) async fn measured<T: Counted>(
    query: Option<&'static Query>,
    told: Option<&OnQuery>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let span = span(query);
    if span.is_none() && told.is_none() {
        return work.await;
    }
    let mut watch = Watch { query, told, since: Instant::now(), has_ended: false };
    let outcome = work.instrument(span.clone()).await;
    match &outcome {
        Ok(value) => {
            span.record("db.response.returned_rows", value.rows());
            watch.end(QueryOutcome::Rows(value.rows()));
        }
        Err(error) => {
            record_error(&span, error);
            watch.end(QueryOutcome::Failed(error));
        }
    }
    outcome
}

/// The names are those of OpenTelemetry where it has some.
fn span(query: Option<&'static Query>) -> Span {
    let span = tracing::debug_span!(
        target: "bindery::query",
        "query",
        db.system.name = "postgresql",
        db.query.name = Empty,
        bindery.file = Empty,
        db.response.returned_rows = Empty,
        db.response.status_code = Empty,
        error.r#type = Empty,
        otel.status_code = Empty,
    );
    if let Some(query) = query {
        span.record("db.query.name", query.name).record("bindery.file", query.file);
    }
    span
}

/// An error's message may hold values, its code does not.
fn record_error(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    match error.sqlstate() {
        Some(state) => span.record("db.response.status_code", state.code()),
        None => span.record("error.type", "bindery"),
    };
}

/// The time of one call.
struct Watch<'t> {
    query: Option<&'static Query>,
    told: Option<&'t OnQuery>,
    since: Instant,
    has_ended: bool,
}

impl Watch<'_> {
    fn end(&mut self, outcome: QueryOutcome<'_>) {
        self.has_ended = true;
        if let Some(told) = self.told {
            told(&QueryEvent { query: self.query, elapsed: self.since.elapsed(), outcome });
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(QueryOutcome::Dropped);
        }
    }
}

/// Passes a notice of the server on, at target `bindery::notice`.
pub(crate) fn notice(message: &AsyncMessage) {
    let AsyncMessage::Notice(notice) = message else { return };
    macro_rules! pass_on {
        ($level:expr) => {
            tracing::event!(
                target: "bindery::notice",
                $level,
                sqlstate = notice.code().code(),
                detail = notice.detail(),
                hint = notice.hint(),
                "{}",
                notice.message()
            )
        };
    }
    match notice.parsed_severity() {
        Some(Severity::Panic | Severity::Fatal | Severity::Error) => pass_on!(Level::ERROR),
        Some(Severity::Warning) => pass_on!(Level::WARN),
        Some(Severity::Notice | Severity::Info) | None => pass_on!(Level::INFO),
        Some(Severity::Log) => pass_on!(Level::DEBUG),
        Some(Severity::Debug) => pass_on!(Level::TRACE),
    }
}

/// A connection was made.
pub(crate) fn connected() {
    tracing::debug!(target: "bindery::connection", "connected to the database");
}

/// A connection could not be made.
pub(crate) fn failed_to_connect(error: &Error) {
    tracing::warn!(target: "bindery::connection", error = %error, "cannot connect to the database");
}

/// A connection was ended by the server or the network.
pub(crate) fn connection_lost(reason: &Error) {
    tracing::warn!(target: "bindery::connection", reason = %reason, "a connection was lost");
}
