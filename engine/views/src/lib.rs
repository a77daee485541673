//! What is shown of a project or of a report: transcripts, explanations of failures, pictures, pages, differences, the manual of the cards.
//!
//! Each is a function of what it shows; nothing here reads a file or writes to a stream.

// Nobody outside of flowrun builds on it: a comment is written where a name does not say all.
#![allow(missing_docs)]

pub mod catalog;
pub mod diff;
pub mod docs;
pub mod failure;
pub mod graph;
pub mod look;
pub mod markup;
pub mod mistakes;
pub mod private;
pub mod schema;
pub mod transcript;
