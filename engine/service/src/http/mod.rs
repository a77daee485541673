//! Listens for requests: with limits on size and time, over TLS where it is asked for.

pub mod health;
pub mod metrics;
mod proxied;
mod server;
mod tls;

pub use proxied::only_from;
pub use server::{Encryption, Limits, serve};
pub use tls::certificate;
