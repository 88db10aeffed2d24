//! Nested transactions.

use std::fmt;
use std::ops::{Deref, DerefMut};

use tokio_postgres::error::SqlState;

use super::Transaction;
use crate::error::{Error, Kind};
use crate::lex::quoted;

/// A nested transaction. It is the transaction to the functions that run in it, and is undone when it is dropped.
pub struct Savepoint<'t> {
    transaction: &'t mut Transaction,
    /// As it is written in SQL.
    name: String,
    depth: u32,
    is_open: bool,
}

impl<'t> Savepoint<'t> {
    pub(super) async fn begin(transaction: &'t mut Transaction, name: &str) -> Result<Self, Error> {
        let depth = transaction.depth + 1;
        let name = quoted(name);
        let savepoint = Self { transaction, name, depth, is_open: true };
        savepoint.send(&format!("SAVEPOINT {}", savepoint.name)).await?;
        savepoint.transaction.depth = depth;
        Ok(savepoint)
    }

    /// Makes what was done since part of the transaction.
    ///
    /// # Errors
    /// A statement since has failed; what was done since is then undone.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.send(&format!("RELEASE SAVEPOINT {}", self.name)).await.map_err(|error| {
            match error.sqlstate() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) {
                true => Error::after(Kind::RolledBack, error),
                false => error,
            }
        })?;
        self.is_open = false;
        Ok(())
    }

    /// Undoes what was done since; the transaction goes on.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn rollback(mut self) -> Result<(), Error> {
        self.send(&self.rollback_sql()).await?;
        self.is_open = false;
        Ok(())
    }

    /// Undoes what was done since, and goes on from there.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn rollback_to(&mut self) -> Result<(), Error> {
        self.send(&format!("ROLLBACK TO SAVEPOINT {}", self.name)).await
    }

    /// Commits or rolls back by `outcome`.
    pub(super) async fn end<T, E: From<Error>>(self, outcome: Result<T, E>) -> Result<T, E> {
        let undone_from = self.transaction.undone_from.filter(|from| *from <= self.depth);
        match outcome {
            Ok(value) if undone_from.is_some() => {
                if undone_from == Some(self.depth) {
                    self.transaction.undone_from = None;
                }
                self.rollback().await?;
                Ok(value)
            }
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one to tell; one that fails again shows at the outer COMMIT.
                let _ = self.rollback().await;
                Err(error)
            }
        }
    }

    fn rollback_sql(&self) -> String {
        format!("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", self.name)
    }
}

impl Deref for Savepoint<'_> {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        self.transaction
    }
}

impl DerefMut for Savepoint<'_> {
    fn deref_mut(&mut self) -> &mut Transaction {
        self.transaction
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.session().send_ahead(&self.rollback_sql());
        }
        self.transaction.depth = self.depth - 1;
    }
}

impl fmt::Debug for Savepoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Savepoint").field("depth", &self.depth).finish_non_exhaustive()
    }
}
