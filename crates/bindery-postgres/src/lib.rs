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
//! gone when its last handle is dropped, and also when the process that owns it is killed.

#[cfg(not(unix))]
compile_error!("bindery-postgres starts servers on Unix sockets and runs on Unix only");

mod blocking;
mod cache;
mod cluster;
mod database;
mod error;
mod folder;
mod given;
mod guard;
mod installation;
mod leftover;
mod program;
mod server;
mod template;
mod temporary;
mod user;

pub use database::Database;
pub use error::Error;
pub use installation::Installation;
pub use server::Server;

// The synchronous driver that connections are made with.
pub use postgres::{Client, Config, NoTls};
