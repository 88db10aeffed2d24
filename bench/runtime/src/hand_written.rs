//! tokio-postgres by hand: each connection holds its prepared statements; the pool is bb8 without a check at check-out.

use std::pin::pin;

use bb8::{ManageConnection, Pool};
use futures_util::future::try_join_all;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, NoTls, Row, Statement};

use crate::item::{COPY, FIND, INSERT, Item, LIST};
use crate::peer::{Peer, Worker};

pub struct HandWritten;

/// A connection and its statements.
pub struct Connection {
    client: Client,
    find: Statement,
    list: Statement,
    insert: Statement,
    copy: Statement,
}

impl Connection {
    async fn open(url: &str) -> Result<Self, Error> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(Self {
            find: client.prepare(FIND).await?,
            list: client.prepare(LIST).await?,
            insert: client.prepare(INSERT).await?,
            copy: client.prepare(COPY).await?,
            client,
        })
    }

    async fn find(&self, id: i64) -> Result<Item, Error> {
        item(&self.client.query_one(&self.find, &[&id]).await?)
    }

    async fn list(&self, first: i64) -> Result<Vec<Item>, Error> {
        self.client.query(&self.list, &[&first]).await?.iter().map(item).collect()
    }

    async fn insert(&self, item: &Item) -> Result<i64, Error> {
        let Item { id: _, name, note, price, quantity, created_at } = item;
        let row = self.client.query_one(&self.insert, &[name, note, price, quantity, created_at]).await?;
        row.try_get(0)
    }

    async fn load(&self, items: &[Item]) -> Result<u64, Error> {
        const TYPES: [Type; 6] =
            [Type::INT8, Type::TEXT, Type::TEXT, Type::FLOAT8, Type::INT4, Type::TIMESTAMPTZ];
        let mut writer = pin!(BinaryCopyInWriter::new(self.client.copy_in(&self.copy).await?, &TYPES));
        for Item { id, name, note, price, quantity, created_at } in items {
            writer.as_mut().write(&[id, name, note, price, quantity, created_at]).await?;
        }
        writer.finish().await
    }

    async fn find_together(&self, ids: &[i64]) -> Result<Vec<Item>, Error> {
        try_join_all(ids.iter().map(|id| self.find(*id))).await
    }
}

fn item(row: &Row) -> Result<Item, Error> {
    Ok(Item {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        note: row.try_get(2)?,
        price: row.try_get(3)?,
        quantity: row.try_get(4)?,
        created_at: row.try_get(5)?,
    })
}

pub struct Manager {
    url: String,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = Error;

    async fn connect(&self) -> Result<Connection, Error> {
        Connection::open(&self.url).await
    }

    async fn is_valid(&self, _: &mut Connection) -> Result<(), Error> {
        Ok(())
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.client.is_closed()
    }
}

impl Peer for HandWritten {
    type OnConnection = Connection;
    type OnPool = Pool<Manager>;

    async fn on_connection(url: &str) -> Connection {
        Connection::open(url).await.unwrap()
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<Pool<Manager>> {
        let pool = Pool::builder().max_size(tasks).min_idle(tasks).test_on_check_out(false);
        let pool = pool.build(Manager { url: url.to_owned() }).await.unwrap();
        (0..tasks).map(|_| pool.clone()).collect()
    }
}

impl Worker for Connection {
    type Row = Item;

    async fn find(&mut self, id: i64) -> Item {
        Connection::find(self, id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<Item> {
        Connection::list(self, first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        Connection::insert(self, item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        Connection::load(self, items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<Item> {
        Connection::find_together(self, ids).await.unwrap()
    }
}

impl Worker for Pool<Manager> {
    type Row = Item;

    async fn find(&mut self, id: i64) -> Item {
        self.get().await.unwrap().find(id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<Item> {
        self.get().await.unwrap().list(first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        self.get().await.unwrap().insert(item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        self.get().await.unwrap().load(items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<Item> {
        self.get().await.unwrap().find_together(ids).await.unwrap()
    }
}
