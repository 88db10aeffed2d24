//! Finds PostgreSQL's server programs on this machine.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::server::OLDEST;

/// The folder of PostgreSQL's server programs, and their version; 13 or newer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    bin_dir: PathBuf,
    version: String,
    major: u32,
}

/// Where packages put the programs; `*` stands for any name.
const USUAL_PLACES: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
    "/usr/pgsql-*/bin",                   // Fedora, RHEL
    "/usr/libexec/postgresql*",           // Alpine
    "/opt/homebrew/opt/postgresql@*/bin", // Homebrew on Apple silicon
    "/usr/local/opt/postgresql@*/bin",    // Homebrew on Intel
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin", // built from source
];

impl Installation {
    /// The newest one on this machine; `BINDERY_PG_BIN`, a folder, wins over all.
    ///
    /// Looks in `PATH` and where Debian, Fedora, Alpine, Homebrew and Postgres.app install; asks `pg_config` if there is none.
    ///
    /// # Errors
    /// There is none, or `BINDERY_PG_BIN` names a folder without the programs.
    pub fn find() -> Result<Self, Error> {
        if let Some(bin_dir) = env::var_os("BINDERY_PG_BIN").filter(|value| !value.is_empty()) {
            return Self::at(&bin_dir).map_err(Error::because("BINDERY_PG_BIN is of no use"));
        }
        let (found, useless): (Vec<_>, Vec<_>) = places().into_iter().map(Self::at).partition(Result::is_ok);
        let newest = found.into_iter().flatten().max_by_key(Self::version_number);
        newest.ok_or_else(|| not_found(useless.into_iter().filter_map(Result::err)))
    }

    /// The one in `bin_dir`.
    ///
    /// # Errors
    /// `postgres` or `initdb` is not there or cannot be run, or is older than 13.
    pub fn at(bin_dir: impl Into<PathBuf>) -> Result<Self, Error> {
        let bin_dir = bin_dir.into();
        // The programs run in another folder.
        let bin_dir = path::absolute(&bin_dir).unwrap_or(bin_dir);
        if let Some(missing) = ["postgres", "initdb"].iter().find(|name| !bin_dir.join(name).is_file()) {
            return Err(Error::new(format!("there is no `{missing}` in {}", bin_dir.display())));
        }
        let version = version(&bin_dir)?;
        let major = numbers(&version).first().copied().ok_or_else(|| {
            Error::new(format!("the programs in {} name no version: {version:?}", bin_dir.display()))
        })?;
        if major < OLDEST {
            return Err(Error::new(format!(
                "PostgreSQL {major} in {} is too old: install {OLDEST} or newer",
                bin_dir.display()
            )));
        }
        Ok(Self { bin_dir, version, major })
    }

    /// The folder that holds `postgres` and `initdb`.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// The major version, such as 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The version with the packager's words, such as `15.18 (Debian 15.18-0+deb12u1)`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    fn version_number(&self) -> Vec<u32> {
        numbers(&self.version)
    }
}

/// What follows `(PostgreSQL) `. All programs of one version say the same; `pg_ctl` says it in 2 ms, `postgres` in 10.
fn version(bin_dir: &Path) -> Result<String, Error> {
    let ask = |name: &str| Command::new(bin_dir.join(name)).arg("--version").stdin(Stdio::null()).output();
    let answer = ask("pg_ctl").or_else(|_| ask("postgres"));
    let answer = answer.map_err(Error::because(format!("cannot run `postgres` in {}", bin_dir.display())))?;
    let text = String::from_utf8_lossy(&answer.stdout);
    Ok(text.split_once("(PostgreSQL)").map_or("", |(_, version)| version).trim().to_owned())
}

/// `[15, 18]` of `15.18 (Debian 15.18-0+deb12u1)`, `[18]` of `18beta1`.
fn numbers(version: &str) -> Vec<u32> {
    let word = version.split_whitespace().next().unwrap_or_default();
    let digits = word.split(|c: char| !c.is_ascii_digit());
    digits.map_while(|digits| digits.parse().ok()).collect()
}

/// The folders with a server, each once, however many links lead there.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> =
        env::var_os("PATH").iter().flat_map(env::split_paths).filter(|place| place.is_absolute()).collect();
    places.extend(USUAL_PLACES.iter().flat_map(|place| matching(place)));
    let mut found = real_places(places);
    if found.is_empty() {
        // Asked last: it takes 5 ms on Debian, where it is a script, and seldom knows another place.
        found = real_places(pg_config());
    }
    found
}

fn real_places(places: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    places.into_iter().filter_map(|place| real(&place)).filter(|place| seen.insert(place.clone())).collect()
}

/// The folder that `postgres` in this one is a link into, if it is one, since all the other programs are there.
fn real(place: &Path) -> Option<PathBuf> {
    let program = fs::canonicalize(place.join("postgres")).ok()?;
    let folder = program.parent()?;
    Some(if folder.join("initdb").is_file() { folder } else { place }.to_owned())
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim())).filter(|place| place.is_absolute())
}

/// The folders that a pattern with at most one `*` stands for.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![pattern.into()] };
    let (folder, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names = names.filter(|name| name.starts_with(prefix));
    names.map(|name| PathBuf::from(format!("{folder}/{name}{after}"))).collect()
}

fn not_found(useless: impl Iterator<Item = Error>) -> Error {
    let useless: String = useless.map(|error| format!("\nfound, but of no use: {error:?}")).collect();
    Error::new(format!(
        "no PostgreSQL server was found on this machine{useless}\n\
         looked in: PATH, {}, `pg_config --bindir`\n\
         ways out: install PostgreSQL's server; or set BINDERY_PG_BIN to the folder of `postgres` and `initdb`; or set \
         BINDERY_DATABASE_URL to a server on which databases may be created; or commit a bindery.lock that fits the SQL",
        USUAL_PLACES.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_every_packager() {
        assert_eq!(numbers("15.18 (Debian 15.18-0+deb12u1)"), [15, 18]);
        assert_eq!(numbers("18beta1"), [18]);
        assert_eq!(numbers("17.5 (Homebrew)"), [17, 5]);
    }

    #[test]
    fn the_error_lists_the_ways_out() {
        let text = not_found([Error::new("of no use")].into_iter()).to_string();
        for way in
            ["/usr/lib/postgresql", "BINDERY_PG_BIN", "BINDERY_DATABASE_URL", "bindery.lock", "of no use"]
        {
            assert!(text.contains(way), "{text}");
        }
    }

    #[test]
    fn a_folder_without_programs_is_no_installation() {
        let error = Installation::at("/").expect_err("no postgres at the root");
        assert_eq!(error.to_string(), "there is no `postgres` in /");
    }
}
