//! External cards: those of connectors that flowrun lacks, and the answers that are given in their place.

mod answers;

use flowrun_core::card::Category;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::Connection;

pub use answers::{Answers, MAX_BYTES, example_answers};

flowrun_kit::effect_cards! {
    card::ExternalCard,
}

/// What a run has in place of connectors that flowrun lacks.
pub fn connector() -> Connector {
    let category = Category { id: "external".into(), title: "External".into(), colour: None };
    Connector { category: Some(category), ..Connector::own(Answers::CONNECTOR, effect_cards()) }
}
