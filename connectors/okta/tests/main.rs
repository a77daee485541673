//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod cards;
mod cards_life;
mod checks;
mod keys;
mod oauth;
mod sim;
mod token;
