//! The built-in cards of flowrun that need nothing but their inputs: one file each, one folder for each of
//! Okta's categories.
//!
//! To add one, copy its neighbour's file and name it in the list of its group's `mod.rs`.

use flowrun_core::card::{Card, Catalog};

/// Declares the modules of a group and the table of their cards: `cards! { TEXT: split::Split, trim::Trim }`.
macro_rules! cards {
    ($group:ident: $($module:ident::$card:ident),+ $(,)?) => {
        $(mod $module;)+

        /// The cards of this group, in the order of the manual.
        pub static $group: &[$crate::prelude::Card] = &[$($crate::prelude::Card::pure::<$module::$card>()),+];
    };
}

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
    pub use flowrun_core::fault::{Fault, FaultKind, Result};
    pub use flowrun_core::types::{Kind, Type};
    pub use flowrun_core::value::{
        Date, FromValue, IntoValue, Mismatch, Operator, Path, Record, Text, Value,
    };
    pub use flowrun_core::{Inputs, Outputs, bail, examples};
}

/// Every group of cards that needs no connector, those that the machine carries out among them.
pub static ALL: &[&[Card]] = &[
    flowrun_core::control::CARDS,
    flow_control::FLOW_CONTROL,
    list::LIST,
    object::OBJECT,
    text::TEXT,
    number::NUMBER,
    true_false::TRUE_FALSE,
    date_time::DATE_TIME,
    json::JSON,
    xml::XML,
    csv::CSV,
    url::URL,
    encryption::ENCRYPTION,
    jwt::JWT,
];

/// Every group of cards that needs no connector; connectors chain theirs to it.
pub fn groups() -> impl Iterator<Item = &'static [Card]> {
    ALL.iter().copied()
}

/// The catalog of all cards that need no connector.
pub fn catalog() -> Catalog {
    Catalog::new(groups())
}
