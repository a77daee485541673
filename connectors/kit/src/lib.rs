//! What connectors share: client, pacing, retries, simulator harness
pub mod clock;
pub mod effect;
pub mod sim;
