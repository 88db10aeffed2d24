//! What the keywords of a configuration mean.

use std::env;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::environment::{Variable, complete, password_file};
use super::keyword::error;
use super::parse::Values;
use crate::error::Error;

/// Everything that a connection needs to know.
#[derive(Clone)]
pub(crate) struct Settings {
    pub hosts: Vec<Host>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub password_file: Option<PathBuf>,
    pub database: Option<String>,
    pub options: Option<String>,
    pub application_name: Option<String>,
    /// For each host.
    pub connect_timeout: Duration,
    pub keepalives: Option<Keepalives>,
    pub tcp_user_timeout: Duration,
    pub ssl: SslSettings,
    pub channel_binding: tokio_postgres::config::ChannelBinding,
    pub target: TargetSessionAttrs,
    pub order: HostOrder,
}

/// One of the servers that may be connected to.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// A name, an address, or the folder of a socket.
    pub name: String,
    /// Spares looking the name up.
    pub address: Option<IpAddr>,
    pub port: u16,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Keepalives {
    pub idle: Duration,
    pub interval: Duration,
    pub count: u32,
}

#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "tls"), allow(dead_code))]
pub(crate) struct SslSettings {
    pub mode: SslMode,
    pub is_direct: bool,
    /// `system`, or a file.
    pub root_cert: Option<String>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub sni: bool,
    pub min_version: Option<TlsVersion>,
    pub max_version: Option<TlsVersion>,
}

/// libpq's `sslmode`: section 34.19.1 of PostgreSQL's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never with TLS.
    Disable,
    /// Without TLS, and with it if the server does not let us in.
    Allow,
    /// With TLS if the server has it, else without. The default.
    Prefer,
    /// With TLS. The certificate is looked at only if there is a file of roots, as in
    /// [`VerifyCa`](Self::VerifyCa).
    Require,
    /// With TLS, and a certificate that one of the roots has signed.
    VerifyCa,
    /// The same, and the certificate names the host. What a connection over a network should have.
    VerifyFull,
}

/// libpq's `target_session_attrs`: which of several hosts will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetSessionAttrs {
    /// Any that lets us in.
    #[default]
    Any,
    /// One where sessions can write.
    ReadWrite,
    /// One where sessions cannot write by default.
    ReadOnly,
    /// One that is no standby.
    Primary,
    /// A standby.
    Standby,
    /// A standby, or any if there is none.
    PreferStandby,
}

/// In which order several hosts are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostOrder {
    AsGiven,
    Random,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TlsVersion {
    V1_2,
    V1_3,
}

/// How long a host may take, if nothing is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Settings {
    /// Reads `values`, and what they leave open from the environment.
    ///
    /// # Errors
    /// A value is none that its keyword can have.
    pub fn read(values: &Values, variable: Variable<'_>) -> Result<Self, Error> {
        let mut values = values.clone();
        complete(&mut values, variable)?;
        let values = Reader(&values);
        let seconds = |name, default: u64| -> Result<Duration, Error> {
            Ok(Duration::from_secs(values.number(name)?.unwrap_or(default)))
        };
        let keepalives = match values.number::<u8>("keepalives")? {
            Some(0) => None,
            _ => Some(Keepalives {
                // A peer that is gone is noticed after a minute, and not after the two hours of the kernel's default.
                idle: seconds("keepalives_idle", 30)?,
                interval: seconds("keepalives_interval", 10)?,
                count: values
                    .number("keepalives_count")?
                    .or(values.number("keepalives_retries")?)
                    .unwrap_or(3),
            }),
        };
        let application_name = values.text("application_name").or(values.text("fallback_application_name"));
        Ok(Self {
            hosts: values.hosts()?,
            user: values.text("user"),
            password: values.text("password"),
            password_file: password_file(values.0, variable),
            database: values.text("dbname"),
            options: values.text("options"),
            application_name,
            connect_timeout: match values.number::<i64>("connect_timeout")? {
                // No limit, says libpq; a year is none.
                Some(..=0) => Duration::from_secs(365 * 24 * 60 * 60),
                Some(limit) => Duration::from_secs(limit.unsigned_abs()),
                None => CONNECT_TIMEOUT,
            },
            keepalives,
            tcp_user_timeout: Duration::from_millis(values.number("tcp_user_timeout")?.unwrap_or(30_000)),
            ssl: values.ssl(variable)?,
            channel_binding: values.choice("channel_binding", &CHANNEL_BINDINGS)?,
            target: values.choice("target_session_attrs", &TARGETS)?,
            order: values.choice("load_balance_hosts", &ORDERS)?,
        })
    }
}

