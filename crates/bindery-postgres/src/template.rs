//! The initdb'ed cluster that running ones are copied from, so that only the first build pays for initdb.
//!
//! It holds two databases: `template1`, which others are made from, and `bindery`, which the first caller gets.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::Error;
use crate::folder::Folder;
use crate::installation::Installation;
use crate::user::{User, own_uid};

/// Part of the cache's key: raise it when a template is made in another way.
const LAYOUT: u32 = 1;

/// The database that is there from the start.
pub(crate) const FIRST_DATABASE: &str = "bindery";

/// The superuser of every temporary cluster.
pub(crate) const SUPERUSER: &str = "postgres";

/// Run by a single-user server; `template0` is not needed, and each database less is 7 MB less to copy.
const TRIM: &str = "\
UPDATE pg_database SET datistemplate = false WHERE datname = 'template0';
DROP DATABASE template0;
ALTER DATABASE postgres RENAME TO bindery;
";

/// Copies a fresh cluster to `folder.data()`.
///
/// # Errors
/// initdb fails, or the disk does.
pub(crate) fn instantiate(
    installation: &Installation,
    user: Option<User>,
    folder: &Folder,
) -> Result<(), Error> {
    let data = folder.data();
    let copied = cached(installation, user).and_then(|template| {
        copy(&template, &data).map_err(Error::because("cannot copy the cached cluster"))
    });
    if copied.is_err() {
        // A cache that cannot be used costs time, not the build.
        let _ = fs::remove_dir_all(&data);
        return initialise(installation, user, &data);
    }
    match user {
        Some(user) => user.own(&data).map_err(Error::because("cannot hand the cluster to its user")),
        None => Ok(()),
    }
}

/// The template's folder, made now if it is missing or damaged.
fn cached(installation: &Installation, user: Option<User>) -> Result<PathBuf, Error> {
    let cache = cache_folder()?;
    let template = cache.join(format!("cluster-{}-{LAYOUT}", file_name(installation.version())));
    if is_whole(&template) {
        return Ok(template);
    }
    let lock = File::create(cache.join("lock")).map_err(Error::because("cannot write to the cache"))?;
    lock.lock().map_err(Error::because("cannot lock the cache"))?;
    if !is_whole(&template) {
        let scratch = Folder::create(user)?;
        initialise(installation, user, &scratch.data())?;
        let unfinished = cache.join("unfinished");
        let _ = fs::remove_dir_all(&unfinished);
        let _ = fs::remove_dir_all(&template);
        let stored = copy(&scratch.data(), &unfinished).and_then(|()| fs::rename(&unfinished, &template));
        stored.map_err(Error::because("cannot store the cluster in the cache"))?;
    }
    Ok(template)
}

/// `global/pg_control` is the last file that the copy makes.
fn is_whole(template: &Path) -> bool {
    template.join("PG_VERSION").is_file() && template.join("global/pg_control").is_file()
}

/// Runs initdb and trims the result.
fn initialise(installation: &Installation, user: Option<User>, data: &Path) -> Result<(), Error> {
    let mut initdb = Command::new(installation.bin_dir().join("initdb"));
    initdb.args(["--no-sync", "--no-instructions", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    initdb.args(["--wal-segsize=1", "--username", SUPERUSER, "--pgdata"]).arg(data).stdin(Stdio::null());
    run(initdb, user, data)?;
    let trim = data.with_extension("sql");
    fs::write(&trim, TRIM).map_err(Error::because("cannot write to the temporary folder"))?;
    let input = File::open(&trim).map_err(Error::because("cannot read the temporary folder"))?;
    let mut single = Command::new(installation.bin_dir().join("postgres"));
    single.args(["--single", "-D"]).arg(data).args(["-c", "fsync=off", "template1"]).stdin(input);
    run(single, user, data)
}

fn run(mut command: Command, user: Option<User>, data: &Path) -> Result<(), Error> {
    if let Some(user) = user {
        user.apply(&mut command);
    }
    // The caller's own folder may be closed to the server's user.
    command.current_dir(data.parent().unwrap_or(data)).env("LC_ALL", "C");
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(Error::because(format!(
        "cannot run {program}; if this user may not become another, set BINDERY_DATABASE_URL"
    )))?;
    if output.status.success() { Ok(()) } else { Err(failed(&program, &output)) }
}

fn failed(program: &str, output: &Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    Error::new(format!("{program} failed ({}): {}", output.status, said.trim()))
}

/// Copies a folder; `global` last, so that a copy that was cut off is seen to be none.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    let mut entries: Vec<_> = fs::read_dir(from)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(|entry| entry.file_name() == "global" || entry.file_name() == "pg_control");
    for entry in entries {
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// `BINDERY_CACHE_DIR`, else the user's cache folder, else one among temporary files.
fn cache_folder() -> Result<PathBuf, Error> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let candidates = [
        variable("BINDERY_CACHE_DIR"),
        variable("XDG_CACHE_HOME").map(|folder| folder.join("bindery")),
        variable("HOME").map(|folder| folder.join(".cache/bindery")),
        Some(env::temp_dir().join(format!("bindery-cache-{}", own_uid()))),
    ];
    let usable = |folder: &PathBuf| {
        fs::create_dir_all(folder).is_ok() && is_own(folder) && File::create(folder.join("lock")).is_ok()
    };
    let mut folders = candidates.into_iter().flatten();
    folders
        .find(usable)
        .ok_or_else(|| Error::new("no cache folder can be written to: set BINDERY_CACHE_DIR to one that can"))
}

/// A cluster that another user wrote is not to be trusted.
fn is_own(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).is_ok_and(|meta| meta.uid() == own_uid())
}

fn file_name(version: &str) -> String {
    version.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}
