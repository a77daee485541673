//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod cards;
mod cards_life;
mod checks;
mod expressions;
mod imports;
mod keys;
mod logs;
mod oauth;
mod org;
mod pages;
mod protocol;
mod resources;
mod settled;
mod sim;
mod token;
