//! How a transaction begins, and whether it is run again.

use std::ops::AsyncFnOnce;
use std::time::Duration;

use super::Transaction;
use crate::client::DatabaseClient;
use crate::config::jitter;
use crate::connection::Connection;
use crate::error::Error;

/// How much a transaction sees of others. The default is the server's `default_transaction_isolation`, `read committed`
/// unless it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after another; one that cannot be fitted in fails with 40001.
    Serializable,
}

/// What BEGIN is told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TransactionOptions {
    isolation: Option<Isolation>,
    read_only: bool,
    deferrable: bool,
    is_undone: bool,
}

/// A transaction that has not begun: [`DatabaseClient::build_transaction`].
///
/// ```no_run
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// use bindery::Isolation;
///
/// let report = client.build_transaction().isolation(Isolation::RepeatableRead).read_only().begin().await?;
/// // generated functions take `&report`
/// report.commit().await?;
///
/// client
///     .build_transaction()
///     .isolation(Isolation::Serializable)
///     .retry(async |tx| {
///         // runs again after 40001 and 40P01
///         tx.set("application_name", "transfer").await
///     })
///     .await
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing before it begins"]
pub struct TransactionBuilder<'c> {
    client: &'c DatabaseClient,
    options: TransactionOptions,
    attempts: u32,
}

impl<'c> TransactionBuilder<'c> {
    pub(crate) fn new(client: &'c DatabaseClient) -> Self {
        Self { client, options: TransactionOptions::default(), attempts: 10 }
    }

    /// How much it sees of others.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options.isolation = Some(isolation);
        self
    }

    /// The server refuses to write in it.
    pub fn read_only(mut self) -> Self {
        self.options.read_only = true;
        self
    }

    /// With [`Isolation::Serializable`] and [`read_only`](Self::read_only): it may wait at its beginning, and is then never
    /// the one that has to be run again.
    pub fn deferrable(mut self) -> Self {
        self.options.deferrable = true;
        self
    }

    /// It is rolled back also if all goes well: a dry run. Only for [`run`](Self::run).
    pub fn undone(mut self) -> Self {
        self.options.is_undone = true;
        self
    }

    /// How often [`retry`](Self::retry) runs its work at most. The default is 10.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Begins it on a connection of its own.
    ///
    /// # Errors
    /// As [`DatabaseClient::connection`], and if the server refuses.
    pub async fn begin(self) -> Result<Transaction, Error> {
        self.options.begin_on(self.client.connection().await?).await
    }

    /// Runs `work` in it: commits if it returns `Ok`, rolls back if it returns `Err`, panics or is dropped.
    ///
    /// # Errors
    /// What `work` returns, or what goes wrong at the beginning or the end.
    pub async fn run<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E>,
        E: From<Error>,
    {
        let mut transaction = self.begin().await?;
        let outcome = work(&mut transaction).await;
        transaction.end(outcome).await
    }

    /// As [`run`](Self::run), and runs `work` again, in a new transaction and after a short pause, if the server could not
    /// fit it in with others: a serialization failure (40001) or a deadlock (40P01), whatever `work` has made of that error.
    ///
    /// `work` is cloned for each attempt, so it can read what it borrows and not change it.
    ///
    /// # Errors
    /// As `run`; those of the last attempt.
    pub async fn retry<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E> + Clone,
        E: From<Error>,
    {
        let mut pause = Duration::from_millis(5);
        let mut attempt = 1;
        loop {
            let mut transaction = self.begin().await?;
            let collided = transaction.session().collisions();
            let outcome = work.clone()(&mut transaction).await;
            let outcome = transaction.end(outcome).await;
            if outcome.is_ok() || attempt >= self.attempts || !collided.any() {
                return outcome;
            }
            attempt += 1;
            tokio::time::sleep(jitter(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}

impl TransactionOptions {
    pub async fn begin_on(self, connection: Connection) -> Result<Transaction, Error> {
        // Whatever comes of it, the pool makes sure that there is none left.
        connection.session().set_in_transaction(true);
        connection.send(&self.sql()).await?;
        let mut transaction = Transaction::new(connection);
        if self.is_undone {
            transaction.undo();
        }
        Ok(transaction)
    }

    fn sql(self) -> String {
        let isolation = self.isolation.map_or("", |isolation| match isolation {
            Isolation::ReadCommitted => " ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => " ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => " ISOLATION LEVEL SERIALIZABLE",
        });
        let access = if self.read_only { " READ ONLY" } else { "" };
        let deferrable = if self.deferrable { " DEFERRABLE" } else { "" };
        format!("BEGIN{isolation}{access}{deferrable}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_says_what_was_asked_for() {
        let options = TransactionOptions {
            isolation: Some(Isolation::Serializable),
            read_only: true,
            deferrable: true,
            is_undone: false,
        };
        assert_eq!(options.sql(), "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE");
        assert_eq!(TransactionOptions::default().sql(), "BEGIN");
    }
}
