//! diesel-async: its query builder on a bb8 pool; selects are pipelined on one connection. It has no COPY, and an INSERT
//! of many rows has a parameter a value, so loads go in as many statements as the limit of 65,535 needs.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::future::{BoxFuture, try_join_all};

use crate::item::Item;
use crate::peer::{Peer, Worker};

/// As it comes: each check-out makes a round trip.
pub struct Diesel;

/// Without any check at check-out.
pub struct DieselUnchecked;

diesel::table! {
    items (id) {
        id -> BigInt,
        name -> Text,
        note -> Nullable<Text>,
        price -> Double,
        quantity -> Integer,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    inserts (id) {
        id -> BigInt,
        name -> Text,
        note -> Nullable<Text>,
        price -> Double,
        quantity -> Integer,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    loads (id) {
        id -> BigInt,
        name -> Text,
        note -> Nullable<Text>,
        price -> Double,
        quantity -> Integer,
        created_at -> Timestamptz,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = items, check_for_backend(diesel::pg::Pg))]
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

#[derive(Insertable)]
#[diesel(table_name = inserts)]
struct NewItem<'i> {
    name: &'i str,
    note: Option<&'i str>,
    price: f64,
    quantity: i32,
    created_at: DateTime<Utc>,
}

#[derive(Insertable)]
#[diesel(table_name = loads)]
struct Load<'i> {
    id: i64,
    name: &'i str,
    note: Option<&'i str>,
    price: f64,
    quantity: i32,
    created_at: DateTime<Utc>,
}

impl<'i> Load<'i> {
    fn new(item: &'i Item) -> Self {
        let Item { id, name, note, price, quantity, created_at } = item;
        let (id, price, quantity, created_at) = (*id, *price, *quantity, *created_at);
        Self { id, name, note: note.as_deref(), price, quantity, created_at }
    }
}

/// Rows of six values that fit into one statement.
const AT_ONCE: usize = 65_535 / 6;

async fn find(conn: &mut AsyncPgConnection, id: i64) -> QueryResult<Row> {
    items::table.find(id).select(Row::as_select()).first(conn).await
}

async fn list(conn: &mut AsyncPgConnection, first: i64) -> QueryResult<Vec<Row>> {
    let query = items::table.filter(items::id.ge(first)).order(items::id).limit(1000);
    query.select(Row::as_select()).load(conn).await
}

async fn insert(conn: &mut AsyncPgConnection, item: &Item) -> QueryResult<i64> {
    let values = NewItem {
        name: &item.name,
        note: item.note.as_deref(),
        price: item.price,
        quantity: item.quantity,
        created_at: item.created_at,
    };
    diesel::insert_into(inserts::table).values(values).returning(inserts::id).get_result(conn).await
}

async fn load(conn: &mut AsyncPgConnection, items: &[Item]) -> QueryResult<()> {
    for items in items.chunks(AT_ONCE) {
        let rows: Vec<Load<'_>> = items.iter().map(Load::new).collect();
        diesel::insert_into(loads::table).values(&rows).execute(conn).await?;
    }
    Ok(())
}

/// A shared reference of a connection takes calls at the same time, and pipelines them. Boxed for the compiler's sake:
/// without it rustc needs more memory than a machine has.
fn find_shared(mut conn: &AsyncPgConnection, id: i64) -> BoxFuture<'_, QueryResult<Row>> {
    Box::pin(async move { items::table.find(id).select(Row::as_select()).first(&mut conn).await })
}

async fn find_together(conn: &AsyncPgConnection, ids: &[i64]) -> QueryResult<Vec<Row>> {
    try_join_all(ids.iter().map(|id| find_shared(conn, *id))).await
}

async fn pool(
    url: &str,
    tasks: u32,
    method: RecyclingMethod<AsyncPgConnection>,
) -> Vec<Pool<AsyncPgConnection>> {
    let mut config = ManagerConfig::default();
    let is_checked = matches!(method, RecyclingMethod::Verified);
    config.recycling_method = method;
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    let pool = Pool::builder().max_size(tasks).min_idle(tasks).test_on_check_out(is_checked);
    let pool = pool.build(manager).await.unwrap();
    (0..tasks).map(|_| pool.clone()).collect()
}

impl Peer for Diesel {
    type OnConnection = AsyncPgConnection;
    type OnPool = Pool<AsyncPgConnection>;

    async fn on_connection(url: &str) -> AsyncPgConnection {
        AsyncPgConnection::establish(url).await.unwrap()
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<Pool<AsyncPgConnection>> {
        pool(url, tasks, RecyclingMethod::Verified).await
    }
}

impl Peer for DieselUnchecked {
    type OnConnection = AsyncPgConnection;
    type OnPool = Pool<AsyncPgConnection>;

    async fn on_connection(url: &str) -> AsyncPgConnection {
        AsyncPgConnection::establish(url).await.unwrap()
    }

    async fn on_pool(url: &str, tasks: u32) -> Vec<Pool<AsyncPgConnection>> {
        pool(url, tasks, RecyclingMethod::Fast).await
    }
}

impl Worker for AsyncPgConnection {
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
        find_together(self, ids).await.unwrap()
    }
}

impl Worker for Pool<AsyncPgConnection> {
    type Row = Row;

    async fn find(&mut self, id: i64) -> Row {
        find(&mut *self.get().await.unwrap(), id).await.unwrap()
    }

    async fn list(&mut self, first: i64) -> Vec<Row> {
        list(&mut *self.get().await.unwrap(), first).await.unwrap()
    }

    async fn insert(&mut self, item: &Item) -> i64 {
        insert(&mut *self.get().await.unwrap(), item).await.unwrap()
    }

    async fn load(&mut self, items: &[Item]) {
        load(&mut *self.get().await.unwrap(), items).await.unwrap();
    }

    async fn find_together(&mut self, ids: &[i64]) -> Vec<Row> {
        find_together(&*self.get().await.unwrap(), ids).await.unwrap()
    }
}
