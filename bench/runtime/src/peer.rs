//! What a peer is asked to do, and where.

use std::future::Future;

use crate::item::Item;

/// A peer where it works: on one connection, or on its pool. All errors end the benchmark.
pub trait Worker: Send + 'static {
    /// The peer's own struct.
    type Row: Into<Item> + Send;

    /// One row by key.
    fn find(&mut self, id: i64) -> impl Future<Output = Self::Row> + Send;
    /// 1,000 rows.
    fn list(&mut self, first: i64) -> impl Future<Output = Vec<Self::Row>> + Send;
    /// Inserts one row, and gives its id.
    fn insert(&mut self, item: &Item) -> impl Future<Output = i64> + Send;
    /// Inserts all rows, the best way that the peer has.
    fn load(&mut self, items: &[Item]) -> impl Future<Output = ()> + Send;
    /// Selects of one row each, together where the peer can.
    fn find_together(&mut self, ids: &[i64]) -> impl Future<Output = Vec<Self::Row>> + Send;
}

/// A library, set up as one of its users would.
pub trait Peer {
    type OnConnection: Worker;
    type OnPool: Worker;

    fn on_connection(url: &str) -> impl Future<Output = Self::OnConnection>;
    /// Workers for as many tasks, on a pool of as many connections that are all open.
    fn on_pool(url: &str, tasks: u32) -> impl Future<Output = Vec<Self::OnPool>>;
}
