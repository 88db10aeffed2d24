//! What a connection goes through before somebody else gets it: work that nobody waits for is cancelled, a transaction
//! that was left open is rolled back, and settings are reset.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::config::PoolConfig;
use crate::connection::Connection;
use crate::error::Error;
use crate::session::Session;

/// After this time it is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// A cancellation that has had no effect by then is repeated.
const CANCEL_AGAIN: Duration = Duration::from_millis(100);

/// All that a session can hold, but for its prepared statements, which the driver counts on.
const RESET: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; \
                     SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// Makes the session as it was when it was new; if it does not come to that in time, nobody should use it.
pub(crate) async fn clean(conn: &Connection, config: &PoolConfig) {
    let session = conn.session();
    if !session.is_unclean() {
        return;
    }
    let outcome = tokio::time::timeout(PATIENCE, restore(conn, config)).await;
    match outcome {
        Ok(Ok(())) => session.mark_clean(),
        Ok(Err(_)) | Err(_) => session.mark_unfit(),
    }
}

async fn restore(conn: &Connection, config: &PoolConfig) -> Result<(), Error> {
    let session = conn.session();
    if session.driver.is_abandoned() {
        stop(session).await?;
    }
    // SQL from outside the query files may have begun one; where there is none the server only warns.
    if session.in_transaction() || session.is_altered() {
        send(session, "ROLLBACK").await?;
    }
    if session.is_altered() {
        send(session, RESET).await?;
        if let Some(hook) = &config.hooks.connect {
            hook(conn).await?;
        }
    }
    Ok(())
}

/// Cancels what the server is doing, and reads all answers that are on their way.
pub(crate) async fn stop(session: &Session) -> Result<(), Error> {
    let work = async {
        let mut answered = pin!(session.client.check_connection());
        // Sends what has not been sent yet.
        if let Poll::Ready(answer) = futures_util::poll!(&mut answered) {
            return answer.map_err(|error| session.server_error(error));
        }
        loop {
            session.canceller.cancel().await?;
            // It may have come between two statements that were sent one behind the other.
            if let Ok(answer) = tokio::time::timeout(CANCEL_AGAIN, &mut answered).await {
                return answer.map_err(|error| session.server_error(error));
            }
        }
    };
    session.driver.run(work).await
}

async fn send(session: &Session, sql: &str) -> Result<(), Error> {
    let answer = session.driver.run(session.client.batch_execute(sql)).await;
    answer.map_err(|error| session.server_error(error))
}
