//! Who may do what in a service, tried by a browser, a provider and attackers, all in this process and on a simulated clock.
//!
//! Tokens and keys are made by `jsonwebtoken` and by PyJWT (`keys/make.py`): what verifies them must not be what made them.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod attacks;
mod bearer;
mod browser;
mod keys;
mod provider;
mod sign_in;
mod tokens;
mod world;
