//! Typed PostgreSQL queries from plain SQL files: the client, its pool and the value types.
//!
//! `bindery-build` makes modules out of SQL files; what they contain calls this crate:
//!
//! ```no_run
//! # mod db {
//! #     pub static COUNT_CARS: bindery::Query = bindery::Query {
//! #         name: "CountCars", file: "queries/cars.sql", sql: "SELECT count(*) FROM cars",
//! #         params: &[], columns: &[("count", "int8")] };
//! #     pub async fn count_cars(conn: &bindery::Connection) -> Result<i64, bindery::Error> {
//! #         conn.fetch_one(&COUNT_CARS, &[], |row| row.get(0)).await
//! #     }
//! # }
//! use bindery::{Config, DatabaseClient};
//!
//! # async fn example() -> Result<(), bindery::Error> {
//! let client = DatabaseClient::create(Config::from_env()?).await?;
//! let cars = client
//!     .transaction(async |tx| {
//!         // Any generated function may stand here: a transaction is a connection.
//!         db::count_cars(tx).await
//!     })
//!     .await?;
//! println!("{cars} cars");
//! # Ok(()) }
//! ```

mod batch;
mod clean;
mod client;
mod config;
mod connect;
mod connection;
mod copy;
mod driver;
mod dynamic;
mod encoded;
mod error;
mod explain;
mod lex;
mod listen;
mod maintain;
mod manager;
pub mod migrate;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod pool;
mod portal;
mod query;
mod replicas;
mod row;
mod session;
mod sql;
mod statements;
mod stats;
mod stream;
mod telemetry;
#[cfg(feature = "test")]
pub mod testing;
#[cfg(feature = "tls")]
mod tls;
mod transaction;
mod type_name;
mod value;
mod verify;

pub use client::DatabaseClient;
pub use config::{Config, PreparedStatements, SslMode, TargetSessionAttrs};
pub use connection::Connection;
pub use copy::CopyOut;
pub use dynamic::{Dict, Value};
pub use error::Error;
pub use explain::PlanFormat;
pub use futures_util::Stream;
pub use listen::{Event, Listener, Notification};
pub use portal::Portal;
pub use query::Query;
pub use row::{Column, FromRow, Row};
pub use stats::Stats;
pub use stream::Rows;
pub use telemetry::{QueryEvent, QueryOutcome};
pub use transaction::{Isolation, Savepoint, Transaction, TransactionBuilder};
pub use value::array::{Array, ArrayShapeError, Borrowed, Dimension};
pub use value::calendar::{
    CalendarRangeError, Date, ParseCalendarError, Time, TimeTz, Timestamp, TimestampTz,
};
pub use value::composite::{Attributes, Composite};
pub use value::cube::Cube;
pub use value::domain::{Converted, Domain, DomainError};
pub use value::driver::Driver;
pub use value::enumeration::Enum;
pub use value::ewkb::{Ewkb, ParseEwkbError};
pub use value::interval::{Interval, ParseIntervalError};
pub use value::lsn::{ParsePgLsnError, PgLsn};
pub use value::mac::{MacAddr, MacAddr8, ParseMacAddrError};
pub use value::money::Money;
pub use value::numeric::{Numeric, NumericRangeError, ParseNumericError};
pub use value::or_infinity::OrInfinity;
pub use value::range::{Multirange, Range};
#[cfg(feature = "serde_json")]
pub use value::serde_json::Json;
pub use value::snapshot::Snapshot;
pub use value::tid::Tid;
pub use value::{BoxError, Decode, Encode, Param};
pub use verify::{
    Drift, DriftKind, Drifts, LockedComposite, LockedDomain, LockedEnum, LockedRelation, Queries,
};

#[cfg(feature = "test")]
pub use bindery_macros::test;
#[cfg(feature = "bit-vec")]
pub use bit_vec;
#[cfg(feature = "chrono")]
pub use chrono;
#[cfg(feature = "cidr")]
pub use cidr;
#[cfg(feature = "geozero")]
pub use geozero;
#[cfg(feature = "jiff")]
pub use jiff;
#[cfg(feature = "pgvector")]
pub use pgvector;
#[cfg(feature = "rust_decimal")]
pub use rust_decimal;
#[cfg(feature = "serde_json")]
pub use serde_json;
#[cfg(feature = "time")]
pub use time;
pub use tokio_postgres::error::SqlState;
#[cfg(feature = "uuid")]
pub use uuid;

#[cfg(feature = "serde")]
pub use value::serde::base64;

/// The geometric types.
pub mod geometry {
    pub use crate::value::geometric::{Circle, Line, Lseg, Path, Point, Polygon, Rectangle};
}

/// The types of text search.
pub mod text_search {
    pub use crate::value::text_search::{Lexeme, Position, TsQuery, TsVector, Weight};
}

/// The driver's traits, for types of your own: a column may be given any type that implements them.
pub mod types {
    pub use bytes::BytesMut;
    pub use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, accepts, to_sql_checked};
}

/// What generated code is made of; nothing to use by hand.
#[doc(hidden)]
pub mod generated {
    pub use crate::query::sent;
    pub use crate::type_name::type_name;
    pub use crate::value::composite::{accepts_composite, decode_composite, encode_composite};
    pub use crate::value::enumeration::{accepts_enum, decode_enum, encode_enum};
    pub use bytes::BytesMut;
    pub use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
}

/// The code of the book's pages compiles.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../docs/connecting.md")]
    struct Connecting;

    #[doc = include_str!("../../../docs/dynamic.md")]
    struct Dynamic;

    #[doc = include_str!("../../../docs/functions.md")]
    struct Functions;

    #[doc = include_str!("../../../docs/migrations.md")]
    struct Migrations;

    #[doc = include_str!("../../../docs/observability.md")]
    struct Observability;

    #[doc = include_str!("../../../docs/raw-sql.md")]
    struct RawSql;

    #[doc = include_str!("../../../docs/rows.md")]
    struct Rows;

    #[doc = include_str!("../../../docs/sets.md")]
    struct Sets;

    #[cfg(feature = "test")]
    #[doc = include_str!("../../../docs/testing.md")]
    struct Testing;
}

/// Takes in what the build script has generated, in a module of your own: `mod db { bindery::include_queries!(); }`.
///
/// It needs a `build.rs` that calls `bindery_build::run()`. What is wrong in the SQL is a compile error of this call,
/// beside the code of the last build that had none.
#[macro_export]
macro_rules! include_queries {
    () => {
        include!(concat!(
            env!("OUT_DIR", "bindery::include_queries!() needs a build.rs that calls bindery_build::run()"),
            "/bindery/mod.rs"
        ));
        include!(concat!(env!("OUT_DIR"), "/bindery/errors/macro.rs"));
        bindery_errors! { compile_error!(include_str!(concat!(env!("OUT_DIR"), "/bindery/errors/report.txt"))); }
    };
}
