//! The prepared statements of one connection: one Parse a statement, and not too many kept.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use tokio_postgres::Statement;

use crate::query::Source;

/// A statement that may still be on its way: calls that need it at the same time wait for one Parse.
pub(crate) type Cell = Arc<OnceCell<Prepared>>;

/// A statement that the server knows.
pub(crate) struct Prepared {
    pub statement: Statement,
    /// Whether it changes what the next user of the connection would meet.
    pub alters: bool,
}

/// What is prepared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A generated query, by its address.
    Generated(usize),
    /// A text from outside the query files.
    Text(Box<str>),
}

impl From<Source<'_>> for Key {
    fn from(source: Source<'_>) -> Self {
        match source {
            Source::Query(query) => Self::Generated(ptr::from_ref(query).addr()),
            Source::Text(sql) => Self::Text(sql.into()),
        }
    }
}

/// The statements by what they were prepared for. The one that was not used for the longest time goes when there are too
/// many; the driver then closes it on the server.
pub(crate) struct Statements {
    table: Mutex<Table>,
    most: usize,
}

#[derive(Default)]
struct Table {
    entries: HashMap<Key, Entry, BuildHasherDefault<KeyHasher>>,
    uses: u64,
}

struct Entry {
    cell: Cell,
    last_use: u64,
}

/// The hash of the Rust compiler's own tables (FxHash): an address needs no more, and nobody but the program chooses the
/// texts.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        // The low bits of an address are zeros, and so are those of a product of it.
        self.0.rotate_left(26)
    }
}

impl Statements {
    pub fn new(most: usize) -> Self {
        Self { table: Mutex::default(), most }
    }

    /// The place of a statement, prepared or not.
    pub fn cell(&self, key: Key) -> Cell {
        let mut table = self.table();
        table.uses += 1;
        let now = table.uses;
        if let Some(entry) = table.entries.get_mut(&key) {
            entry.last_use = now;
            return entry.cell.clone();
        }
        if table.entries.len() >= self.most {
            table.drop_least_used();
        }
        let cell = Cell::default();
        table.entries.insert(key, Entry { cell: cell.clone(), last_use: now });
        cell
    }

    /// Forgets a statement whose plan the server can no longer use.
    pub fn forget(&self, key: &Key) {
        self.table().entries.remove(key);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn drop_least_used(&mut self) {
        let least = self.entries.iter().min_by_key(|(_, entry)| entry.last_use);
        if let Some(key) = least.map(|(key, _)| key.clone()) {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_used_statement_goes() {
        let key = |sql| Key::from(Source::Text(sql));
        let statements = Statements::new(2);
        let first = statements.cell(key("SELECT 1"));
        statements.cell(key("SELECT 2"));
        assert!(Arc::ptr_eq(&first, &statements.cell(key("SELECT 1"))));
        statements.cell(key("SELECT 3"));
        assert!(Arc::ptr_eq(&first, &statements.cell(key("SELECT 1"))));
        let keys: Vec<_> = statements.table().entries.keys().cloned().collect();
        assert!(!keys.contains(&key("SELECT 2")) && keys.len() == 2, "{keys:?}");
    }
}
