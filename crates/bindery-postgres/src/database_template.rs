//! A database that others are copied from, made once for all who need it.

use std::fmt;

use crate::database::Database;
use crate::error::Error;
use crate::server::Server;

/// A database that others are copied from, such as the migrated one of which each test gets a copy.
///
/// Nobody connects to it, since a database that somebody is connected to cannot be copied.
pub struct Template {
    original: Original,
}

enum Original {
    /// On the temporary server of this process, which was started from the cache if the state was there. None once it was
    /// given away.
    Own(Option<Box<Database>>),
    /// On the given server, where processes share it.
    Shared { server: Server, name: String },
}

impl Template {
    /// The one that is known under `key`, which names all that `make` depends on. If there is none, `make` is called with
    /// an empty database, to which nobody may be connected when it returns.
    ///
    /// On a temporary server it is made once and found in the cache from then on, as with
    /// [`Server::start_from`]. On the server of `BINDERY_DATABASE_URL` it is shared with other processes
    /// that use the same URL at the same time, and whoever is the last to drop its handle drops the database.
    ///
    /// # Errors
    /// As [`Server::start_from`], and what `make` fails with.
    pub fn open<E>(key: &str, make: impl FnOnce(&Database) -> Result<(), E>) -> Result<Self, E>
    where
        E: From<Error>,
    {
        let (server, found) = Server::start_from(&[key.to_owned()])?;
        let original = match server.given() {
            None => Original::Own(Some(Box::new(own(&server, key, found.is_some(), make)?))),
            Some(_) => Original::Shared { name: shared(&server, key, make)?, server },
        };
        Ok(Self { original })
    }

    /// Makes a copy, which is dropped with its handle.
    ///
    /// # Errors
    /// The server refuses.
    pub fn create_database(&self) -> Result<Database, Error> {
        match &self.original {
            Original::Own(Some(database)) => database.server().create_database_from(database),
            Original::Own(None) => Err(Error::new("the last copy of the template was made")),
            Original::Shared { server, name } => server.create_database_named(name),
        }
    }

    /// Makes the last copy: of a temporary server it is the template itself, which costs nothing.
    ///
    /// # Errors
    /// As [`create_database`](Self::create_database), which fails from now on where the template was given away.
    pub fn create_last_database(&mut self) -> Result<Database, Error> {
        if let Original::Own(database) = &mut self.original
            && let Some(database) = database.take()
        {
            return Ok(*database);
        }
        self.create_database()
    }
}

fn own<E: From<Error>>(
    server: &Server,
    key: &str,
    is_made: bool,
    make: impl FnOnce(&Database) -> Result<(), E>,
) -> Result<Database, E> {
    let database = server.create_database()?;
    if !is_made {
        make(&database)?;
        // A cache that is full, or cannot be written to, costs time only.
        let _ = server.keep(key);
    }
    Ok(database)
}

fn shared<E: From<Error>>(
    server: &Server,
    key: &str,
    make: impl FnOnce(&Database) -> Result<(), E>,
) -> Result<String, E> {
    let given = server.given().expect("it was asked for");
    let shared = given.enter(key)?;
    let made = match shared.is_made {
        true => Ok(()),
        // It gets its name when it is whole. Until then it is one that the next run sweeps should this one be killed.
        false => server.create_database().map_err(E::from).and_then(|database| {
            make(&database)?;
            given.name_template(database.name(), &shared.name).map_err(E::from)
        }),
    };
    let unlocked = given.unlock_door(&shared.name).map_err(E::from);
    match made.and(unlocked) {
        Ok(()) => Ok(shared.name),
        Err(error) => {
            given.leave(&shared.name);
            Err(error)
        }
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        if let Original::Shared { server, name } = &self.original
            && let Some(given) = server.given()
        {
            given.leave(name);
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.original {
            Original::Own(database) => database.as_ref().map(|database| database.name()),
            Original::Shared { name, .. } => Some(name.as_str()),
        };
        f.debug_struct("Template").field("name", &name).finish_non_exhaustive()
    }
}
