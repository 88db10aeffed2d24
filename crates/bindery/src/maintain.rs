//! What happens in a pool that nobody asks: it keeps its least number of connections, and closes what it does not need.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::pool::Pool;

/// How often it is looked after, if no setting asks for it more often.
const PERIOD: Duration = Duration::from_secs(5);

/// Looks after the pool until it is closed or dropped.
pub(crate) async fn maintain(pool: Weak<Pool>, idle_timeout: Option<Duration>) {
    let period = idle_timeout.map_or(PERIOD, |timeout| timeout.min(PERIOD)).max(Duration::from_millis(10));
    let mut since = Instant::now();
    loop {
        {
            let Some(pool) = pool.upgrade().filter(|pool| !pool.state.is_closed()) else { return };
            top_up(&pool).await;
            if idle_timeout.is_some_and(|timeout| since.elapsed() >= timeout) {
                close_unneeded(&pool);
                since = Instant::now();
            }
        }
        tokio::time::sleep(period).await;
    }
}

/// Opens connections up to the least number; what fails is tried again next time.
async fn top_up(pool: &Arc<Pool>) {
    while pool.connections() < pool.config.pool.min_connections && !pool.state.is_closed() {
        if pool.add_connection().await.is_err() {
            return;
        }
    }
}

/// Closes the connections that were never in use at the same time in the last period, down to the least number.
fn close_unneeded(pool: &Pool) {
    let needed = pool.state.take_peak().max(pool.config.pool.min_connections);
    for _ in needed..pool.connections() {
        pool.discard_one();
    }
}
