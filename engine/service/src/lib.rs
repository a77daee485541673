//! Serves flows: starts them by the clock, by requests and by events, keeps what ran, and answers for it.
//!
//! A [`Service`] has projects; each has a store of its own. What starts a run is durable with the run's beginning or not at all, so
//! that each trigger that was accepted starts one run, whenever the process dies.

pub mod activity;
pub mod api;
pub mod bearer;
pub mod changes;
pub mod endpoints;
pub mod events;
pub mod follow;
pub mod gate;
pub mod hooks;
pub mod http;
pub mod inbox;
pub mod keeper;
pub mod names;
pub mod people;
pub mod polls;
pub mod projects;
pub mod runs;
pub mod schedules;
mod service;
pub mod switches;
pub mod tasks;
pub mod times;
pub mod versions;
pub mod watch;

pub use service::{Hosted, PARKS, STREAMS, Service, Setup};

/// A moment, as people and programs read it.
pub fn when(at_us: i64) -> String {
    let date = flowrun_core::value::Date::from_millis(at_us.div_euclid(1000));
    date.map(|date| date.to_string()).unwrap_or_default()
}
