//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod cards;
mod consent;
mod download;
mod login;
mod waits;
