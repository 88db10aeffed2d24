//! Reads the state of a server that goes on running, such that another one can start from it.
//!
//! What is read is what a crash would leave at that moment, and PostgreSQL starts from that: a checkpoint has written all
//! that was committed, nobody changes anything afterwards, and the log from that checkpoint on is read last. So recovery
//! has nothing to do, and takes a millisecond.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use postgres::Client;

use crate::archive;
use crate::error::Error;

/// The log files from where recovery begins to where the log ends.
const LOG: &str = "
    SELECT redo_wal_file, pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn())
    FROM pg_catalog.pg_control_checkpoint()";

/// An archive of the server's cluster. Nobody else may change anything meanwhile.
///
/// # Errors
/// Tables hold rows that would be lost, as unlogged ones lose them in a crash, or are in a tablespace elsewhere.
pub(crate) fn read(data: &Path, client: &mut Client) -> Result<Vec<u8>, Error> {
    let failed = "cannot have the server write its state";
    client.batch_execute("CHECKPOINT").map_err(Error::because(failed))?;
    let row = client.query_one(LOG, &[]).map_err(Error::because(failed))?;
    let log = row.get::<_, String>(0)..=row.get(1);
    let failed = "cannot read the server's state";
    if has_unlogged_rows(data).map_err(Error::because(failed))? {
        return Err(Error::new(
            "unlogged tables hold rows, which are not written to disk: the state cannot be kept",
        ));
    }
    archive::pack(data, |path| is_transient(path) || is_other_log(path, &log)).map_err(Error::because(failed))
}

/// Files of a running server that are of no use to the next: it finds them stale, or makes them anew.
pub(crate) fn is_transient(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_bytes();
    name.starts_with(b"postmaster.")
        || name.starts_with(b".s.PGSQL.")
        || name == b"pg_internal.init"
        || path
            .parent()
            .is_some_and(|folder| ["pg_dynshmem", "pg_stat_tmp"].iter().any(|name| folder == *name))
}

/// Files of the log that are done with, or that wait for being used, of which there can be 32 MB.
fn is_other_log(path: &Path, log: &RangeInclusive<String>) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.parent() == Some(Path::new("pg_wal")) && name.len() == log.start().len() && !log.contains(&name)
}

/// Checkpoints pass unlogged tables by, and recovery makes them anew: `17` from `17_init`, which is empty for a table.
/// (One of an index is not, and may be shorter than the new index.)
fn has_unlogged_rows(data: &Path) -> io::Result<bool> {
    for database in fs::read_dir(data.join("base"))? {
        for entry in fs::read_dir(database?.path())? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(table) = name.to_str().and_then(|name| name.strip_suffix("_init")) else { continue };
            let length = fs::metadata(entry.path().with_file_name(table))?.len();
            if length > 0 && entry.metadata()?.len() == 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
