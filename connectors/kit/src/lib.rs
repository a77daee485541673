//! What connectors share: client, pacing, retries, simulator harness
pub mod activity;
pub mod address;
pub mod audit;
pub mod auth;
pub mod call;
pub mod client;
pub mod clock;
pub mod connector;
pub mod direct;
pub mod effect;
pub mod http;
pub mod in_process;
pub mod pacing;
pub mod retry;
pub mod sim;
pub mod written;
