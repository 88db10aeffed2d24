//! What a pool counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The state of a pool, and what it has counted since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The most connections that may be open.
    pub max_connections: u32,
    /// How many are kept open.
    pub min_connections: u32,
    /// How many are open, in use or idle.
    pub connections: u32,
    /// How many wait to be used.
    pub idle: u32,
    /// How many are in use, with those that are being cleaned.
    pub in_use: u32,
    /// How many callers wait for a connection.
    pub waiting: u32,
    /// How often a connection was asked for.
    pub requests: u64,
    /// How often the caller had to wait for it.
    pub requests_waited: u64,
    /// How often there was none to be had.
    pub requests_failed: u64,
    /// How long all callers together have waited.
    pub wait_time: Duration,
    /// How long all connections together were in use.
    pub usage_time: Duration,
    /// How often a connection was to be made.
    pub connects: u64,
    /// How often that failed.
    pub connect_errors: u64,
    /// How many connections came back in a state that had to be cleaned: a call or transaction was dropped, or the session
    /// was altered.
    pub cleaned: u64,
    /// How many connections were closed, since they came back broken or could not be cleaned.
    pub discarded: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub requests: Counter,
    pub requests_waited: Counter,
    pub requests_failed: Counter,
    pub wait_micros: Counter,
    pub usage_micros: Counter,
    pub connects: Counter,
    pub connect_errors: Counter,
    pub cleaned: Counter,
    pub discarded: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    pub fn add_time(&self, time: Duration) {
        self.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub fn read(&self) -> Stats {
        Stats {
            requests: self.requests.read(),
            requests_waited: self.requests_waited.read(),
            requests_failed: self.requests_failed.read(),
            wait_time: Duration::from_micros(self.wait_micros.read()),
            usage_time: Duration::from_micros(self.usage_micros.read()),
            connects: self.connects.read(),
            connect_errors: self.connect_errors.read(),
            cleaned: self.cleaned.read(),
            discarded: self.discarded.read(),
            ..Stats::default()
        }
    }
}
