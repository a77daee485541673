use super::read;
use crate::prelude::*;

/// Reads a JSON text.
///
/// The value may be anything that JSON can hold; keys keep their order, integers keep all their digits, and
/// lists and objects may lie 127 deep. A text that isn't JSON is an error, a blank one too. An object or list that is
/// given instead of a text passes as it is. The way back is `json.stringify`; fields that want an object read
/// JSON by themselves. For one value out of it use `json.get`, to ask first `json.is_valid`.
#[derive(Inputs)]
pub struct Parse {
    /// The JSON.
    #[input(key = "string")]
    text: Value,
}

/// What the text says.
#[derive(Outputs)]
pub struct Parsed {
    /// The value.
    #[output(key = "output")]
    value: Value,
}

impl Pure for Parse {
    const ID: &str = "json.parse";
    const EXPORTED_AS: &[&str] = &["kernel:json:parse"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: '{"z": 1, "a": [true, null, "x"]}' }"# => ok r#"{ value: { z: 1, a: [true, null, x] } }"#,
        r#"{ text: "[]" }"# => ok r#"{ value: [] }"#,
        r#"{ text: '{"a": 1' }"# => err "the text is not JSON: EOF while parsing an object at line 1 column 7",
        r#"{ text: "" }"# => err "the text is blank, expected JSON",
    };
    type Out = Parsed;

    fn run(self, _: &Cx<'_>) -> Result<Parsed> {
        Ok(Parsed { value: read(self.text, Self::TEXT)? })
    }
}
