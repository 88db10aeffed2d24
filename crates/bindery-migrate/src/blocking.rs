//! Runs on a connection of the synchronous driver.

use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use postgres::{Error, SimpleQueryMessage};

use crate::client::Client;
use crate::command::Command;
use crate::error::{ApplyError, RunError};
use crate::execute::execute;
use crate::migration::{Direction, Migration};
use crate::migrator::Migrator;
use crate::report::{Report, Status};
use crate::session::Session;

/// Each call blocks, so that each future is done when it is first asked.
impl Client for postgres::Client {
    fn batch_execute(&mut self, sql: &str) -> impl Future<Output = Result<(), Error>> + Send {
        ready(Self::batch_execute(self, sql))
    }

    fn simple_query(
        &mut self,
        sql: &str,
    ) -> impl Future<Output = Result<Vec<SimpleQueryMessage>, Error>> + Send {
        ready(Self::simple_query(self, sql))
    }

    fn pause(&mut self, time: Duration) -> impl Future<Output = ()> + Send {
        thread::sleep(time);
        ready(())
    }
}

/// Applies `migrations` in the order given to an empty database, as a build does: nothing is noted, and nobody else is
/// there to lock out. Each begins with the settings that the connection had.
///
/// # Errors
/// The server refuses a statement. The migrations before it are applied, and so are the statements before it if they run in
/// no transaction.
pub fn apply(client: &mut postgres::Client, migrations: &[Migration]) -> Result<(), ApplyError> {
    finished(run_all(client, migrations.iter(), Direction::Up))
}

/// Undoes `migrations`, the last one first, with nothing noted, as [`apply`] applies them. One without a Down is passed
/// over.
///
/// # Errors
/// As there.
pub fn undo(client: &mut postgres::Client, migrations: &[Migration]) -> Result<(), ApplyError> {
    finished(run_all(client, migrations.iter().rev(), Direction::Down))
}

/// As [`Migrator::run`] with [`Command::Up`] and the defaults.
///
/// # Errors
/// As there.
pub fn up(client: &mut postgres::Client, migrations: &[Migration]) -> Result<Report, RunError> {
    Migrator::new(migrations.to_vec()).run_blocking(client, Command::Up)
}

impl Migrator {
    /// As [`run`](Self::run), on a connection of the synchronous driver.
    ///
    /// # Errors
    /// As there.
    pub fn run_blocking(&self, client: &mut postgres::Client, command: Command) -> Result<Report, RunError> {
        finished(self.run(client, command))
    }

    /// As [`status`](Self::status), on a connection of the synchronous driver.
    ///
    /// # Errors
    /// As there.
    pub fn status_blocking(&self, client: &mut postgres::Client) -> Result<Status, RunError> {
        finished(self.status(client))
    }
}

async fn run_all(
    client: &mut postgres::Client,
    migrations: impl Iterator<Item = &Migration>,
    direction: Direction,
) -> Result<(), ApplyError> {
    let sections: Vec<_> = migrations.filter_map(|migration| migration.section(direction)).collect();
    let Some(first) = sections.first() else { return Ok(()) };
    let session = Session::begin(client).await.map_err(|error| ApplyError::in_file(first, error))?;
    for section in sections {
        execute(client, section, &session.restore_and("")).await?;
    }
    Ok(())
}

fn finished<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a future of the synchronous driver is done when it is made"),
    }
}
