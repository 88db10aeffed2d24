//! Runs every Up on an empty database, as a build does: nothing is noted down.

use postgres::Client;

use crate::error::ApplyError;
use crate::migration::{Migration, Section, TransactionMode};

/// Applies `migrations` in the order given; their Downs are not touched.
///
/// # Errors
/// The server refuses a statement. The migrations before it are applied, and so are the statements before it if its
/// file runs in no transaction.
pub fn apply(client: &mut Client, migrations: &[Migration]) -> Result<(), ApplyError> {
    migrations.iter().try_for_each(|migration| apply_one(client, &migration.up, None))
}

/// Applies one migration and then runs `note`, in the same transaction if there is one.
pub(crate) fn apply_one(
    client: &mut Client,
    section: &Section,
    note: Option<&str>,
) -> Result<(), ApplyError> {
    match section.transaction {
        TransactionMode::None => run(section, note, |sql| client.batch_execute(sql)),
        TransactionMode::PerFile => {
            let mut transaction =
                client.transaction().map_err(|error| ApplyError::in_file(section, error))?;
            run(section, note, |sql| transaction.batch_execute(sql))?;
            transaction.commit().map_err(|error| ApplyError::in_file(section, error))
        }
    }
}

/// A message a statement: two in one would be a transaction of their own.
fn run(
    section: &Section,
    note: Option<&str>,
    mut execute: impl FnMut(&str) -> Result<(), postgres::Error>,
) -> Result<(), ApplyError> {
    for (index, statement) in section.statements.iter().enumerate() {
        execute(&statement.sql).map_err(|error| ApplyError::in_statement(section, index, error))?;
    }
    note.map_or(Ok(()), |note| execute(note).map_err(|error| ApplyError::in_file(section, error)))
}
