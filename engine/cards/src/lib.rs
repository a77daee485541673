//! The built-in cards of flowrun that need nothing but their inputs: one file each, one folder for each of
//! Okta's categories.
//!
//! To add one, copy its neighbour's file and name it in the list of its group's `mod.rs`.

use std::sync::Arc;

use flowrun_core::card::{Card, Catalog};

mod chance;
pub mod csv;
pub mod date_time;
pub mod encryption;
pub mod flow_control;
pub mod json;
pub mod jwt;
pub mod list;
pub mod number;
pub mod object;
pub mod text;
pub mod true_false;
pub mod url;
pub mod xml;

/// What every card's file uses.
pub mod prelude {
    pub use std::sync::Arc;

    pub use flowrun_core::card::{Card, Cx, Example, Pure};
    pub use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
    pub use flowrun_core::types::{Kind, Type};
    pub use flowrun_core::value::{
        Date, FromValue, IntoValue, Mismatch, Operator, Path, Record, Text, Value,
    };
    pub use flowrun_core::{Inputs, Outputs, bail, examples};
}

/// All cards that need no connector, those that the machine carries out among them.
pub fn cards() -> Vec<Arc<Card>> {
    let groups = [
        flowrun_core::control::cards(),
        flow_control::pure_cards(),
        list::pure_cards(),
        object::pure_cards(),
        text::pure_cards(),
        number::pure_cards(),
        true_false::pure_cards(),
        date_time::pure_cards(),
        json::pure_cards(),
        xml::pure_cards(),
        csv::pure_cards(),
        url::pure_cards(),
        encryption::pure_cards(),
        jwt::pure_cards(),
    ];
    groups.into_iter().flatten().collect()
}

/// The catalog of all cards that need no connector.
pub fn catalog() -> Catalog {
    Catalog::new(cards())
}
