//! Cards that sign, verify, encrypt and decrypt. What needs chance, which no pure card has, is done by the driver; what needs
//! none is pure.

mod aes;
mod algorithms;
mod claims;

use flowrun_kit::clock::Clock;
use flowrun_kit::connector::Connector;
use flowrun_kit::effect::Connection;

flowrun_kit::effect_cards! {
    jwt_sign::Sign,
    sign::SignText,
    encrypt::Encrypt,
    random::Random,
}

flowrun_core::pure_cards! {
    jwt_verify::Verify,
    decrypt::Decrypt,
    decrypt_to_text::DecryptToText,
}

/// What a run has of cryptography.
pub fn connector() -> Connector {
    Connector { pure_cards: pure_cards(), ..Connector::own(Crypto::CONNECTOR, effect_cards()) }
}

/// What the cards need of the world: the run's clock. Chance is the machine's, and keys come with each card.
#[derive(Debug)]
pub struct Crypto {
    clock: Clock,
}

impl Connection for Crypto {
    const CONNECTOR: &'static str = "crypto";
    const OWN: bool = true;
}

impl Crypto {
    /// Over the clock of a run.
    pub fn new(clock: Clock) -> Crypto {
        Crypto { clock }
    }
}
