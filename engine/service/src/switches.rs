//! Which flows are turned off: what operators switch, and no author writes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use flowrun_kit::clock::Clock;
use flowrun_store::{Batch, Note, NoteChange, Notes, Store, StoreError};

/// Notes that a flow was switched.
pub const SPACE: &str = "flow";

/// The flows that are off, and since when, in microseconds since 1970.
#[derive(Debug)]
pub struct Switches {
    store: Arc<dyn Store>,
    clock: Clock,
    off: Mutex<BTreeMap<Arc<str>, i64>>,
}

impl Switches {
    /// As they stand in a store.
    pub fn read(store: Arc<dyn Store>, clock: Clock) -> Result<Switches, StoreError> {
        let off = store.notes(&Notes::of(SPACE))?.into_iter().map(|note| (note.key, note.at_us)).collect();
        Ok(Switches { store, clock, off: Mutex::new(off) })
    }

    /// Whether triggers start a flow.
    pub fn is_on(&self, flow: &str) -> bool {
        self.off_since(flow).is_none()
    }

    /// Since when a flow is off, if it is.
    pub fn off_since(&self, flow: &str) -> Option<i64> {
        self.off.lock().unwrap_or_else(PoisonError::into_inner).get(flow).copied()
    }

    /// Turns a flow on or off; tells whether that changed anything, once it is on the disk.
    pub async fn set(&self, flow: &str, on: bool, now_us: i64) -> Result<bool, StoreError> {
        let (space, key): (Arc<str>, Arc<str>) = (Arc::from(SPACE), Arc::from(flow));
        let change = match on {
            true => NoteChange::Remove { space, key: key.clone() },
            false => NoteChange::Add(Note {
                space,
                key: key.clone(),
                at_us: now_us,
                due_us: None,
                body: Vec::new(),
            }),
        };
        let ticket = self.store.append(Batch::default().note(change));
        // The disk takes no simulated time.
        let hold = self.clock.hold();
        self.store.durable(ticket).await?;
        drop(hold);
        let mut off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match on {
            true => off.remove(&key).is_some(),
            false if off.contains_key(&key) => false,
            false => off.insert(key, now_us).is_none(),
        })
    }
}
