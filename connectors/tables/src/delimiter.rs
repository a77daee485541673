//! What stands between two fields of a CSV.

use flowrun_core::bail;
use flowrun_core::fault::{InputId, Result};

/// The one byte that `text` is, given by the input `input`.
pub(crate) fn delimiter(text: &str, input: InputId) -> Result<u8> {
    match *text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | b'"') => Ok(byte),
        _ => bail!(input, "expected one ASCII character as the delimiter, found \"{text}\""),
    }
}
