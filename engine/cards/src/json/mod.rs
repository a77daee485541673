//! JSON cards.

use flowrun_core::fault::InputId;
use flowrun_core::value::parse_json;

use crate::prelude::*;

flowrun_core::pure_cards! {
    parse::Parse,
    stringify::Stringify,
    get::Get,
    is_valid::IsValid,
}

/// Reads the JSON that `input` holds; an object or a list has been read already.
fn read(value: Value, input: InputId) -> Result<Value> {
    if let Value::Object(_) | Value::List(_) = value {
        return Ok(value);
    }
    let text = Text::from_value(value).map_err(|mismatch| Fault::mismatch(&mismatch, Some(input)))?;
    if text.trim().is_empty() {
        return Err(Fault::new(FaultKind::Parse, "the text is blank, expected JSON").at(input));
    }
    parse_json(&text)
        .map_err(|error| Fault::new(FaultKind::Parse, format!("the text is not JSON: {error}")).at(input))
}
