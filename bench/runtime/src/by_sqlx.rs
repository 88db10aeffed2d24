//! sqlx: `query_as` with a derived `FromRow`; it keeps prepared statements itself. It has no pipelining, so selects wait
//! for each other on one connection, and take several connections on the pool. It has no binary COPY writer, so loads are
//! by `unnest`.

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Error, PgConnection, PgExecutor};

use crate::item::{Columns, FIND, INSERT, Item, LIST, UNNEST};
use crate::peer::{Peer, Worker};

/// As it comes: each check-out makes a round trip.
pub struct Sqlx;

/// With `test_before_acquire(false)`.
pub struct SqlxUnchecked;

#[derive(sqlx::FromRow)]
pub struct Row {
    id: i64,
    name: String,
    note: Option<String>,
    price: f64,
    quantity: i32,
    created_at: DateTime<Utc>,
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
        let Row { id, name, note, price, quantity, created_at } = row;
        Self { id, name, note, price, quantity, created_at }
    }
}

async fn connection(url: &str) -> PgConnection {
    url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap()
}

async fn pool(url: &str, tasks: u32, options: PgPoolOptions) -> Vec<PgPool> {
    let pool = options.max_connections(tasks).connect(url).await.unwrap();
    // All at once, so that each makes a connection.
    try_join_all((0..tasks).map(|_| pool.acquire())).await.unwrap();
    (0..tasks).map(|_| pool.clone()).collect()
}

impl Peer for Sqlx {
    type OnConnection = PgConnection;
    type OnPool = PgPool;

    async fn on_connection(url: &str) -> PgConnection {
        connection(url).await
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<PgPool> {
        pool(url, tasks, PgPoolOptions::new()).await
    }
}

impl Peer for SqlxUnchecked {
    type OnConnection = PgConnection;
    type OnPool = PgPool;

    async fn on_connection(url: &str) -> PgConnection {
        connection(url).await
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<PgPool> {
        pool(url, tasks, PgPoolOptions::new().test_before_acquire(false)).await
    }
}

async fn find(on: impl PgExecutor<'_>, id: i64) -> Result<Row, Error> {
    sqlx::query_as(FIND).bind(id).fetch_one(on).await
}

async fn list(on: impl PgExecutor<'_>, first: i64) -> Result<Vec<Row>, Error> {
    sqlx::query_as(LIST).bind(first).fetch_all(on).await
}

async fn insert(on: impl PgExecutor<'_>, item: &Item) -> Result<i64, Error> {
    let Item { id: _, name, note, price, quantity, created_at } = item;
    let query = sqlx::query_scalar(INSERT).bind(name).bind(note).bind(price).bind(quantity).bind(created_at);
    query.fetch_one(on).await
}

async fn load(on: impl PgExecutor<'_>, items: &[Item]) -> Result<(), Error> {
    let Columns { ids, names, notes, prices, quantities, created } = Columns::new(items);
    let query =
        sqlx::query(UNNEST).bind(ids).bind(names).bind(notes).bind(prices).bind(quantities).bind(created);
    query.execute(on).await.map(|_| ())
}

impl Worker for PgConnection {
    type Row = Row;

    async fn find(&mut self, id: i64) -> Row {
        find(self, id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<Row> {
        list(self, first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        insert(self, item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        load(self, items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<Row> {
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.push(find(&mut *self, *id).await.unwrap());
        }
        rows
    }
}

impl Worker for PgPool {
    type Row = Row;

    async fn find(&mut self, id: i64) -> Row {
        find(&*self, id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<Row> {
        list(&*self, first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        insert(&*self, item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        load(&*self, items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<Row> {
        let pool = &*self;
        try_join_all(ids.iter().map(|id| find(pool, *id))).await.unwrap()
    }
}
