//! One connection to the server.

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
pub(crate) struct Canceller(CancelToken);

impl Canceller {
    pub async fn cancel(&self) -> Result<(), tokio_postgres::Error> {
        self.0.cancel_query(NoTls).await
    }
}

pub(crate) async fn connect(config: &Config) -> Result<Connected, Error> {
    let connected = config.postgres.connect(NoTls).await;
    let (client, connection) = connected.map_err(|error| Error::because(Kind::Connect, error))?;
    let canceller = Canceller(client.cancel_token());
    Ok(Connected { client, connection, canceller })
}
