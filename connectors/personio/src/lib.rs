//! Personio cards and the Personio simulator
