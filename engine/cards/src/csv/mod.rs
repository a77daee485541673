//! CSV cards.

use flowrun_core::fault::InputId;

use crate::prelude::*;

flowrun_core::pure_cards! {
    parse::Parse,
    build::Build,
}

/// The one byte that `text` is, as separators and quotes must be.
fn byte(text: &str, what: &str, input: InputId) -> Result<u8> {
    match *text.as_bytes() {
        [byte] if byte.is_ascii() && byte != b'\n' && byte != b'\r' => Ok(byte),
        _ => bail!(input, "expected one ASCII character as the {what}, found \"{text}\""),
    }
}
