//! Okta cards and the Okta simulator
pub mod sim;
