//! The lock that keeps migrators of one database apart: goose's own, so that goose waits for Bindery and Bindery for goose.
//!
//! It is asked for again and again rather than waited for in the server: a session that waits there has a snapshot, for
//! which CREATE INDEX CONCURRENTLY in the session that has the lock would wait in turn.

use std::time::{Duration, Instant};

use tokio_postgres::Error;

use crate::client::{Client, value};

/// CRC-32 of "goose" (goose 3.27, `lock/internal/store`, `DefaultLockID`).
const LOCK: &str = "SELECT pg_catalog.pg_try_advisory_lock(4097083626)";
const UNLOCK: &str = "SELECT pg_catalog.pg_advisory_unlock(4097083626)";

const HOLDER: &str = "
    SELECT pg_catalog.format('process %s of user %s, application %s', a.pid, a.usename, a.application_name)
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = 4097083626 AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";

/// The pause before the second attempt; each one after is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest one. goose has 5 seconds.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why the lock was not got.
pub(crate) enum NoLock {
    /// Somebody had it all the time; who, if the server tells.
    Held(Option<String>),
    Server(Error),
}

/// Takes the lock, and tells through `waits` if somebody else has it.
pub(crate) async fn lock<C: Client>(
    client: &mut C,
    patience: Duration,
    waits: impl Fn(),
) -> Result<(), NoLock> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if value(client, LOCK).await.map_err(NoLock::Server)?.as_deref() == Some("t") {
            return Ok(());
        }
        if start.elapsed() >= patience {
            return Err(NoLock::Held(value(client, HOLDER).await.ok().flatten()));
        }
        if pause == FIRST_PAUSE {
            waits();
        }
        client.pause(pause.min(patience)).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Gives it back.
pub(crate) async fn unlock<C: Client>(client: &mut C) -> Result<(), Error> {
    client.simple_query(UNLOCK).await.map(|_| ())
}
