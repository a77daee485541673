//! Personio cards and the Personio simulator

mod attributes;
mod check;
mod connection;
mod employees;
mod list_employees;
mod list_employments;
mod list_persons;
mod login;
mod person;
mod persons;
mod read_employee;
mod record;
pub mod sim;
mod v2;
mod vendor;

pub use connection::{CONNECTOR, Personio, simulated};

use flowrun_kit::effect::EffectCard;

/// Personio's cards.
pub static CARDS: &[EffectCard] = &[
    EffectCard::of::<list_employees::ListEmployees>(),
    EffectCard::of::<read_employee::ReadEmployee>(),
    EffectCard::of::<list_persons::ListPersons>(),
    EffectCard::of::<list_employments::ListEmployments>(),
];
