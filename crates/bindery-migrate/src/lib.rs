//! SQL migrations, in the files of goose and of other tools: parsers and runner.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let migrations = bindery_migrate::read_dir("migrations")?;
//! let mut client = postgres::Client::connect("host=localhost user=app", postgres::NoTls)?;
//! for done in bindery_migrate::up(&mut client, &migrations)?.applied {
//!     println!("{done}");
//! }
//! # Ok(()) }
//! ```
//!
//! Each tool's files are read by its own rules: [goose](https://github.com/pressly/goose) 3.27, golang-migrate, dbmate,
//! sql-migrate, tern, and plain SQL such as pg_dump writes; see [`Format`]. Where a tool would silently run something else
//! than what is written, or leave a file out, this crate refuses the file and says what to do.

mod apply;
mod error;
mod format;
mod migration;
mod quotes;
mod read;
mod up;

pub use apply::apply;
pub use error::{ApplyError, Mistake, ReadError, UpError};
pub use format::goose::parse;
pub use format::{Format, UnknownFormat};
pub use migration::{Migration, Section, Statement, TransactionMode};
pub use read::{File, Reader, Strictness, read_dir};
pub use up::{Report, up};
