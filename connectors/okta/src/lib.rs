//! Okta cards and the Okta simulator
