//! `flowrun serve`, in this process and by a simulated clock.

#![allow(clippy::unwrap_used, missing_docs)]

mod hooks;
mod schedules;
mod world;
