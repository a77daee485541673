//! Drives the machine: time, connections, journals.

pub mod connections;
pub mod driver;
pub mod http;
pub mod network;
pub mod perform;
pub mod source;
