//! What a URL leaves open: the service file, the variables of the environment, the password file.

use std::fs;
use std::path::{Path, PathBuf};

use super::keyword::{self, KEYWORDS, error};
use super::parse::Values;
use crate::error::Error;

/// Looks a variable up.
pub(super) type Variable<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Adds what `values` do not say: first from the service that they or the environment name, then from the environment.
///
/// # Errors
/// The service is in no file, or a value cannot be kept.
pub(super) fn complete(values: &mut Values, variable: Variable<'_>) -> Result<(), Error> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(service) = values.get("service").cloned().or_else(|| variable("PGSERVICE")) {
        let asked = values.get("servicefile").cloned().or_else(|| variable("PGSERVICEFILE"));
        let own =
            asked.map(PathBuf::from).or_else(|| home(&variable).map(|home| home.join(".pg_service.conf")));
        let common = variable("PGSYSCONFDIR").map(|folder| PathBuf::from(folder).join("pg_service.conf"));
        let found = own.iter().chain(common.iter()).find_map(|path| service_in(path, &service).transpose());
        let found =
            found.ok_or_else(|| error(format!("the service `{service}` is in no service file")))??;
        for (name, value) in found {
            values.entry(name).or_insert(value);
        }
    }
    for keyword in &KEYWORDS {
        let Some(value) = keyword.variable.and_then(variable) else { continue };
        if !values.contains_key(keyword.name) {
            values.insert(keyword::check(keyword.name, &value)?.name, value);
        }
    }
    Ok(())
}

fn home(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// The section of a service (section 34.17).
fn service_in(path: &Path, service: &str) -> Result<Option<Values>, Error> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut section = lines.skip_while(|line| *line != format!("[{service}]"));
    if section.next().is_none() {
        return Ok(None);
    }
    let mut values = Values::new();
    for line in section.take_while(|line| !line.starts_with('[')) {
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| error(format!("`{line}` in {} has no `=`", path.display())))?;
        values.insert(keyword::check(name.trim(), value.trim())?.name, value.trim().to_owned());
    }
    Ok(Some(values))
}

/// The password file: what is said there, or `~/.pgpass`.
pub(super) fn password_file(values: &Values, variable: Variable<'_>) -> Option<PathBuf> {
    let own = || home(&variable).map(|home| home.join(".pgpass"));
    values.get("passfile").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(own)
}

/// Who asks for a password.
pub(crate) struct Login<'l> {
    /// `localhost` for a socket in its usual folder.
    pub host: &'l str,
    pub port: u16,
    pub database: &'l str,
    pub user: &'l str,
}

/// The password of the first line that fits: `hostname:port:database:username:password`, with `*` for any, and a backslash
/// before `:` and `\` (section 34.16). A file that others may read is not used, as libpq does not use it.
pub(crate) fn password_from(path: &Path, login: &Login<'_>) -> Option<String> {
    if is_open_to_others(path) {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let wanted = [login.host, &login.port.to_string(), login.database, login.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [first @ .., password] = fields.as_slice() else { return None };
        let fits = |(field, wanted): (&String, &&str)| field == "*" || field == wanted;
        (first.len() == 4 && first.iter().zip(&wanted).all(fits)).then(|| password.clone())
    })
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if fields.len() < 5 => fields.push(String::new()),
            _ => {
                let letter = if letter == '\\' { letters.next() } else { Some(letter) };
                fields.last_mut().expect("it begins with one").extend(letter);
            }
        }
    }
    fields
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).is_ok_and(|file| file.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("bindery-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    #[test]
    fn what_is_said_wins_over_the_service_and_that_over_the_environment() {
        let path =
            file("service", "# ours\n[other]\nhost=o\n[ours]\nhost=s\nport = 7\nuser=s\n\n[last]\nuser=l\n");
        let variable = |name: &str| match name {
            "PGSERVICEFILE" => Some(path.display().to_string()),
            "PGUSER" | "PGDATABASE" => Some("environment".to_owned()),
            "PGPORT" => Some(String::new()),
            _ => None,
        };
        let mut values = Values::from([("service", "ours".to_owned()), ("host", "said".to_owned())]);
        complete(&mut values, &variable).unwrap();
        let got = ["host", "port", "user", "dbname"].map(|name| values[name].as_str());
        assert_eq!(got, ["said", "7", "s", "environment"]);
        let error = complete(&mut Values::from([("service", "none".to_owned())]), &variable).unwrap_err();
        assert_eq!(error.to_string(), "the service `none` is in no service file");
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_password_is_that_of_the_first_line_that_fits() {
        let path =
            file("pgpass", "# h:*:*:*:no\nh:1:*:*:other port\nh:5432:d\\:b:u:p\\:w\\\\:x\n*:*:*:*:any\n");
        let login = |host, database| Login { host, port: 5432, database, user: "u" };
        assert_eq!(password_from(&path, &login("h", "d:b")).unwrap(), r"p:w\:x");
        assert_eq!(password_from(&path, &login("else", "d")).unwrap(), "any");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(password_from(&path, &login("h", "d:b")), None, "others may read it");
        fs::remove_file(path).unwrap();
    }
}
