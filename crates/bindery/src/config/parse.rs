//! A libpq URL or keyword string, as a list of keywords with their values.

use std::collections::BTreeMap;

use super::keyword::{self, error};
use crate::error::Error;

/// Values by keyword.
pub(super) type Values = BTreeMap<&'static str, String>;

/// Reads either form, as libpq tells them apart.
///
/// # Errors
/// The text is neither, or has a keyword that cannot be kept.
pub(super) fn parse(text: &str) -> Result<Values, Error> {
    let url = ["postgresql://", "postgres://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    match url {
        Some(rest) => parse_url(rest),
        None => parse_keywords(text),
    }
}

/// `user:password@host:port,host:port/database?keyword=value&...` (section 34.1.1.2).
fn parse_url(rest: &str) -> Result<Values, Error> {
    let mut values = Values::new();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    put_decoded(&mut values, "user", user)?;
    put_decoded(&mut values, "password", password)?;
    put_decoded(&mut values, "dbname", database)?;
    let hosts = hosts.split(',').map(host_and_port).collect::<Result<Vec<_>, _>>()?;
    let join = |part: fn(&(String, String)) -> &str| hosts.iter().map(part).collect::<Vec<_>>().join(",");
    let (names, ports) = (join(|(host, _)| host), join(|(_, port)| port));
    for (name, list) in [("host", names), ("port", ports)] {
        if list.chars().any(|letter| letter != ',') {
            values.insert(name, list);
        }
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| error(format!("`{pair}` in the database URL has no value")))?;
        let (name, value) = (decode(name)?, decode(value)?);
        // An old form that JDBC has.
        match (name.as_str(), value.as_str()) {
            ("ssl", "true") => values.insert("sslmode", "require".to_owned()),
            _ => values.insert(keyword::check(&name, &value)?.name, value),
        };
    }
    Ok(values)
}

fn host_and_port(text: &str) -> Result<(String, String), Error> {
    // An IPv6 address stands in brackets.
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return Ok((address.to_owned(), rest.trim_start_matches(':').to_owned()));
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    Ok((decode(host)?, port.to_owned()))
}

fn put_decoded(values: &mut Values, name: &'static str, text: &str) -> Result<(), Error> {
    if !text.is_empty() {
        values.insert(name, decode(text)?);
    }
    Ok(())
}

/// Percent encoding.
fn decode(text: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|byte| *byte != 0);
        bytes.push(byte.ok_or_else(|| error("the database URL has a `%` without two hexadecimal digits"))?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| error("the database URL is not UTF-8 once decoded"))
}

/// `host=localhost password='it''s'` with backslashes before quotes (section 34.1.1.1).
fn parse_keywords(text: &str) -> Result<Values, Error> {
    let mut values = Values::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, tail) = rest.split_once('=').ok_or_else(|| {
            error("the database URL cannot be read: it is no URL that begins with `postgresql://`, and a keyword has no `=`")
        })?;
        let (value, tail) = value(tail.trim_start())?;
        let name = keyword::check(name.trim(), &value)?.name;
        values.insert(name, value);
        rest = tail.trim_start();
    }
    Ok(values)
}

/// The value that stands first, and what follows it.
fn value(text: &str) -> Result<(String, &str), Error> {
    let is_quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut letters = text.char_indices().skip(usize::from(is_quoted));
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            '\'' if is_quoted => return Ok((value, &text[at + 1..])),
            _ if !is_quoted && letter.is_whitespace() => return Ok((value, &text[at..])),
            _ => value.push(letter),
        }
    }
    match is_quoted {
        true => Err(error("a quoted value has no end")),
        false => Ok((value, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let values = parse(text).unwrap();
        values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn urls_are_read_as_libpq_reads_them() {
        for (url, expected) in [
            ("postgresql://", ""),
            ("postgresql://localhost", "host=localhost"),
            ("postgresql://localhost:5433", "host=localhost port=5433"),
            ("postgresql://localhost/mydb", "dbname=mydb host=localhost"),
            ("postgresql://user:secret@localhost", "host=localhost password=secret user=user"),
            (
                "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
                "application_name=myapp connect_timeout=10 dbname=otherdb host=localhost user=other",
            ),
            (
                "postgresql://host1:123,host2:456/somedb?target_session_attrs=any",
                "dbname=somedb host=host1,host2 port=123,456 target_session_attrs=any",
            ),
            ("postgresql:///mydb?host=localhost&port=5433", "dbname=mydb host=localhost port=5433"),
            ("postgresql://[2001:db8::1234]/database", "dbname=database host=2001:db8::1234"),
            ("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", "dbname=dbname host=/var/lib/postgresql"),
            ("postgres://u%40x:p%3Aw@h/d%20b", "dbname=d b host=h password=p:w user=u@x"),
            ("postgresql://h/d?ssl=true", "dbname=d host=h sslmode=require"),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }

    #[test]
    fn keyword_strings_are_read_as_libpq_reads_them() {
        for (text, expected) in [
            (
                "host=localhost port=5432 dbname=mydb connect_timeout=10",
                "connect_timeout=10 dbname=mydb host=localhost port=5432",
            ),
            (r"password='it\'s' user = ''", "password=it's user="),
            (r"user=a\ b host='c d'", "host=c d user=a b"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, expected) in [
            ("postgresql://h/d?nonsense=1", "unknown connection parameter `nonsense`"),
            ("postgresql://h/%4", "the database URL has a `%` without two hexadecimal digits"),
            ("postgresql://h/d?sslmode", "`sslmode` in the database URL has no value"),
            ("host='h", "a quoted value has no end"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
    }
}
