//! The algorithms that the JWT cards are asked for by name.

use flowrun_core::fault::{Fault, FaultKind, InputId, Result};
use flowrun_kit::algorithm::Algorithm;

/// Their names.
pub(crate) const NAMES: &[&str] =
    &["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "PS384", "PS512"];

/// The algorithm that `input` asks for.
pub(crate) fn asked(name: &str, input: InputId) -> Result<Algorithm> {
    Algorithm::named(name).ok_or_else(|| {
        let names = NAMES.join(", ");
        let fault = Fault::new(FaultKind::InvalidInput, format!("expected one of {names}, found \"{name}\""));
        match name {
            "ES512" => fault.help("ES512 is not there, for the curve P-521 is not: use ES384"),
            "none" => fault.help("a token that nobody signed proves nothing"),
            _ => fault,
        }
        .at(input)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_known_and_no_other_is() {
        assert!(NAMES.iter().all(|name| asked(name, InputId(0)).is_ok()));
        for (name, help) in [("ES512", "P-521"), ("none", "proves nothing")] {
            let fault = asked(name, InputId(0)).unwrap_err();
            assert!(fault.help.as_deref().is_some_and(|told| told.contains(help)), "{fault}");
        }
        assert!(asked("hs256", InputId(0)).is_err());
    }
}
