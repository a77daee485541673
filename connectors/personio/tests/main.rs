//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod account;
mod asked;
mod cards;
mod sim;
mod sim_v2;
mod times;
mod v2;
