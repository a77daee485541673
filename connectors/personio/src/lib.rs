//! Personio cards and the Personio simulator

mod connection;
mod list_employees;
mod read_employee;
mod record;
pub mod sim;

pub use connection::{CONNECTOR, Personio, simulated};

use flowrun_kit::effect::EffectCard;

/// Personio's cards.
pub static CARDS: &[EffectCard] =
    &[EffectCard::of::<list_employees::ListEmployees>(), EffectCard::of::<read_employee::ReadEmployee>()];
