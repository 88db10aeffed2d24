//! Finds PostgreSQL's server programs on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The folder of PostgreSQL's server programs, and their version.
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
    /// Looks in `pg_config --bindir`, in `PATH`, and where Debian, Fedora, Alpine, Homebrew and Postgres.app install.
    ///
    /// # Errors
    /// There is none, or `BINDERY_PG_BIN` names a folder without the programs.
    pub fn find() -> Result<Self, Error> {
        if let Some(bin_dir) = env::var_os("BINDERY_PG_BIN").filter(|value| !value.is_empty()) {
            return Self::at(&bin_dir).map_err(Error::because("BINDERY_PG_BIN is of no use"));
        }
        let places = places();
        let found = places.iter().filter_map(|place| Self::at(place).ok());
        found.max_by_key(|installation| installation.version_number()).ok_or_else(|| not_found(&places))
    }

    /// The one in `bin_dir`.
    ///
    /// # Errors
    /// `postgres` or `initdb` is not there or cannot be run.
    pub fn at(bin_dir: impl Into<PathBuf>) -> Result<Self, Error> {
        let bin_dir = bin_dir.into();
        if let Some(missing) = ["postgres", "initdb"].iter().find(|name| !bin_dir.join(name).is_file()) {
            return Err(Error::new(format!("there is no `{missing}` in {}", bin_dir.display())));
        }
        let program = bin_dir.join("postgres");
        let output = Command::new(&program).arg("--version").output();
        let output = output.map_err(Error::because(format!("cannot run {}", program.display())))?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let major = numbers(&version).first().copied().ok_or_else(|| {
            Error::new(format!("`{} --version` names no version: {version:?}", program.display()))
        })?;
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

    /// The whole of `postgres --version`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    fn version_number(&self) -> Vec<u32> {
        numbers(&self.version)
    }
}

/// `[15, 18]` of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn numbers(version: &str) -> Vec<u32> {
    let word = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let digits = word.unwrap_or_default().split(|c: char| !c.is_ascii_digit());
    digits.map_while(|digits| digits.parse().ok()).collect()
}

fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = pg_config().into_iter().collect();
    if let Some(path) = env::var_os("PATH") {
        places.extend(env::split_paths(&path).filter(|folder| folder.join("postgres").is_file()));
    }
    places.extend(USUAL_PLACES.iter().flat_map(|place| matching(place)));
    places
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (!text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
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

fn not_found(searched: &[PathBuf]) -> Error {
    let mut looked: Vec<String> = vec!["pg_config --bindir".into(), "PATH".into()];
    looked.extend(USUAL_PLACES.iter().map(ToString::to_string));
    let seen: Vec<String> = searched.iter().map(|place| place.display().to_string()).collect();
    let seen =
        if seen.is_empty() { String::new() } else { format!(" (found, but of no use: {})", seen.join(", ")) };
    Error::new(format!(
        "no PostgreSQL server was found on this machine{seen}\n\
         looked in: {}\n\
         ways out: install PostgreSQL's server; or set BINDERY_PG_BIN to the folder of `postgres` and `initdb`; or set \
         BINDERY_DATABASE_URL to a server on which databases may be created; or commit a bindery.lock that fits the SQL",
        looked.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_every_packager() {
        assert_eq!(numbers("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), [15, 18]);
        assert_eq!(numbers("postgres (PostgreSQL) 18beta1"), [18]);
        assert_eq!(numbers("postgres (PostgreSQL) 17.5 (Homebrew)"), [17, 5]);
    }

    #[test]
    fn the_error_lists_the_ways_out() {
        let text = not_found(&[]).to_string();
        for way in ["/usr/lib/postgresql", "BINDERY_PG_BIN", "BINDERY_DATABASE_URL", "bindery.lock"] {
            assert!(text.contains(way), "{text}");
        }
    }

    #[test]
    fn a_folder_without_programs_is_no_installation() {
        let error = Installation::at("/").expect_err("no postgres at the root");
        assert_eq!(error.to_string(), "there is no `postgres` in /");
    }
}
