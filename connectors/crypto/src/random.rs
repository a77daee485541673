use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flowrun_core::card::Example;
use flowrun_core::does::Does;
use flowrun_core::fault::{Fault, FaultKind, Result};
use flowrun_core::value::{Secret, Text};
use flowrun_core::{Inputs, Outputs, bail, examples};
use flowrun_kit::effect::Effect;
use ring::rand::{SecureRandom, SystemRandom};

use crate::Crypto;

/// Draws a secret by chance: a password, a PIN, a key, a token.
///
/// By the system's source for keys, so that nobody can work it out. It is a secret: no report, message or record shows it,
/// and it goes into whatever takes a secret, such as the `password` of Create User or the body of a request. A text
/// that is no secret is what `text.random` draws.
#[derive(Inputs)]
pub(crate) struct Random {
    /// What it is made of. `password`: capital and small letters, digits and signs, at least one of each, without those
    /// that look alike (`I`, `l`, `1`, `O`, `0`). `letters`: letters and digits. `digits`: a PIN. `hex`, `base64`, `base64url`:
    /// bytes, written so.
    #[input(default = "password", choices = ["password", "letters", "digits", "hex", "base64", "base64url"])]
    form: Text,
    /// How many letters it has, or bytes for the last three forms: 4 to 1,024.
    #[input(default = 24)]
    length: f64,
}

/// What was drawn.
#[derive(Outputs)]
pub(crate) struct Drawn {
    /// The secret.
    secret: Secret,
    /// How hard it is to guess, in bits: whoever tries needs half of two to that power tries. 128 is enough for a key, 70 for a
    /// password that nobody can try offline.
    bits: f64,
}

const CAPITALS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const SMALL: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const DIGITS: &[u8] = b"23456789";
/// Signs that need no escape in addresses, shells' double quotes and XML.
const SIGNS: &[u8] = b"-_.~+@%:=,";
const ALL_DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Effect for Random {
    const ID: &str = "encryption.random";
    // It would indent the YAML.
    #[rustfmt::skip]
    const EXAMPLES: &[Example] = examples! {
        r#"- card: encryption.random
  with: { form: digits, length: 6 }"# => ok r#"{ bits: 19.9 }"#,
        r#"- { card: encryption.random, with: { form: hex, length: 32 } }"# => ok r#"{ bits: 256 }"#,
        r#"- { card: encryption.random, with: { length: 3 } }"# => err "expected a length from 4 to 1024, found 3",
    };
    const DOES: Does = Does::Reads;
    const TIMEOUT: Duration = Duration::from_secs(10);
    type Connection = Crypto;
    type Out = Drawn;

    async fn run(self, _: &Crypto) -> Result<Drawn> {
        if !(4.0..=1024.0).contains(&self.length) || self.length.fract() != 0.0 {
            bail!(Self::LENGTH, "expected a length from 4 to 1024, found {}", self.length);
        }
        let length = self.length as usize;
        let mut chance = Chance(SystemRandom::new());
        let (secret, choices) = match &*self.form {
            "password" => (chance.password(length)?, CAPITALS.len() + SMALL.len() + DIGITS.len() + SIGNS.len()),
            "letters" => (chance.letters(length, LETTERS)?, LETTERS.len()),
            "digits" => (chance.letters(length, ALL_DIGITS)?, ALL_DIGITS.len()),
            "hex" => (chance.bytes(length)?.iter().map(|byte| format!("{byte:02x}")).collect(), 256),
            "base64" => (STANDARD.encode(chance.bytes(length)?), 256),
            "base64url" => (URL_SAFE_NO_PAD.encode(chance.bytes(length)?), 256),
            other => bail!(Self::FORM, "expected one of the forms, found \"{other}\""),
        };
        let bits = (length as f64 * (choices as f64).log2() * 10.0).round() / 10.0;
        Ok(Drawn { secret: Secret::new(secret), bits })
    }
}

/// Chance as the system has it for keys.
struct Chance(SystemRandom);

impl Chance {
    fn bytes(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.0.fill(&mut bytes).map_err(|_| Fault::new(FaultKind::Internal, "the system gives no random numbers"))?;
        Ok(bytes)
    }

    /// One of them, each as likely as the other: a byte beyond the last whole round is drawn again.
    fn one_of(&mut self, letters: &[u8]) -> Result<char> {
        let rounds = 256 / letters.len() * letters.len();
        loop {
            let drawn = usize::from(self.bytes(1)?[0]);
            if drawn < rounds {
                return Ok(char::from(letters[drawn % letters.len()]));
            }
        }
    }

    fn letters(&mut self, count: usize, letters: &[u8]) -> Result<String> {
        (0..count).map(|_| self.one_of(letters)).collect()
    }

    /// Drawn as a whole until it has one of each kind, so that all that have are as likely.
    fn password(&mut self, length: usize) -> Result<String> {
        let all = [CAPITALS, SMALL, DIGITS, SIGNS].concat();
        loop {
            let drawn = self.letters(length, &all)?;
            let has = |kind: &[u8]| drawn.bytes().any(|byte| kind.contains(&byte));
            if [CAPITALS, SMALL, DIGITS, SIGNS].into_iter().all(has) {
                return Ok(drawn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn passwords_have_each_kind_and_no_two_are_alike() {
        let mut chance = Chance(SystemRandom::new());
        let drawn: BTreeSet<String> = (0..200).map(|_| chance.password(12).unwrap()).collect();
        assert_eq!(drawn.len(), 200);
        for password in &drawn {
            assert_eq!(password.len(), 12);
            assert!(password.bytes().any(|byte| byte.is_ascii_uppercase()), "{password}");
            assert!(password.bytes().any(|byte| byte.is_ascii_lowercase()), "{password}");
            assert!(password.bytes().any(|byte| byte.is_ascii_digit()), "{password}");
            assert!(password.bytes().any(|byte| SIGNS.contains(&byte)), "{password}");
            assert!(!password.contains(['I', 'l', '1', 'O', '0']), "{password}");
        }
        // Even the shortest have all four.
        assert_eq!(chance.password(4).unwrap().len(), 4);
    }

    #[test]
    fn each_letter_is_as_likely() {
        // 100,000 digits: a count beyond 5 standard deviations (95 each) from 10,000 comes once in a million times.
        let mut chance = Chance(SystemRandom::new());
        let drawn = chance.letters(100_000, ALL_DIGITS).unwrap();
        for digit in '0'..='9' {
            let count = drawn.matches(digit).count();
            assert!((9_500..=10_500).contains(&count), "{digit}: {count}");
        }
    }
}