const CHANNEL_BINDINGS: [(&str, tokio_postgres::config::ChannelBinding); 3] = [
    ("prefer", tokio_postgres::config::ChannelBinding::Prefer),
    ("disable", tokio_postgres::config::ChannelBinding::Disable),
    ("require", tokio_postgres::config::ChannelBinding::Require),
];

const TARGETS: [(&str, TargetSessionAttrs); 6] = [
    ("any", TargetSessionAttrs::Any),
    ("read-write", TargetSessionAttrs::ReadWrite),
    ("read-only", TargetSessionAttrs::ReadOnly),
    ("primary", TargetSessionAttrs::Primary),
    ("standby", TargetSessionAttrs::Standby),
    ("prefer-standby", TargetSessionAttrs::PreferStandby),
];

const ORDERS: [(&str, HostOrder); 2] = [("disable", HostOrder::AsGiven), ("random", HostOrder::Random)];

const SSL_MODES: [(&str, SslMode); 6] = [
    ("prefer", SslMode::Prefer),
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const VERSIONS: [(&str, Option<TlsVersion>); 5] = [
    ("", None),
    ("TLSv1", None),
    ("TLSv1.1", None),
    ("TLSv1.2", Some(TlsVersion::V1_2)),
    ("TLSv1.3", Some(TlsVersion::V1_3)),
];

impl SslMode {
    /// As `sslmode` has it.
    pub(super) fn word(self) -> &'static str {
        let found = SSL_MODES.iter().find(|(_, mode)| *mode == self);
        found.map(|(word, _)| *word).expect("each is in the list")
    }
}

impl TargetSessionAttrs {
    /// As `target_session_attrs` has it.
    pub(super) fn word(self) -> &'static str {
        let found = TARGETS.iter().find(|(_, target)| *target == self);
        found.map(|(word, _)| *word).expect("each is in the list")
    }

    /// What a server has to be.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Any => "one at all",
            Self::ReadWrite => "one where sessions can write",
            Self::ReadOnly => "one where sessions can only read",
            Self::Primary => "a primary",
            Self::Standby | Self::PreferStandby => "a standby",
        }
    }
}

struct Reader<'v>(&'v Values);

impl Reader<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.trim().parse();
        number.map(Some).map_err(|_| error(format!("`{name}={value}` is no number that it can be")))
    }

    /// The first choice is the default.
    fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<T, Error> {
        let Some(value) = self.get(name) else { return Ok(choices[0].1) };
        let found = choices.iter().find(|(word, _)| *word == value);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<&str> =
                choices.iter().map(|(word, _)| *word).filter(|word| !word.is_empty()).collect();
            error(format!("`{name}={value}` is none of {}", words.join(", ")))
        })
    }

    /// One host for each name or address, with a port for each or one for all (section 34.1.1.3).
    fn hosts(&self) -> Result<Vec<Host>, Error> {
        let list = |name| self.get(name).map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
        let count = names.as_ref().or(addresses.as_ref()).map_or(1, Vec::len);
        if let (Some(names), Some(addresses)) = (&names, &addresses)
            && names.len() != addresses.len()
        {
            return Err(error(format!(
                "{} host names do not fit {} `hostaddr`s",
                names.len(),
                addresses.len()
            )));
        }
        let ports = ports.unwrap_or_else(|| vec![String::new()]);
        if ports.len() != 1 && ports.len() != count {
            return Err(error(format!("{} ports do not fit {count} hosts", ports.len())));
        }
        let nth = |list: &Option<Vec<String>>, index: usize| {
            list.as_ref().and_then(|list| list.get(index)).filter(|value| !value.is_empty()).cloned()
        };
        (0..count)
            .map(|index| {
                let address = nth(&addresses, index);
                let address = address.map(|address| {
                    let parsed = address.parse();
                    parsed.map_err(|_| error(format!("`hostaddr={address}` is no address")))
                });
                let address: Option<IpAddr> = address.transpose()?;
                let port = ports.get(index).unwrap_or(&ports[0]).trim();
                let port = match port {
                    "" => 5432,
                    _ => port.parse().map_err(|_| error(format!("`port={port}` is no port")))?,
                };
                let name = nth(&names, index).or_else(|| address.map(|address| address.to_string()));
                Ok(Host { name: name.unwrap_or_else(default_host), address, port })
            })
            .collect()
    }

    fn ssl(&self, variable: Variable<'_>) -> Result<SslSettings, Error> {
        let folder = variable("HOME").map(|home| PathBuf::from(home).join(".postgresql"));
        let usual = |name: &str| folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
        let file = |keyword, name| self.get(keyword).map(PathBuf::from).or_else(|| usual(name));
        let root_cert = self.text("sslrootcert");
        let mut mode = self.choice("sslmode", &SSL_MODES)?;
        if root_cert.as_deref() == Some("system") && self.get("sslmode").is_none() {
            mode = SslMode::VerifyFull;
        }
        if root_cert.as_deref() == Some("system") && mode < SslMode::VerifyFull {
            return Err(error(
                "`sslrootcert=system` needs `sslmode=verify-full`: anyone may have such a certificate",
            ));
        }
        let root_cert = root_cert.or_else(|| usual("root.crt").map(|path| path.display().to_string()));
        if mode >= SslMode::VerifyCa && root_cert.is_none() {
            return Err(error(format!(
                "`sslmode={}` needs a root certificate: give its file with `sslrootcert`, or `system` for those of the system",
                mode.word()
            )));
        }
        let is_direct = self.choice("sslnegotiation", &[("postgres", false), ("direct", true)])?;
        if is_direct && mode < SslMode::Require {
            return Err(error("`sslnegotiation=direct` needs `sslmode=require` or more"));
        }
        Ok(SslSettings {
            mode,
            is_direct,
            root_cert,
            cert: file("sslcert", "postgresql.crt"),
            key: file("sslkey", "postgresql.key"),
            sni: self.choice("sslsni", &[("1", true), ("0", false)])?,
            min_version: self.choice("ssl_min_protocol_version", &VERSIONS)?,
            max_version: self.choice("ssl_max_protocol_version", &VERSIONS)?,
        })
    }
}

