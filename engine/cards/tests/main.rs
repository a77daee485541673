//! The tests of this crate from outside, in one binary.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod declarations;
mod limits;
mod perform;
mod vectors;
mod vectors_list_date;
