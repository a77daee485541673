//! The tests of this crate from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod errand;
mod jwt_keys;
mod settled;
mod sim;
