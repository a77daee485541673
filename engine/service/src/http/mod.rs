//! Listens for requests: with limits on size and time, over TLS where it is asked for.

pub mod health;
pub mod metrics;
mod proxied;
mod server;
#[cfg(unix)]
pub mod socket;
mod tls;

pub use proxied::only_from;
pub use server::{Encryption, Limits, Listener, serve};
pub use tls::certificate;
