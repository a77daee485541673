//! Templates: minijinja, compiled once.
/// A compiled template.
#[derive(Debug)]
pub struct Template;
