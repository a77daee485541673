//! Flow tests: files beside flows that say what is given to them and what is expected of them.
//!
//! A test file is read like a flow, with a place for everything ([`form`]), and held against the flow that it tests before anything runs. Each
//! case then runs in a world of its own, in which nothing real can be reached ([`run`]); what happened there is one value ([`happened`]), and what
//! is expected a pattern of it ([`held`]).

pub mod coverage;
pub mod crash;
pub mod fill;
pub mod form;
pub mod from;
pub mod happened;
pub mod held;
pub mod init;
mod outside;
mod recorded;
pub mod reports;
pub mod requests;
pub mod run;
pub mod secrets;
pub mod snapshots;
pub mod suite;
mod written;
