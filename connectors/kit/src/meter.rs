//! What is counted of all that runs do outside, for whoever watches many of them.

use std::time::Duration;

/// Counts what runs do outside. It is told while they go on, so it must be quick.
pub trait Meter: Send + Sync {
    /// A card has ended, well or not, that used this connection.
    fn performed(&self, card: &str, connection: &str, well: bool, took: Duration);

    /// A request of a card was sent again, or all of the card is done again.
    fn repeated(&self, card: &str, reason: &'static str);

    /// Nobody knows whether what a card asked for was done.
    fn unsettled(&self, card: &str, reason: &'static str);

    /// A request over this connection waits before it is sent.
    fn waits(&self, connection: &str, reason: &'static str, length: Duration);

    /// So many requests more the vendor allows now, of those that share a limit.
    fn allows(&self, connection: &str, bucket: &str, requests: u32);
}
