//! One connection to the server.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_postgres::config::Host;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{CancelToken, Client, NoTls, Socket};

use crate::config::Config;
use crate::error::{Error, Kind};

/// The half that reads and writes.
pub(crate) type Wire = tokio_postgres::Connection<Socket, NoTlsStream>;

/// A new connection.
pub(crate) struct Connected {
    pub client: Client,
    pub connection: Wire,
    pub canceller: Canceller,
}

/// Cancels what a connection is doing.
pub(crate) struct Canceller {
    token: CancelToken,
    address: Address,
}

/// Where the server is.
#[derive(Clone, Debug)]
enum Address {
    Tcp(String, u16),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Canceller {
    /// Asks the server to cancel, and waits until it has passed that on: what is sent afterwards is not hit.
    pub async fn cancel(&self) -> Result<(), Error> {
        let asked = async {
            match &self.address {
                Address::Tcp(host, port) => self.ask(TcpStream::connect((host.as_str(), *port)).await?).await,
                #[cfg(unix)]
                Address::Unix(path) => self.ask(UnixStream::connect(path).await?).await,
            }
        };
        asked.await.map_err(|error| Error::io(Kind::Connect, error))
    }

    async fn ask(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        self.token.cancel_query_raw(&mut stream, NoTls).await.map_err(io::Error::other)?;
        // The server closes the connection once the signal is sent.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.map(|_| ())
    }
}

/// Makes a connection.
pub(crate) async fn connect(config: &Config) -> Result<Connected, Error> {
    // The driver's own limit ends when the network's connection is made.
    let limit = config.postgres.get_connect_timeout().copied().unwrap_or(Duration::from_secs(10));
    let connected = tokio::time::timeout(limit, config.postgres.connect(NoTls)).await;
    let connected = connected.map_err(|_| Error::new(Kind::ConnectTimeout))?;
    let (client, connection) = connected.map_err(|error| Error::because(Kind::Connect, error))?;
    let port = config.postgres.get_ports().first().copied().unwrap_or(5432);
    let address = match config.postgres.get_hosts().first() {
        Some(Host::Tcp(host)) => Address::Tcp(host.clone(), port),
        #[cfg(unix)]
        Some(Host::Unix(folder)) => Address::Unix(folder.join(format!(".s.PGSQL.{port}"))),
        None => Address::Tcp("localhost".to_owned(), port),
    };
    let canceller = Canceller { token: client.cancel_token(), address };
    Ok(Connected { client, connection, canceller })
}
