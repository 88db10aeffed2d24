//! Garage: a car-sharing back end, and the shortest complete example of Bindery.
//!
//! | module | shows |
//! |---|---|
//! | [`db`] | what the build script made of `migrations/` and `queries/` |
//! | [`fleet`] | query structs for single operations, each on a connection of its own |
//! | [`booking`] | connection functions that belong together in one transaction |
//! | [`billing`] | a nested transaction that may fail without undoing the outer one |
//! | [`scenario`] | a day in the life of it all |
//!
//! A query struct takes connections of its own, so it cannot be made to run in a transaction by mistake:
//!
//! ```compile_fail,E0308
//! # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
//! let tx = client.begin().await?;
//! garage::db::CarQueries::new(tx);
//! # Ok(()) }
//! ```

pub mod billing;
pub mod booking;
pub mod fleet;
pub mod scenario;
pub mod setup;

/// Generated from `queries/` and judged by PostgreSQL: see `build.rs`.
pub mod db {
    bindery::include_queries!();
}
