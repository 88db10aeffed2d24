//! The initdb'ed cluster that running ones are unpacked from, so that only the first build pays for initdb.
//!
//! It holds two databases: `template1`, which others are made from, and `bindery`, which the first caller gets.

use std::fs::{self, File};
use std::path::Path;

use crate::archive;
use crate::error::Error;
use crate::folder::Folder;
use crate::installation::Installation;
use crate::kept;
use crate::program::{program, run};
use crate::user::User;

/// Part of the name of every cached cluster: raise it when they are made in another way.
pub(crate) const LAYOUT: u32 = 4;

/// The database that is there from the start.
pub(crate) const FIRST_DATABASE: &str = "bindery";

/// The superuser of every temporary cluster.
pub(crate) const SUPERUSER: &str = "postgres";

/// `template0` is not needed, and each database less is 7 MB less to copy.
const TRIM: &str = "\
UPDATE pg_database SET datistemplate = false WHERE datname = 'template0';
DROP DATABASE template0;
ALTER DATABASE postgres RENAME TO bindery;
";

/// A new cluster, archived.
///
/// # Errors
/// initdb fails, or what it made cannot be read.
pub(crate) fn make(installation: &Installation, user: Option<User>) -> Result<Vec<u8>, Error> {
    // The cache may be closed to the server's user.
    let scratch = Folder::create(user)?;
    initialise(&scratch.data(), installation, user)?;
    archive::pack(&scratch.data(), kept::is_transient).map_err(Error::because("cannot read the new cluster"))
}

/// Runs initdb and trims the result.
///
/// # Errors
/// A program fails; the error has what it said.
pub(crate) fn initialise(data: &Path, installation: &Installation, user: Option<User>) -> Result<(), Error> {
    let folder = data.parent().expect("a cluster is a folder in a temporary folder");
    let mut initdb = program(installation, "initdb", user, folder);
    initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    initdb.args(["--wal-segsize=1", "--username", SUPERUSER, "--pgdata"]).arg(data);
    if installation.major() >= 18 {
        initdb.arg("--no-data-checksums");
    }
    run(initdb)?;
    let sql = folder.join("trim.sql");
    let written = fs::write(&sql, TRIM).and_then(|()| File::open(&sql));
    let sql = written.map_err(Error::because("cannot write to the temporary folder"))?;
    let mut single = program(installation, "postgres", user, folder);
    single.args(["--single", "-D"]).arg(data).args(["-c", "fsync=off", "template1"]).stdin(sql);
    run(single)?;
    trim_log(data, folder, installation, user)
}

/// The log that initdb has filled is not needed after a clean shutdown: 4 MB less to copy.
fn trim_log(
    data: &Path,
    folder: &Path,
    installation: &Installation,
    user: Option<User>,
) -> Result<(), Error> {
    if !installation.bin_dir().join("pg_resetwal").is_file() {
        return Ok(());
    }
    let mut reset = program(installation, "pg_resetwal", user, folder);
    reset.arg("--pgdata").arg(data);
    run(reset)
}
