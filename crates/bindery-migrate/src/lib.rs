//! SQL migrations, in the files of goose and of other tools: parsers and runner.
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
//! Each tool's files are read by its own rules: [goose](https://github.com/pressly/goose) 3.27, golang-migrate, dbmate,
//! sql-migrate, tern, and plain SQL such as pg_dump writes; see [`Format`]. Where a tool would silently run something else
//! than what is written, or leave a file out, this crate refuses the file and says what to do.
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
mod envsub;
mod error;
mod execute;
mod fix;
mod format;
mod lock;
mod migration;
mod migrator;
mod number;
mod other_tool;
mod plan;
mod quotes;
mod read;
mod report;
mod session;
mod split;
mod version_table;

#[cfg(feature = "postgres")]
pub use blocking::{apply, undo, up};
pub use client::{BoxError, Client};
pub use command::Command;
pub use create::{CreateError, NewFile, Numbering, new_files};
pub use duration::{InvalidDuration, parse_duration};
pub use error::{ApplyError, Mistake, ReadError, RunError, RunErrorKind};
pub use fix::{Renumbering, renumber};
pub use format::{Format, UnknownFormat};
pub use migration::{Direction, Migration, Section, Statement, TransactionMode};
pub use migrator::{Migrator, Versions};
pub use plan::OutOfOrder;
pub use read::{File, Reader, Strictness, parse, read_dir};
pub use report::{Done, Event, MigrationStatus, Report, State, Status};
