//! What a program that runs flows is made of: its connectors and its cards.

use std::sync::Arc;

use flowrun_core::card::{Card, Catalog, Category};
use flowrun_core::value::Text;
use flowrun_core::vocabulary::Vocabulary;

use crate::connector::Connector;
use crate::effect::EffectCard;

/// The connectors and cards of one program, handed to whatever reads, checks or runs flows.
#[derive(Clone, Default)]
pub struct Registry {
    connectors: Vec<Arc<Connector>>,
    effects: Arc<[EffectCard]>,
    vocabulary: Vocabulary,
}

impl Registry {
    /// The cards in `pure`, and all that `connectors` have.
    pub fn new(
        pure: impl IntoIterator<Item = Arc<Card>>,
        connectors: impl IntoIterator<Item = Connector>,
    ) -> Registry {
        let connectors: Vec<Arc<Connector>> = connectors.into_iter().map(Arc::new).collect();
        let effects: Arc<[EffectCard]> =
            connectors.iter().flat_map(|connector| connector.cards.iter().cloned()).collect();
        let reaching = effects.iter().map(|effect| effect.card.clone());
        let theirs = connectors.iter().flat_map(|connector| connector.pure_cards.iter().cloned());
        let cards = Catalog::new(pure.into_iter().chain(theirs).chain(reaching));
        let mut categories: Vec<Category> =
            connectors.iter().filter_map(|connector| connector.category.clone()).collect();
        categories.sort_by(|one, other| one.title.cmp(&other.title));
        let named = connectors.iter().filter(|connector| !connector.own);
        let vocabulary = Vocabulary {
            cards: cards.with_categories(categories),
            connectors: named.clone().map(|connector| Text::from(&*connector.name)).collect(),
            events: connectors.iter().flat_map(|connector| connector.events.iter().cloned()).collect(),
        };
        let connectors = named.cloned().collect();
        Registry { connectors, effects, vocabulary }
    }

    /// Every connector whose connections a project can define.
    pub fn connectors(&self) -> &[Arc<Connector>] {
        &self.connectors
    }

    /// The connector with this name.
    pub fn connector(&self, name: &str) -> Option<&Arc<Connector>> {
        self.connectors.iter().find(|connector| connector.name == name)
    }

    /// Every card that reaches outside.
    pub fn effects(&self) -> Arc<[EffectCard]> {
        self.effects.clone()
    }

    /// What flows can name.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Every card.
    pub fn catalog(&self) -> &Catalog {
        &self.vocabulary.cards
    }
}
