//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod check;
mod format;
mod jsonpath;
mod load;
mod pattern;
mod stored;
