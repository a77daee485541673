//! Listens for requests: with limits on size and time, over TLS where it is asked for.

pub mod health;
pub mod metrics;
mod server;
mod tls;

pub use server::{Encryption, Limits, serve};
pub use tls::certificate;
