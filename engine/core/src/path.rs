//! Wires: JSONPath (RFC 9535), compiled once.
/// The part of a wire that finds any number of places.
#[derive(Debug)]
pub struct Query;
