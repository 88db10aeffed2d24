//! A network between client and server that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It arrives.
    Works,
    /// It is lost, and nobody is told.
    Swallows,
}

/// Listens on a port of its own, and hands everything on.
pub struct Proxy {
    pub address: SocketAddr,
    network: Arc<watch::Sender<Network>>,
    /// How often all connections were ended.
    cuts: Arc<watch::Sender<u64>>,
}

impl Proxy {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = Arc::new(watch::Sender::new(Network::Works));
        let cuts = Arc::new(watch::Sender::new(0));
        let (networks, ends) = (network.clone(), cuts.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, port, networks.subscribe(), ends.subscribe()));
            }
        });
        Self { address, network, cuts }
    }

    /// Ends all connections that there are.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@{}/{database}", self.address)
    }
}

async fn serve(
    client: TcpStream,
    port: u16,
    network: watch::Receiver<Network>,
    mut cuts: watch::Receiver<u64>,
) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    tokio::select! {
        () = hand_on(client_in, server_out, network.clone()) => {}
        () = hand_on(server_in, client_out, network) => {}
        _ = cuts.changed() => {}
    }
}

async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, network: watch::Receiver<Network>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(length) = from.read(&mut bytes).await {
        if length == 0 {
            return;
        }
        let is_lost = *network.borrow() == Network::Swallows;
        if !is_lost && to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
