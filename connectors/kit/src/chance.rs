//! What nobody can guess, from the machine's source of chance.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowrun_core::fault::{Fault, FaultKind, Result};
use ring::rand::{SecureRandom, SystemRandom};

/// A text that nobody has used before: 128 bits of chance.
pub fn unique() -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| no_chance())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The fault of a machine without a source of chance.
pub(crate) fn no_chance() -> Fault {
    Fault::new(FaultKind::Internal, "this machine gives no random numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_differs() {
        assert_ne!(unique().unwrap(), unique().unwrap());
    }
}
