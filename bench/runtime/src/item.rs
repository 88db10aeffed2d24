//! The rows that all peers read and write.

use chrono::{DateTime, Utc};

/// A row of `items`, `inserts` and `loads`. Each peer makes one of what it has read.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub id: i64,
    pub name: String,
    pub note: Option<String>,
    pub price: f64,
    pub quantity: i32,
    pub created_at: DateTime<Utc>,
}

/// How many rows `items` has, from id 1.
pub const ITEMS: i64 = 10_000;

impl Item {
    /// The one with this id.
    pub fn new(id: i64) -> Self {
        let seconds = 1_780_000_000 + id;
        Self {
            id,
            name: format!("item number {id}"),
            note: (id % 2 == 0).then(|| format!("a note on the item {id}, as long as such notes are")),
            price: id as f64 / 4.0,
            quantity: (id % 1000) as i32,
            created_at: DateTime::from_timestamp(seconds, 0).expect("it is in range"),
        }
    }

    pub fn all() -> Vec<Self> {
        (1..=ITEMS).map(Self::new).collect()
    }
}

/// The statements of the peers that are given SQL; Bindery and Clorinde have theirs in files.
pub const FIND: &str = "SELECT id, name, note, price, quantity, created_at FROM items WHERE id = $1";
pub const LIST: &str =
    "SELECT id, name, note, price, quantity, created_at FROM items WHERE id >= $1 ORDER BY id LIMIT 1000";
pub const INSERT: &str =
    "INSERT INTO inserts (name, note, price, quantity, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
pub const UNNEST: &str =
    "INSERT INTO loads (id, name, note, price, quantity, created_at) SELECT * FROM unnest(
    $1::bigint[], $2::text[], $3::text[], $4::float8[], $5::int[], $6::timestamptz[])";
pub const COPY: &str = "COPY loads (id, name, note, price, quantity, created_at) FROM STDIN (FORMAT binary)";

/// The same rows, a list a column, for `UNNEST`.
#[derive(Default)]
pub struct Columns<'i> {
    pub ids: Vec<i64>,
    pub names: Vec<&'i str>,
    pub notes: Vec<Option<&'i str>>,
    pub prices: Vec<f64>,
    pub quantities: Vec<i32>,
    pub created: Vec<DateTime<Utc>>,
}

impl<'i> Columns<'i> {
    pub fn new(items: &'i [Item]) -> Self {
        let mut columns = Self::default();
        for item in items {
            columns.ids.push(item.id);
            columns.names.push(&item.name);
            columns.notes.push(item.note.as_deref());
            columns.prices.push(item.price);
            columns.quantities.push(item.quantity);
            columns.created.push(item.created_at);
        }
        columns
    }
}
