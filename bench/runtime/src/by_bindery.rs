//! Bindery: its generated functions on one connection, its generated struct on the pool.

use bindery::{Config, DatabaseClient, Error};
use futures_util::future::{join_all, try_join_all};

use crate::db::items::{InsertItemParams, ItemQueries, LoadItemsParams};
use crate::db::{self, items};
use crate::item::{Columns, Item};
use crate::peer::{Peer, Worker};

pub struct Bindery;

pub struct Connection(bindery::Connection);

pub struct OnPool {
    items: ItemQueries,
    client: DatabaseClient,
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
        let worker = |_| OnPool { items: ItemQueries::new(client.clone()), client: client.clone() };
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

fn load_params<'c>(columns: &'c Columns<'c>) -> LoadItemsParams<'c> {
    LoadItemsParams {
        ids: &columns.ids,
        names: &columns.names,
        notes: &columns.notes,
        prices: &columns.prices,
        quantities: &columns.quantities,
        created: &columns.created,
    }
}

async fn find_together(conn: &bindery::Connection, ids: &[i64]) -> Result<Vec<db::Item>, Error> {
    try_join_all(ids.iter().map(|id| items::find_item(conn, *id))).await
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
        items::load_items(&self.0, load_params(&Columns::new(items))).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<db::Item> {
        find_together(&self.0, ids).await.unwrap()
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
        self.items.load_items(load_params(&Columns::new(items))).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<db::Item> {
        let conn = self.client.connection().await.unwrap();
        find_together(&conn, ids).await.unwrap()
    }
}
