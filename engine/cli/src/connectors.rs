//! The connectors of this binary: the only place that names them.

use std::sync::{Arc, LazyLock};

use flowrun_core::card::Catalog;
use flowrun_core::export::Dictionary;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::EffectCard;

/// Every connector whose connections a project can define.
pub static CONNECTORS: LazyLock<[Connector; 3]> =
    LazyLock::new(|| [flowrun_okta::connector(), flowrun_personio::connector(), flowrun_http::connector()]);

static EFFECTS: LazyLock<Arc<[EffectCard]>> = LazyLock::new(|| {
    let own = [
        flowrun_tables::effect_cards(),
        flowrun_files::effect_cards(),
        flowrun_crypto::effect_cards(),
        flowrun_external::effect_cards(),
    ];
    let connected = CONNECTORS.iter().map(|connector| connector.cards.clone());
    own.into_iter().chain(connected).flatten().collect()
});

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let effects = EFFECTS.iter().map(|effect| effect.card.clone());
    let pure = CONNECTORS.iter().flat_map(|connector| connector.pure_cards.iter().cloned());
    Catalog::new(
        flowrun_cards::cards().into_iter().chain(effects).chain(pure).chain(flowrun_crypto::pure_cards()),
    )
});

/// The connector with this name.
pub fn connector(name: &str) -> Option<&'static Connector> {
    CONNECTORS.iter().find(|connector| connector.name == name)
}

/// The names of all connectors.
pub fn names() -> Vec<&'static str> {
    CONNECTORS.iter().map(|connector| &*connector.name).collect()
}

/// The names of all events that a trigger may name.
pub fn events() -> Vec<&'static str> {
    CONNECTORS.iter().flat_map(|connector| &connector.events).map(|event| &*event.name).collect()
}

/// What Okta's exports mean by the addresses of cards and events.
pub fn dictionary() -> Dictionary {
    let events = CONNECTORS.iter().flat_map(|connector| &connector.events);
    Dictionary::new(&catalog(), events.map(|event| (&*event.exported_as, &*event.name)))
}

/// Every card that reaches outside.
pub fn effects() -> Arc<[EffectCard]> {
    EFFECTS.clone()
}

/// Every card there is.
pub fn catalog() -> Catalog {
    CATALOG.clone()
}
