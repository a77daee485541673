//! The commands: each with its arguments and what it does.

pub mod again;
pub mod backup;
pub mod cards;
pub mod check;
pub mod completions;
pub mod connections;
pub mod convert;
pub mod diff;
pub mod docs;
pub mod doctor;
pub mod endpoints;
pub mod flows;
pub mod fmt;
pub mod graph;
pub mod hooks;
pub mod over;
pub mod run;
pub mod runs;
pub mod sandbox;
pub mod schedules;
pub mod schema;
pub mod serve;
pub mod tables;
pub mod tell;
pub mod test;
pub mod token;
