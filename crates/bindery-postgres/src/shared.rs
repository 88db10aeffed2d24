//! Templates on a given server, which processes share: who uses one, and who makes and drops it.
//!
//! Two advisory locks go with each, on the session that a process has open on the server for all of its life, so that the
//! server gives them back if the process is killed:
//!
//! - the door, held by whoever makes or drops the template;
//! - the use, shared by all who copy it. Whoever gets it alone, behind the door, is the last and drops it.
//!
//! Locks are seen only by sessions in the same database; hence the number of that database in the name.

use crate::error::Error;
use crate::given::Given;
use crate::sessions::wait_until_unused;

/// The name for a key. Another role could not copy it, so that it has one of its own.
const NAME: &str = "
    SELECT 'bindery_template_' || d.oid || '_' ||
           left(encode(sha256(convert_to($1 || ' ' || current_user, 'UTF8')), 'hex'), 32)
    FROM pg_catalog.pg_database d WHERE d.datname = current_database()";

const ENTER: &str = "
    SELECT pg_advisory_lock(hashtextextended($1, 1)), pg_advisory_lock_shared(hashtextextended($1, 0))";

const EXISTS: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)";

const LOCK_DOOR: &str = "SELECT pg_advisory_lock(hashtextextended($1, 1))";
const UNLOCK_DOOR: &str = "SELECT pg_advisory_unlock(hashtextextended($1, 1))";
const STOP_USE: &str = "SELECT pg_advisory_unlock_shared(hashtextextended($1, 0))";
const TRY_ALONE: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
const STOP_ALONE: &str = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";
const TRY_DOOR: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 1))";

/// Templates whose locks are in the database of this session.
const ALL: &str = "
    SELECT t.datname::text FROM pg_catalog.pg_database t, pg_catalog.pg_database d
    WHERE d.datname = current_database() AND t.datname ~ ('^bindery_template_' || d.oid || '_[0-9a-f]+$')";

/// A template that this process uses from now on. Its door is locked.
pub(crate) struct Shared {
    pub name: String,
    pub is_made: bool,
}

impl Given {
    /// Waits for whoever makes the template under `key`, and holds it; tells whether it is there.
    pub fn enter(&self, key: &str) -> Result<Shared, Error> {
        let entered = self.with_client(|client| {
            let name: String = client.query_one(NAME, &[&key])?.get(0);
            client.query_one(ENTER, &[&name])?;
            let is_made = client.query_one(EXISTS, &[&name])?.get(0);
            Ok(Shared { name, is_made })
        });
        entered.map_err(|error: postgres::Error| Error::because("cannot look for a template database")(error))
    }

    /// Makes a database that was filled the template. Nobody connects to it any more, which would stop copies.
    pub fn name_template(&self, database: &str, name: &str) -> Result<(), Error> {
        let named = self.with_client(|client| {
            wait_until_unused(database, client)?;
            client.batch_execute(&format!("ALTER DATABASE \"{database}\" ALLOW_CONNECTIONS false"))?;
            client.batch_execute(&format!("ALTER DATABASE \"{database}\" RENAME TO \"{name}\""))
        });
        named.map_err(Error::because("cannot name the template database"))
    }

    pub fn unlock_door(&self, name: &str) -> Result<(), Error> {
        let unlocked = self.with_client(|client| client.query_one(UNLOCK_DOOR, &[&name]));
        unlocked.map(|_| ()).map_err(Error::because("cannot give back the lock of a template database"))
    }

    /// Drops the template if nobody else uses it. One that stays is swept by the next run.
    pub fn leave(&self, name: &str) {
        let _ = self.with_client(|client| {
            client.query_one(LOCK_DOOR, &[&name])?;
            client.query_one(STOP_USE, &[&name])?;
            drop_unused(client, name)
        });
    }

    /// Drops the templates of processes that were killed.
    pub fn sweep_templates(&self) {
        let _ = self.with_client(|client| {
            for row in client.query(ALL, &[])? {
                let name: String = row.get(0);
                if client.query_one(TRY_DOOR, &[&name])?.get(0) {
                    drop_unused(client, &name)?;
                }
            }
            Ok::<_, postgres::Error>(())
        });
    }
}

/// Behind the door, which it opens again.
fn drop_unused(client: &mut postgres::Client, name: &str) -> Result<(), postgres::Error> {
    let outcome = drop_if_alone(client, name);
    client.query_one(UNLOCK_DOOR, &[&name])?;
    outcome
}

fn drop_if_alone(client: &mut postgres::Client, name: &str) -> Result<(), postgres::Error> {
    if !client.query_one(TRY_ALONE, &[&name])?.get::<_, bool>(0) {
        return Ok(());
    }
    // Another role's cannot be dropped.
    let dropped = client.batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\""));
    client.query_one(STOP_ALONE, &[&name])?;
    dropped
}
