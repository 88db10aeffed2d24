//! One connection to the server: which host, with TLS or without, and whether it is one that will do.

use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio_postgres::config::{SslMode as DriverMode, SslNegotiation};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, CancelToken, Client, NoTls, SimpleQueryMessage, Socket};

use crate::config::{Config, Host, HostOrder, Settings, SslMode, TargetSessionAttrs, random_below};
use crate::error::{Error, Kind};
#[cfg(not(feature = "tls"))]
use crate::no_tls::{Tls, TlsStream};
#[cfg(feature = "tls")]
use crate::tls::{self, Tls, TlsStream};

/// The half that reads and writes.
pub(crate) type Wire = tokio_postgres::Connection<Socket, TlsStream>;

/// A new connection.
pub(crate) struct Connected {
    pub client: Client,
    pub connection: Wire,
    pub canceller: Canceller,
}

/// Cancels what a connection is doing.
pub(crate) struct Canceller {
    token: CancelToken,
    place: Place,
    tls: Tls,
}

/// Where a server is.
#[derive(Clone, Debug)]
enum Place {
    Tcp {
        name: String,
        address: IpAddr,
        port: u16,
    },
    #[cfg(unix)]
    Unix {
        folder: PathBuf,
        port: u16,
    },
}

/// Makes a connection to the first host that will do.
///
/// # Errors
/// None does; the error has what each said. Or the configuration cannot be kept.
pub(crate) async fn connect(config: &Config) -> Result<Connected, Error> {
    let settings = config.settings()?;
    let tls = tls_of(&settings)?;
    let mut hosts: Vec<&Host> = settings.hosts.iter().collect();
    if settings.order == HostOrder::Random {
        shuffle(&mut hosts);
    }
    let passes: &[TargetSessionAttrs] = match settings.target {
        TargetSessionAttrs::PreferStandby => &[TargetSessionAttrs::Standby, TargetSessionAttrs::Any],
        ref target => std::slice::from_ref(target),
    };
    let mut failures = Vec::new();
    for target in passes {
        failures.clear();
        for host in &hosts {
            match to_host(config, &settings, host, *target, &tls).await {
                Ok(connected) => return Ok(connected),
                Err(error) => failures.push((host.name.clone(), error)),
            }
        }
    }
    Err(Error::of_hosts(&failures))
}

#[cfg(feature = "tls")]
fn tls_of(settings: &Settings) -> Result<Tls, Error> {
    tls::make(&settings.ssl)
}

#[cfg(not(feature = "tls"))]
fn tls_of(settings: &Settings) -> Result<Tls, Error> {
    match settings.ssl.mode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => Ok(NoTls),
        _ => Err(Error::new(Kind::Config("TLS is asked for, and bindery's feature `tls` is off".to_owned()))),
    }
}

/// Tries each address of a host's name.
async fn to_host(
    config: &Config,
    settings: &Settings,
    host: &Host,
    target: TargetSessionAttrs,
    tls: &Tls,
) -> Result<Connected, Error> {
    let password = config.password_for(settings, host).await?;
    let mut places = match tokio::time::timeout(settings.connect_timeout, places(host)).await {
        Ok(places) => places?,
        Err(_) => return Err(Error::new(Kind::ConnectTimeout)),
    };
    if settings.order == HostOrder::Random {
        shuffle(&mut places);
    }
    let mut failure = Error::new(Kind::Connect);
    for place in places {
        let attempt = Attempt { settings, password: password.as_deref(), place: &place, target, tls };
        match tokio::time::timeout(settings.connect_timeout, attempt.make()).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => failure = error,
            Err(_) => failure = Error::new(Kind::ConnectTimeout),
        }
    }
    Err(failure)
}

/// The addresses of a host.
async fn places(host: &Host) -> Result<Vec<Place>, Error> {
    let (name, port) = (host.name.clone(), host.port);
    #[cfg(unix)]
    if name.starts_with('/') {
        return Ok(vec![Place::Unix { folder: PathBuf::from(name), port }]);
    }
    if let Some(address) = host.address {
        return Ok(vec![Place::Tcp { name, address, port }]);
    }
    let found = tokio::net::lookup_host((name.as_str(), port)).await;
    let found = found.map_err(|error| match is_name_service_down(&error) {
        true => Error::io(Kind::Connect, error),
        false => Error::io(Kind::HostUnknown(name.clone()), error),
    })?;
    let of_address =
        |address: std::net::SocketAddr| Place::Tcp { name: name.clone(), address: address.ip(), port };
    Ok(found.map(of_address).collect())
}

/// Whether nobody could be asked for a name just now, which says nothing of the name. The standard library keeps only the
/// words of EAI_AGAIN: glibc's and macOS', and musl's.
fn is_name_service_down(error: &io::Error) -> bool {
    let said = error.to_string();
    said.contains("Temporary failure in name resolution") || said.ends_with("Try again")
}

/// A connection that is to be made.
struct Attempt<'a> {
    settings: &'a Settings,
    password: Option<&'a str>,
    place: &'a Place,
    target: TargetSessionAttrs,
    tls: &'a Tls,
}

