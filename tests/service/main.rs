//! `flowrun serve`, in this process and by a simulated clock.

#![allow(clippy::unwrap_used, missing_docs)]

mod begins;
mod client;
mod console;
mod counted;
mod day;
mod endpoints;
mod hooks;
mod interface;
mod month;
mod operating;
mod polls;
mod remote;
mod schedules;
mod world;
