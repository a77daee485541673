//! External cards: those of connectors that flowrun lacks, and the answers that are given in their place.

mod answers;
mod card;

use flowrun_kit::effect::EffectCard;

pub use answers::{Answers, MAX_BYTES, example_answers};

/// The card that stands for all of them.
pub static CARDS: &[EffectCard] = &[EffectCard::of::<card::ExternalCard>()];
