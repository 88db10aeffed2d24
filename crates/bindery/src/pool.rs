//! Who gets a connection, and when: a fair queue in front of bb8, which keeps the connections.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use bb8::{PooledConnection, RunError};
use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout_at;

use crate::config::{Config, Hooks};
use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::manager::Manager;
use crate::session::Session;
use crate::stats::{Counters, Stats};

/// The connections of a client.
pub(crate) struct Pool {
    connections: bb8::Pool<Manager>,
    /// One for each connection that there may be. Who has one needs not wait for other callers, and the queue for them is
    /// fair, as bb8's own is not.
    permits: Arc<Semaphore>,
    pub state: Arc<PoolState>,
    pub config: Arc<Config>,
}

/// What the pool and its connections know of each other.
#[derive(Default)]
pub(crate) struct PoolState {
    is_closed: AtomicBool,
    /// Connections of an earlier one are replaced.
    generation: AtomicU64,
    waiting: AtomicU32,
    in_use: AtomicU32,
    /// The most that were in use since the idle ones were last looked after.
    peak: AtomicU32,
    /// Why the last attempt to connect failed; none after one that did not.
    last_error: Mutex<Option<Error>>,
    /// An attempt to connect failed in a way that another one does not mend.
    failed: Notify,
    /// A connection was given back to a pool that closes.
    returned: Notify,
    pub counters: Counters,
}

/// A connection of the pool with the right to have it. It goes back first.
pub(crate) struct Lease {
    session: PooledConnection<'static, Manager>,
    in_use: InUse,
    /// It was looked after since it was given back.
    is_ready: bool,
    _permit: OwnedSemaphorePermit,
}

/// Counts a lease until its connection is back.
struct InUse {
    pool: Arc<Pool>,
    since: Instant,
}

impl Pool {
    pub fn new(config: Config) -> Self {
        let (config, state) = (Arc::new(config), Arc::<PoolState>::default());
        let pool = &config.pool;
        let connections = bb8::Pool::builder()
            .max_size(pool.max_connections)
            .max_lifetime(pool.max_lifetime)
            // Its rule closes what the next moment needs: see `maintain`.
            .idle_timeout(None)
            .connection_timeout(pool.connection_timeout)
            .build_unchecked(Manager::new(config.clone(), state.clone()));
        let permits = Arc::new(Semaphore::new(pool.max_connections as usize));
        Self { connections, permits, state, config }
    }

