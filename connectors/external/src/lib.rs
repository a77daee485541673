//! External cards: those of connectors that flowrun lacks, and the answers that are given in their place.

mod answers;

pub use answers::{Answers, MAX_BYTES, example_answers};

flowrun_kit::effect_cards! {
    card::ExternalCard,
}
