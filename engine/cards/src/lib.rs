//! The built-in pure cards of flowrun