    /// Makes the first connection: repeats what may heal until the time is up, and tells the rest at once.
    pub async fn open(&self) -> Result<(), Error> {
        let deadline = Instant::now() + self.config.pool.connection_timeout;
        let mut pause = Duration::from_millis(50);
        let mut last = Error::new(Kind::ConnectTimeout);
        // The attempt that the deadline ends says less than the one before.
        while let Ok(attempt) = timeout_at(deadline.into(), self.add_connection()).await {
            last = match attempt {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if !last.is_transient() || Instant::now() + pause > deadline {
                break;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        Err(last)
    }

    /// Makes a connection and a round trip on it, and keeps it.
    pub async fn add_connection(&self) -> Result<(), Error> {
        let session = self.connections.dedicated_connection().await?;
        let answer = session.run(session.client.check_connection()).await;
        answer.map_err(|error| Error::because(Kind::Connect, error))?;
        // Where there is no room any more it is only closed.
        let _ = self.connections.add(session);
        Ok(())
    }

    /// Takes a connection, or waits for one, and does what the application wants done with it first.
    pub async fn connection(self: &Arc<Self>, within: Duration) -> Result<Connection, Error> {
        let conn = Connection::leased(self.lease(within).await?);
        if let Some(hook) = &self.config.pool.hooks.check_out {
            hook(&conn).await?;
        }
        Ok(conn)
    }

    async fn lease(self: &Arc<Self>, within: Duration) -> Result<Lease, Error> {
        let outcome = self.try_lease(within).await;
        self.state.counters.requests.add(1);
        if outcome.is_err() {
            self.state.counters.requests_failed.add(1);
        }
        outcome
    }

    async fn try_lease(self: &Arc<Self>, within: Duration) -> Result<Lease, Error> {
        let taken = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => {
                let mut session = pin!(self.connections.get_owned());
                match futures_util::poll!(&mut session) {
                    Poll::Ready(session) => Ok((session, permit)),
                    Poll::Pending => self.wait(within, self.connect(session, permit)).await,
                }
            }
            Err(TryAcquireError::Closed) => return Err(Error::new(Kind::PoolClosed)),
            Err(TryAcquireError::NoPermits) => self.wait(within, self.queue()).await,
        };
        let (session, permit) = taken?;
        let session = session.map_err(|error| match error {
            RunError::User(error) => error,
            RunError::TimedOut => self.timed_out(),
        })?;
        self.state.used();
        let in_use = InUse { pool: self.clone(), since: Instant::now() };
        Ok(Lease { session, in_use, is_ready: false, _permit: permit })
    }

    async fn queue(self: &Arc<Self>) -> Result<Taken, Error> {
        let permit = self.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| Error::new(Kind::PoolClosed))?;
        self.connect(pin!(self.connections.get_owned()), permit).await
    }

    /// Waits for a connection that is being made, unless that cannot succeed.
    async fn connect<F: Future<Output = Result<PooledConnection<'static, Manager>, PoolError>>>(
        &self,
        session: Pin<&mut F>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Taken, Error> {
        match select(session, pin!(self.state.failed.notified())).await {
            Either::Left((session, _)) => Ok((session, permit)),
            Either::Right(_) => Err(self.state.cannot_connect()),
        }
    }

    async fn wait(
        &self,
        within: Duration,
        work: impl Future<Output = Result<Taken, Error>>,
    ) -> Result<Taken, Error> {
        let started = Instant::now();
        let waiting = Waiting::new(&self.state);
        if self.config.pool.max_waiting.is_some_and(|most| waiting.number > most) {
            return Err(Error::new(Kind::PoolFull));
        }
        let outcome = timeout_at((started + within).into(), work).await;
        self.state.counters.requests_waited.add(1);
        self.state.counters.wait_micros.add_time(started.elapsed());
        outcome.unwrap_or_else(|_| Err(self.timed_out()))
    }

    fn timed_out(&self) -> Error {
        match self.state.last_error() {
            Some(error) => Error::after(Kind::PoolTimeout, error),
            None => Error::new(Kind::PoolTimeout),
        }
    }

    /// Has connections replaced as soon as they are not in use.
    pub fn drain(&self) {
        self.state.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Hands out no more connections, and waits for those that are in use.
    pub async fn close(&self, within: Duration) -> Result<(), Error> {
        self.state.is_closed.store(true, Ordering::Release);
        self.permits.close();
        let deadline = Instant::now() + within;
        loop {
            let returned = self.state.returned.notified();
            self.close_idle();
            if self.state.in_use.load(Ordering::Acquire) == 0 {
                return Ok(());
            }
            if timeout_at(deadline.into(), returned).await.is_err() {
                return Err(Error::new(Kind::StillInUse));
            }
        }
    }

    fn close_idle(&self) {
        while self.connections.state().idle_connections > 0 {
            // It is closed when it comes back.
            let _ = self.connections.get_owned().now_or_never();
        }
    }

    /// Closes an idle connection, if there is one.
    pub fn discard_one(&self) {
        let Ok(_permit) = self.permits.try_acquire() else { return };
        if self.connections.state().idle_connections == 0 {
            return;
        }
        if let Some(Ok(session)) = self.connections.get_owned().now_or_never() {
            session.mark_unfit();
        }
    }

    pub fn connections(&self) -> u32 {
        self.connections.state().connections
    }

    pub fn stats(&self) -> Stats {
        let state = self.connections.state();
        Stats {
            max_connections: self.config.pool.max_connections,
            min_connections: self.config.pool.min_connections,
            connections: state.connections,
            idle: state.idle_connections,
            in_use: self.state.in_use.load(Ordering::Acquire),
            waiting: self.state.waiting.load(Ordering::Acquire),
            ..self.state.counters.read()
        }
    }
}

/// A connection or bb8's reason, with the right to it.
type Taken = (Result<PooledConnection<'static, Manager>, PoolError>, OwnedSemaphorePermit);
type PoolError = RunError<Error>;

impl PoolState {
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Whether the session is one that has to be replaced.
    pub fn is_outdated(&self, session: &Session) -> bool {
        session.generation != self.generation()
    }

    fn used(&self) {
        let in_use = self.in_use.fetch_add(1, Ordering::AcqRel) + 1;
        if in_use > self.peak.load(Ordering::Relaxed) {
            self.peak.fetch_max(in_use, Ordering::Relaxed);
        }
    }

    /// The most connections that were in use at the same time since this was last asked.
    pub fn take_peak(&self) -> u32 {
        self.peak.swap(self.in_use.load(Ordering::Acquire), Ordering::AcqRel)
    }

    /// Takes note of an attempt to connect that has succeeded.
    pub fn connected(&self) {
        self.counters.connects.add(1);
        self.set_last_error(None);
    }

    /// Takes note of an attempt to connect that has failed; all who wait are told if another one would fail as well.
    pub fn failed_to_connect(&self, error: Error, hooks: &Hooks) -> Error {
        self.counters.connects.add(1);
        self.counters.connect_errors.add(1);
        if let Some(told) = &hooks.connect_error {
            told(&error);
        }
        self.set_last_error(Some(error.clone()));
        if !error.is_transient() {
            self.failed.notify_waiters();
        }
        error
    }

    fn cannot_connect(&self) -> Error {
        match self.last_error() {
            Some(error) => Error::after(Kind::CannotConnect, error),
            None => Error::new(Kind::CannotConnect),
        }
    }

    fn last_error(&self) -> Option<Error> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_last_error(&self, error: Option<Error>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// Counts a caller for as long as it waits.
struct Waiting<'s> {
    state: &'s PoolState,
    /// Its place in the queue, from 1.
    number: u32,
}

impl<'s> Waiting<'s> {
    fn new(state: &'s PoolState) -> Self {
        Self { state, number: state.waiting.fetch_add(1, Ordering::AcqRel) + 1 }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.state.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let state = &self.pool.state;
        state.counters.usage_micros.add_time(self.since.elapsed());
        state.in_use.fetch_sub(1, Ordering::AcqRel);
        if state.is_closed() {
            state.returned.notify_waiters();
        }
    }
}

impl Lease {
    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn config(&self) -> &Config {
        &self.in_use.pool.config
    }

    pub fn shared_config(&self) -> Arc<Config> {
        self.in_use.pool.config.clone()
    }

    /// Whether there is something to do before somebody else may have the connection.
    pub fn is_unready(&self) -> bool {
        !self.is_ready && (self.session.is_unclean() || self.config().pool.hooks.release.is_some())
    }

    pub fn count_cleaning(&self) {
        if self.session.is_unclean() {
            self.in_use.pool.state.counters.cleaned.add(1);
        }
    }

    /// Nothing is left to do.
    pub fn mark_ready(&mut self) {
        self.is_ready = true;
    }
}
