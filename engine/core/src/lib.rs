//! The language, the checker and the machine of flowrun, without any I/O.
//!
//! A flow is loaded (text into a model with spans), checked (names become indices) and run by a machine that hands out
//! effects and takes back their results. Whatever owns a clock, a socket, a disk or a thread lies in other crates.

// The derive names this crate from outside; its own control cards are derived too.
extern crate self as flowrun_core;

pub mod card;
pub mod chance;
pub mod check;
pub mod control;
mod counted;
pub mod course;
pub mod credentials;
pub mod diag;
pub mod does;
pub mod duration;
pub mod effect;
pub mod encoding;
pub mod fault;
pub mod format;
pub mod journal;
pub mod keep;
pub mod load;
pub mod machine;
pub mod memory;
pub mod mocks;
pub mod model;
pub mod names;
pub mod path;
pub mod pattern;
mod print;
pub mod program;
pub mod quotes;
pub mod report;
pub mod settings;
pub mod source;
pub mod stored;
pub mod suggest;
pub mod template;
pub mod types;
pub mod value;
pub mod vocabulary;
pub mod words;
pub mod yaml;

pub use flowrun_derive::{Inputs, Outputs};
