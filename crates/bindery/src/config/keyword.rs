//! libpq's keywords: what each is called in the environment, and what becomes of it here.
//!
//! The rules are those of section 34.1.2 of PostgreSQL's documentation.

use crate::error::{Error, Kind};

/// One keyword.
pub(super) struct Keyword {
    pub name: &'static str,
    pub variable: Option<&'static str>,
    pub fate: Fate,
}

/// What a value does.
pub(super) enum Fate {
    /// It is used.
    Used,
    /// Only the values that change nothing are taken; the reason says why.
    Only(&'static [&'static str], &'static str),
}

use Fate::{Only, Used};

const NO_GSS: &str = "GSSAPI is not supported";

pub(super) const KEYWORDS: [Keyword; 45] = [
    keyword("host", "PGHOST", Used),
    keyword("hostaddr", "PGHOSTADDR", Used),
    keyword("port", "PGPORT", Used),
    keyword("dbname", "PGDATABASE", Used),
    keyword("user", "PGUSER", Used),
    keyword("password", "PGPASSWORD", Used),
    keyword("passfile", "PGPASSFILE", Used),
    keyword("service", "PGSERVICE", Used),
    keyword("servicefile", "PGSERVICEFILE", Used),
    keyword("options", "PGOPTIONS", Used),
    keyword("application_name", "PGAPPNAME", Used),
    without_variable("fallback_application_name", Used),
    keyword("connect_timeout", "PGCONNECT_TIMEOUT", Used),
    keyword(
        "client_encoding",
        "PGCLIENTENCODING",
        Only(&["UTF8", "utf8", "utf-8", "UTF-8", "auto"], "text is UTF-8 in Rust"),
    ),
    without_variable("keepalives", Used),
    without_variable("keepalives_idle", Used),
    without_variable("keepalives_interval", Used),
    without_variable("keepalives_count", Used),
    // The driver's own name for it.
    without_variable("keepalives_retries", Used),
    without_variable("tcp_user_timeout", Used),
    keyword("sslmode", "PGSSLMODE", Used),
    keyword("sslnegotiation", "PGSSLNEGOTIATION", Used),
    keyword("sslrootcert", "PGSSLROOTCERT", Used),
    keyword("sslcert", "PGSSLCERT", Used),
    keyword("sslkey", "PGSSLKEY", Used),
    keyword("sslsni", "PGSSLSNI", Used),
    keyword("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Used),
    keyword("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Used),
    keyword("channel_binding", "PGCHANNELBINDING", Used),
    keyword("target_session_attrs", "PGTARGETSESSIONATTRS", Used),
    keyword("load_balance_hosts", "PGLOADBALANCEHOSTS", Used),
    without_variable("sslpassword", Only(&[], "keys with a pass phrase are not supported: decrypt the file")),
    keyword("sslcertmode", "PGSSLCERTMODE", Only(&["allow"], "a certificate is sent when the server asks")),
    keyword("sslcompression", "PGSSLCOMPRESSION", Only(&["0"], "TLS has no compression any more")),
    keyword("sslcrl", "PGSSLCRL", Only(&[], "revocation lists are not supported")),
    keyword("sslcrldir", "PGSSLCRLDIR", Only(&[], "revocation lists are not supported")),
    keyword("gssencmode", "PGGSSENCMODE", Only(&["disable", "prefer"], NO_GSS)),
    keyword("krbsrvname", "PGKRBSRVNAME", Only(&["postgres"], NO_GSS)),
    keyword("gsslib", "PGGSSLIB", Only(&["gssapi"], NO_GSS)),
    keyword("gssdelegation", "PGGSSDELEGATION", Only(&["0"], NO_GSS)),
    keyword("requirepeer", "PGREQUIREPEER", Only(&[], "the owner of a socket cannot be asked for")),
    keyword(
        "require_auth",
        "PGREQUIREAUTH",
        Only(&[], "methods cannot be chosen; TLS with verify-full names the server"),
    ),
    without_variable("replication", Only(&["false", "off", "no", "0"], "it is no connection for queries")),
    keyword("min_protocol_version", "PGMINPROTOCOLVERSION", Only(&["3.0"], "the driver speaks 3.0")),
    keyword(
        "max_protocol_version",
        "PGMAXPROTOCOLVERSION",
        Only(&["3.0", "latest"], "the driver speaks 3.0"),
    ),
];

const fn keyword(name: &'static str, variable: &'static str, fate: Fate) -> Keyword {
    Keyword { name, variable: Some(variable), fate }
}

const fn without_variable(name: &'static str, fate: Fate) -> Keyword {
    Keyword { name, variable: None, fate }
}

/// Looks a keyword up, and makes sure that its value can be what it says.
///
/// # Errors
/// There is no such keyword, or what it asks for is not supported.
pub(super) fn check(name: &str, value: &str) -> Result<&'static Keyword, Error> {
    let found = KEYWORDS.iter().find(|keyword| keyword.name == name);
    let Some(keyword) = found else {
        let near = KEYWORDS.iter().map(|keyword| keyword.name).find(|known| is_near(known, name));
        let help = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
        return Err(error(format!("unknown connection parameter `{name}`{help}")));
    };
    match keyword.fate {
        Only(values, reason) if !value.is_empty() && !values.contains(&value) => {
            Err(error(format!("the connection parameter `{name}={value}` cannot be kept: {reason}")))
        }
        Used | Only(..) => Ok(keyword),
    }
}

pub(super) fn error(message: impl Into<String>) -> Error {
    Error::new(Kind::Config(message.into()))
}

/// Whether one letter too many, too few or wrong, or a mark between words, is all that parts them.
fn is_near(known: &str, name: &str) -> bool {
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let (known, name) = (plain(known), plain(name));
    let same = known.bytes().zip(name.bytes()).take_while(|(one, two)| one == two).count();
    let (rest, other) = (&known[same..], &name[same..]);
    let ends = rest.bytes().rev().zip(other.bytes().rev()).take_while(|(one, two)| one == two).count();
    known.is_char_boundary(same) && rest.len().max(other.len()) - ends <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_kept_is_refused_and_what_changes_nothing_is_taken() {
        check("gssencmode", "prefer").unwrap();
        let error = check("gssencmode", "require").map(|_| ()).unwrap_err();
        let expected =
            "the connection parameter `gssencmode=require` cannot be kept: GSSAPI is not supported";
        assert_eq!(error.to_string(), expected);
        let error = check("ssl_mode", "require").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "unknown connection parameter `ssl_mode`: did you mean `sslmode`?");
        let error = check("nonsense", "1").map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "unknown connection parameter `nonsense`");
    }
}