impl Attempt<'_> {
    /// As `sslmode` wants it: with TLS, without, or one after the other.
    async fn make(&self) -> Result<Connected, Error> {
        // TLS is of no use on a socket, and servers have none there.
        let mode = match self.place {
            Place::Tcp { .. } => self.settings.ssl.mode,
            #[cfg(unix)]
            Place::Unix { .. } => SslMode::Disable,
        };
        match mode {
            SslMode::Disable => self.with(DriverMode::Disable).await,
            SslMode::Allow => self.with_either(DriverMode::Disable, DriverMode::Require).await,
            SslMode::Prefer => self.with_either(DriverMode::Prefer, DriverMode::Disable).await,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                self.with(DriverMode::Require).await
            }
        }
    }

    /// The second way is for servers that do not let us in on the first.
    async fn with_either(&self, first: DriverMode, second: DriverMode) -> Result<Connected, Error> {
        match self.with(first).await {
            Err(error) if error.is_tls() || error.is_login_refused() => {
                // What is said of a way that is closed by rule or has no TLS says less than the other's refusal.
                self.with(second)
                    .await
                    .map_err(|other| if other.is_tls() || other.is_login_refused() { error } else { other })
            }
            outcome => outcome,
        }
    }

    async fn with(&self, mode: DriverMode) -> Result<Connected, Error> {
        let config = self.driver_config(mode);
        let connected = config.connect(self.tls.clone()).await;
        let (client, connection) = connected.map_err(|error| Error::because(Kind::Connect, error))?;
        let canceller =
            Canceller { token: client.cancel_token(), place: self.place.clone(), tls: self.tls.clone() };
        self.checked(Connected { client, connection, canceller }).await
    }

    fn driver_config(&self, mode: DriverMode) -> tokio_postgres::Config {
        let settings = self.settings;
        let mut config = tokio_postgres::Config::new();
        match self.place {
            Place::Tcp { name, address, port } => config.host(name).hostaddr(*address).port(*port),
            #[cfg(unix)]
            Place::Unix { folder, port } => config.host_path(folder).port(*port),
        };
        config.ssl_mode(mode).channel_binding(settings.channel_binding);
        if settings.ssl.is_direct && mode == DriverMode::Require {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        settings.user.as_ref().map(|user| config.user(user));
        settings.database.as_ref().map(|database| config.dbname(database));
        settings.options.as_ref().map(|options| config.options(options));
        settings.application_name.as_ref().map(|name| config.application_name(name));
        self.password.map(|password| config.password(password));
        config.connect_timeout(settings.connect_timeout).tcp_user_timeout(settings.tcp_user_timeout);
        config.keepalives(settings.keepalives.is_some());
        if let Some(keepalives) = settings.keepalives {
            // Without one the driver has two hours, as Linux has.
            keepalives.idle.map(|idle| config.keepalives_idle(idle));
            keepalives.interval.map(|interval| config.keepalives_interval(interval));
            keepalives.count.map(|count| config.keepalives_retries(count));
        }
        config
    }

    /// Whether the server is one that was asked for.
    async fn checked(&self, mut connected: Connected) -> Result<Connected, Error> {
        let sql = match self.target {
            TargetSessionAttrs::Any | TargetSessionAttrs::PreferStandby => return Ok(connected),
            TargetSessionAttrs::ReadWrite | TargetSessionAttrs::ReadOnly => "SHOW transaction_read_only",
            TargetSessionAttrs::Primary | TargetSessionAttrs::Standby => {
                "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'on' ELSE 'off' END"
            }
        };
        let is_on = ask(&mut connected, sql).await?.as_deref() == Some("on");
        let wants_on = matches!(self.target, TargetSessionAttrs::ReadOnly | TargetSessionAttrs::Standby);
        match is_on == wants_on {
            true => Ok(connected),
            false => Err(Error::new(Kind::OtherTarget(self.target))),
        }
    }
}

/// Moves a connection's bytes until `work` is done, for one that no session has; `told` is told what the server sends
/// besides. The error is none where the connection has ended and nothing says why.
pub(crate) async fn drive<T>(
    wire: &mut Wire,
    mut told: impl FnMut(AsyncMessage),
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Option<tokio_postgres::Error>> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(outcome) = work.as_mut().poll(cx) {
                return Poll::Ready(outcome.map_err(Some));
            }
            match wire.poll_message(cx) {
                Poll::Ready(Some(Ok(message))) => told(message),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(Some(error))),
                Poll::Ready(None) => return Poll::Ready(Err(None)),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await
}

/// Asks for one value.
async fn ask(connected: &mut Connected, sql: &str) -> Result<Option<String>, Error> {
    let answer = drive(&mut connected.connection, |_| {}, connected.client.simple_query(sql)).await;
    let answer = answer.map_err(|error| match error {
        Some(error) => Error::because(Kind::Connect, error),
        None => Error::new(Kind::ConnectionEnded),
    })?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

impl Canceller {
    /// Asks the server to cancel, and waits until it has passed that on: what is sent afterwards is not hit.
    pub async fn cancel(&self) -> Result<(), Error> {
        self.ask().await.map_err(|error| Error::io(Kind::Connect, error))
    }

    async fn ask(&self) -> io::Result<()> {
        match &self.place {
            Place::Tcp { name, address, port } => {
                let stream = TcpStream::connect((*address, *port)).await?.into_std()?;
                // Of the same socket, to see its end when the driver is done with it.
                let end = stream.try_clone()?;
                let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut self.tls.clone(), name);
                let tls = tls.map_err(io::Error::other)?;
                let asked = self.token.cancel_query_raw(TcpStream::from_std(stream)?, tls).await;
                asked.map_err(io::Error::other)?;
                until_closed(TcpStream::from_std(end)?).await
            }
            #[cfg(unix)]
            Place::Unix { folder, port } => {
                let path = folder.join(format!(".s.PGSQL.{port}"));
                let mut stream = tokio::net::UnixStream::connect(path).await?;
                self.token.cancel_query_raw(&mut stream, NoTls).await.map_err(io::Error::other)?;
                until_closed(stream).await
            }
        }
    }
}

/// The server closes the connection once the signal is sent.
async fn until_closed(mut stream: impl AsyncRead + Unpin) -> io::Result<()> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest).await {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error),
        _ => Ok(()),
    }
}

/// By chance.
fn shuffle<T>(list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, random_below(last + 1));
    }
}