/// The usual folders of a socket, else the network.
fn default_host() -> String {
    let folders = ["/var/run/postgresql", "/tmp"];
    let found = folders.into_iter().find(|folder| Path::new(folder).join(".s.PGSQL.5432").exists());
    found.unwrap_or("localhost").to_owned()
}

/// The environment of this process.
pub(super) fn process_variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn read(text: &str) -> Result<Settings, Error> {
        Settings::read(&parse(text).unwrap(), &|_| None)
    }

    #[test]
    fn hosts_have_a_port_each_or_one_for_all() {
        let hosts = |text| {
            let hosts = read(text).unwrap().hosts;
            hosts.iter().map(|host| format!("{}:{}", host.name, host.port)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(hosts("postgresql://a:1,b:2/d"), "a:1 b:2");
        assert_eq!(hosts("host=a,b,c port=7"), "a:7 b:7 c:7");
        assert_eq!(hosts("host=a,b port=,7"), "a:5432 b:7");
        assert_eq!(hosts("hostaddr=::1"), "::1:5432");
        for (text, message) in [
            ("host=a,b port=1,2,3", "3 ports do not fit 2 hosts"),
            ("host=a,b hostaddr=127.0.0.1", "2 host names do not fit 1 `hostaddr`s"),
            ("host=a port=x", "`port=x` is no port"),
            ("hostaddr=a", "`hostaddr=a` is no address"),
        ] {
            assert_eq!(read(text).err().unwrap().to_string(), message);
        }
    }

    #[test]
    fn values_that_do_not_fit_are_told() {
        for (text, message) in [
            ("sslmode=on", "`sslmode=on` is none of prefer, disable, allow, require, verify-ca, verify-full"),
            ("connect_timeout=soon", "`connect_timeout=soon` is no number that it can be"),
            (
                "sslmode=verify-full",
                "`sslmode=verify-full` needs a root certificate: give its file with `sslrootcert`, or `system` for those of the system",
            ),
            (
                "sslrootcert=system sslmode=require",
                "`sslrootcert=system` needs `sslmode=verify-full`: anyone may have such a certificate",
            ),
            ("sslnegotiation=direct", "`sslnegotiation=direct` needs `sslmode=require` or more"),
        ] {
            assert_eq!(read(text).err().unwrap().to_string(), message);
        }
        assert_eq!(read("sslrootcert=system").unwrap().ssl.mode, SslMode::VerifyFull);
    }
}
