//! Texts that are put together of others, which must not outgrow the memory.

use super::Text;
use crate::fault::{Fault, FaultKind, Result};

/// How many bytes a text may have that a card puts together: 16 MiB.
pub const LONGEST_TEXT: usize = 16 << 20;

/// How many bytes a text may have that a card writes of a value, as JSON, CSV or XML: 256 MiB, as a file.
pub const LONGEST_BUILT: usize = 256 << 20;

/// The fault of a text that would have more.
pub fn too_long_a_text() -> Fault {
    Fault::new(FaultKind::InvalidInput, format!("the text would have more than {} MiB", LONGEST_BUILT >> 20))
        .help("write less at a time, and put it into files")
}

/// A text that is put together piece by piece and never has more than [`LONGEST_TEXT`] bytes.
#[derive(Default)]
pub struct Composed(String);

impl Composed {
    /// Goes on with a text, in its place if nobody else has it.
    pub fn onto(text: Text) -> Result<Composed> {
        let mut text = Composed(text.into_string());
        text.push("")?;
        Ok(text)
    }

    /// Puts a piece behind the others; fails, and leaves the text as it was, if it would become too long.
    pub fn push(&mut self, piece: &str) -> Result<()> {
        if self.0.len() + piece.len() > LONGEST_TEXT {
            let message = format!("expected a text of at most {LONGEST_TEXT} bytes, found a longer one");
            return Err(Fault::new(FaultKind::InvalidInput, message)
                .help("make several texts of it, or put together less at a time"));
        }
        self.0.push_str(piece);
        Ok(())
    }

    /// Whether nothing was put into it yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Composed> for Text {
    fn from(composed: Composed) -> Text {
        Text::growing(composed.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_all_it_may_have_and_not_a_byte_more() {
        let half = "a".repeat(LONGEST_TEXT / 2);
        let mut text = Composed::default();
        assert!(text.is_empty());
        assert!(text.push(&half).is_ok() && text.push(&half).is_ok() && text.push("").is_ok());
        let fault = text.push("a").unwrap_err();
        assert_eq!(fault.message, "expected a text of at most 16777216 bytes, found a longer one");
        assert_eq!(Text::from(text).len(), LONGEST_TEXT);
    }
}
