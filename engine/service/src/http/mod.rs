//! Listens for requests: with limits on size and time, over TLS where it is asked for.

pub mod health;
mod server;

pub use server::{Encryption, Limits, serve};
