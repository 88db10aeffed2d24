//! Reading rows: Bindery's traits beside the driver's, on the same server.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml --bin rows`. Each figure is the median of eleven runs, which take
//! turns, with the ratio to the driver beside it.

use std::time::{Duration, Instant};

use bindery::{Config, Connection, DatabaseClient, Error, FromRow, Query, Row};
use bindery_postgres::Server;
use chrono::{DateTime, Utc};

const RUNS: usize = 11;
const ROWS: i64 = 100_000;

type Moment = DateTime<Utc>;

/// As generated code has it.
#[allow(dead_code)]
struct Booking {
    id: i64,
    plate: String,
    note: Option<String>,
    starts_at: Moment,
    price: f64,
    tags: Vec<Option<String>>,
}

impl FromRow for Booking {
    fn from_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get(0)?,
            plate: row.get(1)?,
            note: row.get(2)?,
            starts_at: row.get(3)?,
            price: row.get(4)?,
            tags: row.get(5)?,
        })
    }
}

const SQL: &str = "
    SELECT n AS id, 'KA-' || n AS plate, CASE WHEN n % 2 = 0 THEN 'a note' END AS note,
           '2026-07-01'::timestamptz + n * interval '1 s' AS starts_at, n::float8 AS price, ARRAY['a', 'b'] AS tags
    FROM generate_series(1, $1::int8) AS n";

static BOOKINGS: Query = Query {
    name: "Bookings",
    file: "rows.rs",
    sql: SQL,
    params: &["int8"],
    columns: &[
        ("id", "int8"),
        ("plate", "text"),
        ("note", "text"),
        ("starts_at", "timestamptz"),
        ("price", "float8"),
        ("tags", "text[]"),
    ],
};

async fn by_bindery(conn: &Connection) -> usize {
    conn.fetch_many(&BOOKINGS, &[&ROWS], Booking::from_row).await.unwrap().len()
}

async fn by_driver(client: &tokio_postgres::Client, statement: &tokio_postgres::Statement) -> usize {
    let rows = client.query(statement, &[&ROWS]).await.unwrap();
    let decode = |row: &tokio_postgres::Row| Booking {
        id: row.try_get(0).unwrap(),
        plate: row.try_get(1).unwrap(),
        note: row.try_get(2).unwrap(),
        starts_at: row.try_get(3).unwrap(),
        price: row.try_get(4).unwrap(),
        tags: row.try_get(5).unwrap(),
    };
    rows.iter().map(decode).collect::<Vec<_>>().len()
}

#[tokio::main]
async fn main() {
    let database =
        tokio::task::spawn_blocking(|| Server::start().unwrap().create_database().unwrap()).await.unwrap();
    let client = DatabaseClient::create(Config::from_url(database.url()).unwrap()).await.unwrap();
    let conn = client.connection().await.unwrap();
    let (driver, connection) = tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let statement = driver.prepare(SQL).await.unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let start = Instant::now();
        assert_eq!(by_driver(&driver, &statement).await, ROWS as usize);
        theirs.push(start.elapsed());
        let start = Instant::now();
        assert_eq!(by_bindery(&conn).await, ROWS as usize);
        ours.push(start.elapsed());
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("{ROWS} rows of six columns");
    println!("tokio-postgres {:>6} ms  1.00", theirs.as_millis());
    println!("bindery        {:>6} ms  {:.2}", ours.as_millis(), ours.as_secs_f64() / theirs.as_secs_f64());
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
