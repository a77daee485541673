//! A project on disk: its flow files and manifest, an export in their place, and the connections file beside it.

pub mod bounded;
pub mod bundle;
pub mod check;
pub mod connections;
pub mod edit;
mod exclude;
pub mod export;
pub mod folder;
mod problem;
pub mod project;
pub mod source;
pub mod stamp;
mod trust;

pub use problem::{Mistakes, Problem, Refused, unreadable, unwritable};
pub use project::Project;
