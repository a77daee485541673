//! YAML as a person would have written it: how the texts of a file are quoted, and where its lines break.
//!
//! What is made of an export and what `flowrun fmt` writes look the same because both are written here.

mod layout;
mod scalar;

pub use layout::{Document, Entry, Yaml};
pub(crate) use scalar::is_typographic;
pub use scalar::{Scalar, constant, text};
