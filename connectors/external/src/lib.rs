//! External cards: those of connectors that flowrun lacks, and the answers that are given in their place.

use flowrun_core::card::Category;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::Connection;

flowrun_kit::effect_cards! {
    card::ExternalCard,
}

/// Who answers where no mock does: the card fails.
#[derive(Debug)]
pub struct Nobody;

impl Connection for Nobody {
    const CONNECTOR: &'static str = "external";
    const OWN: bool = true;
}

/// The mocks that the manual's examples go by.
pub const EXAMPLE_MOCKS: &str = "slack.send_message:
  - { when: { Channel: nowhere }, fails: channel_not_found }
  - { gives: { Message ID: m1 } }
";

/// What a run has in place of connectors that flowrun lacks.
pub fn connector() -> Connector {
    let category = Category { id: "external".into(), title: "External".into(), colour: None };
    Connector { category: Some(category), ..Connector::own(Nobody::CONNECTOR, effect_cards()) }
}
