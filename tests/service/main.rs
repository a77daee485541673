//! `flowrun serve`, in this process and by a simulated clock.

#![allow(clippy::unwrap_used, missing_docs)]

mod client;
mod interface;
mod schedules;
mod world;
