//! What every store does, what the one on a disk does besides.

#![allow(clippy::unwrap_used)]

mod alike;
mod conformance;
mod disk;
mod given;

use flowrun_store::{InMemory, Sqlite};

#[test]
fn in_memory_does_what_every_store_does() {
    conformance::hold(|_| Box::new(InMemory::new()));
}

#[test]
fn in_memory_by_hand_does_what_every_store_does() {
    conformance::hold(|_| Box::new(given::Committing(InMemory::by_hand())));
}

#[test]
fn sqlite_does_what_every_store_does() {
    conformance::hold(|folder| Box::new(given::own(folder)));
}

/// Objects of the port are what the engine holds.
#[test]
fn a_store_may_be_shared_by_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Sqlite>();
    shared::<InMemory>();
    shared::<Box<dyn flowrun_store::Store>>();
}
