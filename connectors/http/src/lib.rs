//! The API Connector: raw HTTP cards

#[macro_use]
mod sends;

mod close;
mod connection;
mod delete;
mod disposition;
mod download;
mod exchange;
mod get;
mod patch;
mod post;
mod put;
mod raw;
pub mod sim;

pub use connection::{ApiConnector, CONNECTOR, simulated};

use flowrun_core::card::Card;
use flowrun_kit::effect::EffectCard;

/// The API Connector's cards.
pub static CARDS: &[EffectCard] = &[
    EffectCard::of::<raw::Raw>(),
    EffectCard::of::<get::Get>(),
    EffectCard::of::<post::Post>(),
    EffectCard::of::<put::Put>(),
    EffectCard::of::<patch::Patch>(),
    EffectCard::of::<delete::Delete>(),
    EffectCard::of::<download::Download>(),
];

/// Its cards that send nothing.
pub static PURE_CARDS: &[Card] = &[Card::pure::<close::Close>()];
