//! Temporary PostgreSQL servers and databases: find, start, reuse, stop.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = bindery_postgres::Server::start()?;
//! let database = server.create_database()?;
//! database.connect()?.batch_execute("CREATE TABLE cars (plate text)")?;
//! println!("{}", database.url());
//! # Ok(()) } // the database is dropped, the server stops, its files go
//! ```
//!
//! A temporary server listens on a Unix socket in a private folder, on no TCP port, and trades safety for speed. It is
//! gone some milliseconds after its last handle is dropped, and also when the process that owns it ends before that, or is
//! killed: Linux ends the server with its owner, a guard process removes the files, and the next start sweeps what both
//! have missed.
//!
//! The first start makes a cluster with initdb, which takes a second; later ones unpack it from one file in the cache. A
//! state that took work to make, such as a migrated database, can be kept there as well:
//!
//! ```no_run
//! # use bindery_postgres::Server;
//! # fn migrate(database: &bindery_postgres::Database, from: usize) {}
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A key for each state, the newest first, such as a hash of all migrations up to one of them.
//! let keys = ["9e0d3c", "41b7aa"].map(String::from);
//! let (server, found) = Server::start_from(&keys)?;
//! let database = server.create_database()?; // the one that was kept, if there was one
//! if found != Some(0) {
//!     migrate(&database, keys.len() - found.unwrap_or(keys.len()));
//!     let _ = server.keep(&keys[0]); // a cache that is full is no reason to fail
//! }
//! # Ok(()) }
//! ```
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `BINDERY_DATABASE_URL` | a server to make databases on, instead of a temporary one | none |
//! | `BINDERY_PG_BIN` | the folder of `postgres` and `initdb` | the newest found |
//! | `BINDERY_CACHE_DIR` | where clusters are kept that servers start from | `bindery` in the user's cache |
//! | `BINDERY_KEEP` | whether a server may go on when its process ends: see [`Database::keep`] | no |
//!
//! All of it may be called from async code too; it blocks, for 15 to 60 ms. Only [`Database::connect`] may not, since
//! the client that it returns is for synchronous code: give [`Database::url`] to an asynchronous one.

#[cfg(not(unix))]
compile_error!("bindery-postgres starts servers on Unix sockets and runs on Unix only");

mod archive;
mod blocking;
mod cache;
mod cluster;
mod database;
mod database_template;
mod error;
mod folder;
mod given;
mod guard;
mod installation;
mod kept;
mod leftover;
mod program;
mod server;
mod sessions;
mod shared;
mod store;
mod template;
mod temporary;
mod user;

pub use database::{Database, Kept};
pub use database_template::Template;
pub use error::Error;
pub use installation::Installation;
pub use server::Server;

// The synchronous driver that connections are made with.
pub use postgres::{Client, Config, NoTls};
