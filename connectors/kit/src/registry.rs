//! What a program that runs flows is made of: its connectors and its cards.

use flowrun_core::card::{Card, Catalog};
use flowrun_core::vocabulary::Vocabulary;

use crate::connector::Connector;
use crate::effect::EffectCard;

/// The connectors and cards of one program, handed to whatever reads, checks or runs flows.
#[derive(Clone, Default)]
pub struct Registry {
    connectors: Vec<&'static Connector>,
    effects: Vec<&'static EffectCard>,
    vocabulary: Vocabulary,
}

impl Registry {
    /// The cards in `pure`, `own` cards that reach outside without a connection, and all that `connectors` have.
    pub fn new(
        pure: impl IntoIterator<Item = &'static [Card]>,
        own: impl IntoIterator<Item = &'static [EffectCard]>,
        connectors: impl IntoIterator<Item = &'static Connector>,
    ) -> Registry {
        let connectors: Vec<&'static Connector> = connectors.into_iter().collect();
        let own = own.into_iter().flatten();
        let effects: Vec<_> = own.chain(connectors.iter().flat_map(|connector| connector.cards)).collect();
        let reaching = effects.iter().map(|effect| std::slice::from_ref(&effect.card));
        let pure = pure.into_iter().chain(connectors.iter().map(|connector| connector.pure_cards));
        let vocabulary = Vocabulary {
            cards: Catalog::new(pure.chain(reaching)),
            connectors: connectors.iter().map(|connector| connector.name).collect(),
            events: connectors.iter().flat_map(|connector| connector.events).copied().collect(),
        };
        Registry { connectors, effects, vocabulary }
    }

    /// Every connector whose connections a project can define.
    pub fn connectors(&self) -> &[&'static Connector] {
        &self.connectors
    }

    /// The connector with this name.
    pub fn connector(&self, name: &str) -> Option<&'static Connector> {
        self.connectors.iter().copied().find(|connector| connector.name == name)
    }

    /// Every card that reaches outside.
    pub fn effects(&self) -> impl Iterator<Item = &'static EffectCard> + '_ {
        self.effects.iter().copied()
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
