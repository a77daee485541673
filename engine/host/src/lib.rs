//! Drives the machine: time, connections, journals.

pub mod driver;
pub mod http;
