//! Cards that sign, verify, encrypt and decrypt. What needs chance, which no pure card has, is done by the driver; what needs
//! none is pure.

mod aes;
mod algorithms;
mod claims;
mod decrypt;
mod decrypt_to_text;
mod encrypt;
mod jwt_sign;
mod jwt_verify;

use flowrun_core::card::Card;
use flowrun_kit::clock::Clock;
use flowrun_kit::effect::{Connection, EffectCard};

/// The cards that need chance.
pub static CARDS: &[EffectCard] = &[EffectCard::of::<jwt_sign::Sign>(), EffectCard::of::<encrypt::Encrypt>()];

/// The cards that need none.
pub static PURE_CARDS: &[Card] = &[
    Card::pure::<jwt_verify::Verify>(),
    Card::pure::<decrypt::Decrypt>(),
    Card::pure::<decrypt_to_text::DecryptToText>(),
];

/// What the cards need of the world: the run's clock. Chance is the machine's, and keys come with each card.
#[derive(Debug)]
pub struct Crypto {
    clock: Clock,
}

impl Connection for Crypto {
    // None: no vendor is reached, so that no flow names a connection.
    const CONNECTOR: &'static str = "";
}

impl Crypto {
    /// Over the clock of a run.
    pub fn new(clock: Clock) -> Crypto {
        Crypto { clock }
    }
}
