//! A place for the synchronous driver, which refuses to run on a thread that drives asynchronous tasks.

use std::panic::resume_unwind;
use std::thread;

/// Runs `work` on a thread of its own, and waits: servers and databases may come and go in async code too.
pub(crate) fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|panic| resume_unwind(panic))
}
