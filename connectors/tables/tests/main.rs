//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod at_once;
mod csv;
mod kept;
mod perform;
mod replayed;
mod steps;
mod tables;
