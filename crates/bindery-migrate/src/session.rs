//! The connection's settings, which no migration leaves changed for the next one.
//!
//! A schema that pg_dump wrote empties `search_path` for the rest of its session. The next file would then run otherwise
//! than in a run that begins with it.

use std::time::Duration;

use tokio_postgres::Error;

use crate::client::{Client, literal, rows};

/// What was set by `SET` before, and the role, which RESET ALL does not reset.
const SETTINGS: &str = "
    SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session'
    UNION ALL SELECT 'role', pg_catalog.current_setting('role')";

const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ALL";

/// The settings of a session.
pub(crate) struct Session {
    /// Statements that make them again.
    restore: String,
}

/// How long a statement may take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeouts {
    pub lock: Option<Duration>,
    pub statement: Option<Duration>,
}

impl Session {
    /// Takes note of the settings as they are.
    pub async fn begin<C: Client>(client: &mut C) -> Result<Self, Error> {
        let mut restore = RESET.to_owned();
        for row in rows(client, SETTINGS).await? {
            restore.push_str("; ");
            restore.push_str(&set(&row[0], &row[1]));
        }
        Ok(Self { restore })
    }

    /// Sets timeouts, and takes them for settings of the session from then on.
    pub async fn with_timeouts<C: Client>(&self, client: &mut C, timeouts: Timeouts) -> Result<Self, Error> {
        let mut restore = self.restore.clone();
        for (name, time) in [("lock_timeout", timeouts.lock), ("statement_timeout", timeouts.statement)] {
            if let Some(time) = time {
                restore.push_str("; ");
                restore.push_str(&set(name, &time.as_millis().to_string()));
            }
        }
        client.batch_execute(&restore).await?;
        Ok(Self { restore })
    }

    /// The statements that make the settings what they were, and then `more`: what is to be done as the role and with the
    /// settings from before a migration.
    pub fn restore_and(&self, more: &str) -> String {
        format!("{}; {more}", self.restore)
    }

    /// Makes the settings what they were.
    pub async fn restore<C: Client>(&self, client: &mut C) -> Result<(), Error> {
        client.batch_execute(&self.restore).await
    }
}

fn set(name: &str, value: &str) -> String {
    format!("SELECT pg_catalog.set_config({}, {}, false)", literal(name), literal(value))
}
