//! What is kept of people in the store, with a copy in memory: one process has the store, and each request asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_store::{Batch, Note, NoteChange, Notes, Result, Store, StoreError, Ticket, Trouble};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The notes of a space, each with its value.
#[derive(Debug)]
pub(super) struct Kept<T> {
    store: Arc<dyn Store>,
    space: Arc<str>,
    all: Mutex<BTreeMap<Arc<str>, Entry<T>>>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    at_us: i64,
    value: T,
}

impl<T: Serialize + DeserializeOwned + Clone> Kept<T> {
    /// Reads what is there.
    pub(super) fn open(store: Arc<dyn Store>, space: &str) -> Result<Kept<T>> {
        let mut all = BTreeMap::new();
        for note in store.notes(&Notes::of(space))? {
            let value = serde_json::from_slice(&note.body).map_err(|error| {
                let message =
                    format!("a note about people, `{}` in `{space}`, can't be read: {error}", note.key);
                StoreError::new(Trouble::Damaged, message).help("a later flowrun may have written it")
            })?;
            all.insert(note.key, Entry { at_us: note.at_us, value });
        }
        Ok(Kept { store, space: Arc::from(space), all: Mutex::new(all) })
    }

    pub(super) fn get(&self, key: &str) -> Option<T> {
        self.all().get(key).map(|entry| entry.value.clone())
    }

    pub(super) fn list(&self) -> Vec<(Arc<str>, T)> {
        self.all().iter().map(|(key, entry)| (key.clone(), entry.value.clone())).collect()
    }

    /// Keeps something new; it counts as soon as it is on the disk.
    pub(super) async fn put(&self, key: &str, at_us: i64, value: T) -> Result<()> {
        let key: Arc<str> = Arc::from(key);
        let batch = Batch::default().note(NoteChange::Put(self.note(&key, at_us, &value)));
        self.store.durable(self.store.append(batch)).await?;
        self.all().insert(key, Entry { at_us, value });
        Ok(())
    }

    /// Changes what is kept, and waits for no disk: for what may be lost in a crash.
    pub(super) fn change(&self, key: &str, change: impl FnOnce(&mut T)) {
        let mut all = self.all();
        let Some(entry) = all.get_mut(key) else { return };
        change(&mut entry.value);
        let note = self.note(&Arc::from(key), entry.at_us, &entry.value);
        // In the order in which it is changed in memory.
        self.store.append(Batch::default().note(NoteChange::Put(note)));
    }

    /// Forgets all that `gone` says yes to. None of it counts any more from now on; it is gone from the disk when this returns.
    pub(super) async fn remove(&self, gone: impl Fn(&str, &T) -> bool) -> Result<Vec<(Arc<str>, T)>> {
        let (removed, ticket) = self.take(gone);
        if let Some(ticket) = ticket {
            self.store.durable(ticket).await?;
        }
        Ok(removed)
    }

    /// The same without waiting for the disk: for what no longer counts in any case.
    pub(super) fn sweep(&self, gone: impl Fn(&str, &T) -> bool) {
        self.take(gone);
    }

    fn take(&self, gone: impl Fn(&str, &T) -> bool) -> (Vec<(Arc<str>, T)>, Option<Ticket>) {
        let mut removed = Vec::new();
        let mut all = self.all();
        all.retain(|key, entry| {
            let goes = gone(key, &entry.value);
            if goes {
                removed.push((key.clone(), entry.value.clone()));
            }
            !goes
        });
        let remove = |key: &Arc<str>| NoteChange::Remove { space: self.space.clone(), key: key.clone() };
        let notes: Vec<NoteChange> = removed.iter().map(|(key, _)| remove(key)).collect();
        let ticket = (!notes.is_empty()).then(|| self.store.append(Batch { notes, ..Batch::default() }));
        (removed, ticket)
    }

    fn note(&self, key: &Arc<str>, at_us: i64, value: &T) -> Note {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Note { space: self.space.clone(), key: key.clone(), at_us, due_us: None, body }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Entry<T>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
