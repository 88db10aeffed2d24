//! Clorinde: its generated functions on tokio-postgres, which keep statements per connection, and its pool, deadpool. It
//! generates no COPY, so loads are by `unnest`.

use by_clorinde::client::GenericClient;
use by_clorinde::deadpool_postgres::{self, Manager, ManagerConfig, Pool, RecyclingMethod};
use by_clorinde::queries::items;
use futures_util::future::{join_all, try_join_all};
use tokio_postgres::{Error, NoTls};

use crate::item::{Columns, Item};
use crate::peer::{Peer, Worker};

/// With the pool's default, `RecyclingMethod::Fast`: no round trip at check-out.
pub struct Clorinde;

/// A connection out of its pool: only those keep statements.
pub struct Connection(deadpool_postgres::Object);

pub struct OnPool(Pool);

fn pool(url: &str, connections: u32) -> Pool {
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(url.parse().unwrap(), NoTls, config);
    Pool::builder(manager).max_size(connections as usize).build().unwrap()
}

impl From<items::Item> for Item {
    fn from(item: items::Item) -> Self {
        let items::Item { id, name, note, price, quantity, created_at } = item;
        Self { id, name, note, price, quantity, created_at: created_at.to_utc() }
    }
}

impl Peer for Clorinde {
    type OnConnection = Connection;
    type OnPool = OnPool;

    async fn on_connection(url: &str) -> Connection {
        Connection(pool(url, 1).get().await.unwrap())
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<OnPool> {
        let pool = pool(url, tasks);
        // All at once, so that each makes a connection.
        join_all((0..tasks).map(|_| pool.get())).await;
        (0..tasks).map(|_| OnPool(pool.clone())).collect()
    }
}

async fn find(client: &impl GenericClient, id: i64) -> Result<items::Item, Error> {
    items::find_item().bind(client, &id).one().await
}

async fn list(client: &impl GenericClient, first: i64) -> Result<Vec<items::Item>, Error> {
    items::list_items().bind(client, &first).all().await
}

async fn insert(client: &impl GenericClient, item: &Item) -> Result<i64, Error> {
    let Item { id: _, name, note, price, quantity, created_at } = item;
    let created_at = created_at.fixed_offset();
    items::insert_item().bind(client, name, note, price, quantity, &created_at).one().await
}

async fn load(client: &impl GenericClient, items: &[Item]) -> Result<u64, Error> {
    let Columns { ids, names, notes, prices, quantities, created } = Columns::new(items);
    let created: Vec<_> = created.iter().map(|moment| moment.fixed_offset()).collect();
    items::load_items().bind(client, &ids, &names, &notes, &prices, &quantities, &created).await
}

async fn find_together(client: &impl GenericClient, ids: &[i64]) -> Result<Vec<items::Item>, Error> {
    try_join_all(ids.iter().map(|id| find(client, *id))).await
}

impl Worker for Connection {
    type Row = items::Item;

    async fn find(&mut self, id: i64) -> items::Item {
        find(&self.0, id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<items::Item> {
        list(&self.0, first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        insert(&self.0, item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        load(&self.0, items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<items::Item> {
        find_together(&self.0, ids).await.unwrap()
    }
}

impl Worker for OnPool {
    type Row = items::Item;

    async fn find(&mut self, id: i64) -> items::Item {
        find(&self.0.get().await.unwrap(), id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<items::Item> {
        list(&self.0.get().await.unwrap(), first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        insert(&self.0.get().await.unwrap(), item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        load(&self.0.get().await.unwrap(), items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<items::Item> {
        find_together(&self.0.get().await.unwrap(), ids).await.unwrap()
    }
}
