//! SQL migrations in the goose format: parser and runner.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let migrations = bindery_migrate::read_dir("migrations")?;
//! let mut client = postgres::Client::connect("host=localhost user=app", postgres::NoTls)?;
//! for file in bindery_migrate::up(&mut client, &migrations)?.applied() {
//!     println!("{file}");
//! }
//! # Ok(()) }
//! ```
//!
//! The rules are those of [goose](https://github.com/pressly/goose) 3.27; where goose would silently run something else
//! than what is written, this crate refuses the file and says what to do. A file without any annotation is one Up.
//!
//! Commands: [`Migrator`] runs those of goose that need a database, as [`Command`] names them, [`Migrator::status`] among
//! them; [`new_files`] is its `create`, [`renumber`] its `fix`, and [`Reader`] what its `validate` does.
//! `cargo bindery migrate` is all of them on the command line.

#[cfg(feature = "postgres")]
mod blocking;
mod client;
mod command;
mod create;
mod duration;
mod error;
mod execute;
mod fix;
mod format;
mod lock;
mod migration;
mod migrator;
mod number;
mod plan;
mod quotes;
mod read;
mod report;
mod session;
mod version_table;

#[cfg(feature = "postgres")]
pub use blocking::{apply, undo, up};
pub use client::{BoxError, Client};
pub use command::Command;
pub use create::{CreateError, NewFile, Numbering, new_files};
pub use duration::{InvalidDuration, parse_duration};
pub use error::{ApplyError, Mistake, ReadError, RunError, RunErrorKind};
pub use fix::{Renumbering, renumber};
pub use format::Format;
pub use format::goose::parse;
pub use migration::{Direction, Migration, Section, Statement, TransactionMode};
pub use migrator::{Migrator, Versions};
pub use plan::OutOfOrder;
pub use read::{File, Reader, Strictness, read_dir};
pub use report::{Done, Event, MigrationStatus, Report, State, Status};
