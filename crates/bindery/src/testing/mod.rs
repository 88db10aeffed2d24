//! Tests on temporary databases: what `#[bindery::test]` runs on. It needs the feature `test`, in `[dev-dependencies]`.
//!
//! ```no_run
//! # mod db {
//! #     use bindery::migrate::{Format, Migrations};
//! #     pub static MIGRATIONS: Migrations = Migrations { files: &[], format: Format::Goose, multi_statement: false, table: "goose_db_version" };
//! # }
//! use bindery::DatabaseClient;
//! use db::MIGRATIONS;
//!
//! #[bindery::test]
//! async fn a_new_database_has_no_cars(client: DatabaseClient) -> Result<(), bindery::Error> {
//!     let conn = client.connection().await?;
//!     assert_eq!(conn.query::<(i64,)>("SELECT count(*) FROM cars", &[]).await?, [(0,)]);
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! Each test has a database of its own, a copy of one to which the migrations were applied once. It takes by value what
//! can be made of that database ([`FromTestDatabase`]): a [`DatabaseClient`], a [`Connection`], a [`TestDatabase`], types
//! of your own; any number of them. It returns `()` or a `Result`.
//!
//! | Option | Meaning | Default |
//! |---|---|---|
//! | `migrations = PATH` | the migrations to apply, as generated code has them | `MIGRATIONS`, which has to be in scope |
//! | `fixtures("NAME", ..)` | SQL to run first: `tests/fixtures/NAME.sql`, or a path from the package's folder | none |
//! | `rollback` | the test takes `&mut Transaction`, `&Transaction` or `&Connection` of a transaction that is rolled back, on a database that tests share | a database of its own |
//! | `flavor`, `worker_threads` | as `#[tokio::test]` has them | `"current_thread"` |
//!
//! The databases are on a temporary server, or on the one of `BINDERY_DATABASE_URL`; see the crate `bindery-postgres`. With
//! `BINDERY_KEEP=1` the database of a test that fails is left there, and the test's output says how to connect to it.
//!
//! [`DatabaseClient`]: crate::DatabaseClient
//! [`Connection`]: crate::Connection

mod database;
mod failure;
mod fixture;
mod migrated;
mod outcome;
mod run;

pub use database::{FromTestDatabase, TestDatabase};
pub use outcome::Outcome;

// What the attribute expands to; nothing to use by hand.
#[doc(hidden)]
pub use database::argument;
#[doc(hidden)]
pub use fixture::Fixture;
#[doc(hidden)]
pub use run::{Runtime, Test, run, run_rolled_back};
