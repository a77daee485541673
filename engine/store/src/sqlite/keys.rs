//! Which key a store knows.

use rusqlite::params;

use super::{Sqlite, read};
use crate::error::{Result, StoreError, Trouble};
use crate::key::{KEY_FILE, KEY_VARIABLE, Key};
use crate::port::Store;
use crate::run::Filter;

impl Sqlite {
    /// The key of this store; its first use makes one. `variable` is the value of `FLOWRUN_STORE_KEY`.
    ///
    /// Without its key a store can still be used: the error says what is lost.
    pub fn key(&self, variable: Option<&str>) -> Result<Key> {
        let known = self.read(|connection| read::meta(connection, MARK))?;
        let found = Key::find(self.folder(), variable)?;
        match (known, found) {
            (Some(mark), Some(key)) if *mark == key.mark() => Ok(key),
            (Some(_), found) => Err(self.lost(found.as_ref())?),
            (None, Some(key)) => self.remember_key(key),
            (None, None) => self.remember_key(Key::make(self.folder())?),
        }
    }

    /// Gives up the key that the store knows for the one that is there now, or a new one: what was sealed before stays shut.
    pub fn replace_key(&self, variable: Option<&str>) -> Result<Key> {
        match Key::find(self.folder(), variable)? {
            Some(key) => self.remember_key(key),
            None => self.remember_key(Key::make(self.folder())?),
        }
    }

    /// Whether this is the key that the store remembers.
    pub(super) fn knows(&self, key: &Key) -> bool {
        let known = self.read(|connection| read::meta(connection, MARK));
        known.is_ok_and(|known| known.is_some_and(|mark| *mark == key.mark()))
    }

    fn remember_key(&self, key: Key) -> Result<Key> {
        let mark = key.mark();
        self.call(move |desk| {
            let mut insert =
                desk.connection.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")?;
            insert.execute(params![MARK, mark])?;
            Ok(())
        })?;
        Ok(key)
    }

    /// What is lost without the key, and what is not.
    fn lost(&self, other: Option<&Key>) -> Result<StoreError> {
        let open = self.runs(&Filter::open())?.len();
        let what = match other {
            Some(key) => format!("the key from {} is not the one of this store", key.origin()),
            None => format!(
                "the key of this store is not there, neither as {KEY_VARIABLE} nor as {KEY_FILE} beside it"
            ),
        };
        let runs = match open {
            0 => "no run is open, so that only secrets in the values of ended runs are lost".to_owned(),
            1 => "the secrets of 1 open run can't be opened, so that it can't go on if it has any".to_owned(),
            open => format!(
                "the secrets of {open} open runs can't be opened, so that those that have any can't go on"
            ),
        };
        let message = format!("{what}: {runs}; all the rest can be read, and tables are whole");
        Ok(StoreError::new(Trouble::Key, message).help(
            "put the key back; or, if it is lost for good, `flowrun doctor --new-key` begins with a new one",
        ))
    }
}

/// Where the file remembers its key.
const MARK: &str = "key";
