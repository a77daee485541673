//! Personio cards and the Personio simulator

mod attributes;
mod check;
mod connection;
mod employees;
mod login;
mod person;
mod persons;
mod record;
pub mod sim;
mod v2;
mod vendor;

pub use connection::{Personio, connector, simulated};

flowrun_kit::effect_cards! {
    list_employees::ListEmployees,
    read_employee::ReadEmployee,
    list_persons::ListPersons,
    list_employments::ListEmployments,
}
