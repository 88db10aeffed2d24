//! Bindery: its generated functions on one connection, its generated struct on the pool.

use bindery::{Config, DatabaseClient};
use futures_util::future::join_all;

use crate::db::items::{InsertItemParams, ItemQueries, LoadItemsParams};
use crate::db::{self, items};
use crate::item::Item;
use crate::peer::{Peer, Worker};

pub struct Bindery;

pub struct Connection(bindery::Connection);

pub struct OnPool {
    items: ItemQueries,
}

impl Peer for Bindery {
    type OnConnection = Connection;
    type OnPool = OnPool;

    async fn on_connection(url: &str) -> Connection {
        let client = DatabaseClient::create(Config::from_url(url).unwrap()).await.unwrap();
        Connection(client.connection().await.unwrap())
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<OnPool> {
        let config = Config::from_url(url).unwrap().max_connections(tasks);
        let client = DatabaseClient::create(config).await.unwrap();
        // All at once, so that each makes a connection.
        join_all((0..tasks).map(|_| client.connection())).await;
        let worker = |_| OnPool { items: ItemQueries::new(client.clone()) };
        (0..tasks).map(worker).collect()
    }
}

impl From<db::Item> for Item {
    fn from(item: db::Item) -> Self {
        let db::Item { id, name, note, price, quantity, created_at } = item;
        Self { id, name, note, price, quantity, created_at }
    }
}

fn insert_params(item: &Item) -> InsertItemParams<'_> {
    let Item { id: _, name, note, price, quantity, created_at } = item;
    InsertItemParams {
        name,
        note: note.as_deref(),
        price: *price,
        quantity: *quantity,
        created_at: *created_at,
    }
}

fn load_params(item: &Item) -> LoadItemsParams<'_> {
    let Item { id, name, note, price, quantity, created_at } = item;
    LoadItemsParams {
        id: *id,
        name,
        note: note.as_deref(),
        price: *price,
        quantity: *quantity,
        created_at: *created_at,
    }
}

impl Worker for Connection {
    type Row = db::Item;

    async fn find(&mut self, id: i64) -> db::Item {
        items::find_item(&self.0, id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<db::Item> {
        items::list_items(&self.0, first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        items::insert_item(&self.0, insert_params(item)).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        items::load_items(&self.0, items.iter().map(load_params)).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<db::Item> {
        items::find_items(&self.0, ids.iter().copied()).await.unwrap()
    }
}

impl Worker for OnPool {
    type Row = db::Item;

    async fn find(&mut self, id: i64) -> db::Item {
        self.items.find_item(id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<db::Item> {
        self.items.list_items(first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        self.items.insert_item(insert_params(item)).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        self.items.load_items(items.iter().map(load_params)).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<db::Item> {
        self.items.find_items(ids.iter().copied()).await.unwrap()
    }
}
