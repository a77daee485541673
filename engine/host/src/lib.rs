//! Runs flows: sessions, the driver, time, the network.

pub mod driver;
pub mod exchange;
pub mod http;
pub mod mocked;
pub mod network;
pub mod perform;
pub mod record;
pub mod runtime;
pub mod session;
pub mod shuffled;
