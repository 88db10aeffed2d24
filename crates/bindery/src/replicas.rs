//! Reads on replicas: which connection a query that only reads is given.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::types::PgLsn as DriverLsn;

use crate::connection::Connection;
use crate::error::Error;
use crate::pool::Pool;
use crate::value::lsn::PgLsn;

/// Where a client's reads go.
#[derive(Clone)]
pub(crate) struct Reads {
    pub replicas: Arc<Pool>,
    pub rule: ReadRule,
}

/// When a replica will do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadRule {
    Always,
    /// Once it has replayed the primary's log up to here.
    After(PgLsn),
    Never,
}

impl Reads {
    /// A connection to a replica; none if the primary has to answer: there is no replica, or it is behind.
    pub async fn connection(&self, within: Duration) -> Result<Option<Connection>, Error> {
        let replica = match self.rule {
            ReadRule::Never => return Ok(None),
            ReadRule::Always | ReadRule::After(_) => self.replicas.connection(within).await,
        };
        let conn = match replica {
            Ok(conn) => conn,
            Err(error) if error.is_connection() => return Ok(None),
            Err(error) => return Err(error),
        };
        match self.rule {
            ReadRule::After(position) if !has_replayed(&conn, position).await? => Ok(None),
            _ => Ok(Some(conn)),
        }
    }
}

/// The primary's place in its log.
pub(crate) async fn position(conn: &Connection) -> Result<PgLsn, Error> {
    let session = conn.session();
    // A statement may be committed and its record not be flushed, so this is where the next one goes.
    let row = session.client.query_typed_one("SELECT pg_catalog.pg_current_wal_insert_lsn()", &[]);
    let row = session.run(row).await.map_err(|error| session.server_error(error))?;
    let position: DriverLsn = row.get(0);
    Ok(PgLsn(position.into()))
}

async fn has_replayed(conn: &Connection, position: PgLsn) -> Result<bool, Error> {
    let session = conn.session();
    // NULL on a server that is no standby, which has everything.
    let row = session.client.query_typed_one("SELECT pg_catalog.pg_last_wal_replay_lsn()", &[]);
    let row = session.run(row).await.map_err(|error| session.server_error(error))?;
    let replayed: Option<DriverLsn> = row.get(0);
    Ok(replayed.is_none_or(|replayed| u64::from(replayed) >= position.0))
}
