use flowrun_core::value::parse_json;

use crate::prelude::*;

/// Reads a JSON text.
///
/// The value may be anything that JSON can hold; keys keep their order, numbers beyond 2^53 lose digits, and
/// nesting may go 128 deep. A text that is no JSON is an error, a blank one too. An object or list that is
/// given instead of a text passes as it is. The way back is `json.stringify`; fields that want an object read
/// JSON by themselves.
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
        let text = match self.text {
            Value::Object(_) | Value::List(_) => return Ok(Parsed { value: self.text }),
            other => {
                Text::from_value(other).map_err(|mismatch| Fault::mismatch(&mismatch, Some(Self::TEXT)))?
            }
        };
        if text.trim().is_empty() {
            return Err(Fault::new(FaultKind::Parse, "the text is blank, expected JSON").at(Self::TEXT));
        }
        let value = parse_json(&text).map_err(|error| {
            Fault::new(FaultKind::Parse, format!("the text is not JSON: {error}")).at(Self::TEXT)
        })?;
        Ok(Parsed { value })
    }
}
