//! What differs between two exports, projects or flows, told in the terms of flows and cards.
//!
//! Both sides are read into the model and compared there: flows are paired (`flows`), then their cards (`pairing`), then what
//! each pair says (`cards`, `fields`). Names by which wires know cards count nothing; what they point at does (`meaning`).

mod align;
mod calls;
mod cards;
mod compare;
mod fields;
mod flow;
mod flows;
mod json;
mod likeness;
mod manifest;
mod markdown;
mod meaning;
mod outline;
mod pairing;
pub mod report;
mod roots;
mod summary;
mod text;

pub use compare::{Scope, compare};
pub use json::json;
pub use markdown::markdown;
pub use summary::summary;
pub use text::text;
