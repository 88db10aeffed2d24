//! Sessions that are in the way where databases come and go.

use std::thread;
use std::time::Duration;

use postgres::Client;

/// Sessions in a database, that of the query apart.
const SESSIONS: &str = "
    SELECT count(*) FROM pg_catalog.pg_stat_activity
    WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()";

const END: &str = "
    SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()";

/// A closed session takes a moment to end, and the server, which looks before it copies, renames or drops a database, looks
/// again after 100 ms only. Whoever stays longer is for the server to judge.
pub(crate) fn wait_until_unused(database: &str, client: &mut Client) -> Result<(), postgres::Error> {
    for _ in 0..100 {
        let sessions: i64 = client.query_one(SESSIONS, &[&database])?.get(0);
        if sessions == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Ends the sessions in a database, and waits as above.
pub(crate) fn end_sessions(database: &str, client: &mut Client) -> Result<(), postgres::Error> {
    // Those of a superuser are for the server to refuse.
    let _ = client.query(END, &[&database]);
    wait_until_unused(database, client)
}
