//! Personio cards and the Personio simulator

mod attributes;
mod check;
mod connection;
mod employees;
mod login;
mod person;
mod persons;
mod record;
#[cfg(feature = "sim")]
pub mod sim;
mod v2;
mod vendor;

pub use connection::{Personio, connector};

flowrun_kit::effect_cards! {
    list_employees::ListEmployees,
    read_employee::ReadEmployee,
    list_persons::ListPersons,
    list_employments::ListEmployments,
}
