//! Names and secrets that nobody can guess.

use flowrun_core::value::Date;
use ring::rand::{SecureRandom, SystemRandom};

/// Bytes by chance. There is no service without them.
pub fn chance<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The system's source of chance fails only where there is none.
    #[allow(clippy::expect_used)]
    SystemRandom::new().fill(&mut bytes).expect("the system has a source of chance");
    bytes
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name for a run that no other has: when it began, and chance.
pub fn run(at_us: i64) -> String {
    let date = Date::from_millis(at_us.div_euclid(1000)).map(|date| date.to_string()).unwrap_or_default();
    let digits: String = date.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
    format!("{digits}-{}", hex(&chance::<8>()))
}
