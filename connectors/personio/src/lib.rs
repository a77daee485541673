//! Personio cards and the Personio simulator
pub mod sim;
