//! Texts of which only the start was taken for a number: what a conversion leaves for those who tell of it.

use std::cell::Cell;

thread_local! {
    static CUT: Cell<Option<Box<str>>> = const { Cell::new(None) };
}

/// Notes that of `text` only the number at its start was taken.
pub(super) fn note(text: &str) {
    CUT.set(Some(text.into()));
}

/// The last text on this thread of which only the start was taken for a number, since this was asked last.
pub fn cut() -> Option<Box<str>> {
    CUT.take()
}
