//! The connectors of this binary: the only place that names them.

use flowrun_core::card::{Card, Catalog};
use flowrun_core::export::Dictionary;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::EffectCard;

/// Every connector whose connections a project can define.
pub static CONNECTORS: [&Connector; 3] =
    [&flowrun_okta::CONNECTOR, &flowrun_personio::CONNECTOR, &flowrun_http::CONNECTOR];

/// The connector with this name.
pub fn connector(name: &str) -> Option<&'static Connector> {
    CONNECTORS.into_iter().find(|connector| connector.name == name)
}

/// The names of all connectors.
pub fn names() -> Vec<&'static str> {
    CONNECTORS.iter().map(|connector| connector.name).collect()
}

/// The names of all events that a trigger may name.
pub fn events() -> Vec<&'static str> {
    CONNECTORS.iter().flat_map(|connector| connector.events).map(|event| event.name).collect()
}

/// What Okta's exports mean by the addresses of cards and events.
pub fn dictionary() -> Dictionary {
    let events = CONNECTORS.iter().flat_map(|connector| connector.events);
    Dictionary::new(&catalog(), events.map(|event| (event.exported_as, event.name)))
}

/// Every card that reaches outside.
pub fn effects() -> impl Iterator<Item = &'static EffectCard> {
    let own = flowrun_tables::CARDS.iter().chain(flowrun_files::CARDS).chain(flowrun_crypto::CARDS);
    own.chain(flowrun_external::CARDS).chain(CONNECTORS.iter().flat_map(|connector| connector.cards))
}

/// Every card there is.
pub fn catalog() -> Catalog {
    let effects = effects().map(|effect| std::slice::from_ref(&effect.card));
    let pure = CONNECTORS.iter().map(|connector| connector.pure_cards).chain([flowrun_crypto::PURE_CARDS]);
    Catalog::new(flowrun_cards::groups().chain(effects).chain(pure).collect::<Vec<&'static [Card]>>())
}
