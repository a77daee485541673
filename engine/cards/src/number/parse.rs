use flowrun_core::value::{Number, whole_number};

use crate::prelude::*;

/// Reads a number from a text, and takes nothing but a number.
///
/// Every field for a number reads texts too, but only looks at their start: `12 kg` is 12 there. This card
/// refuses such a text, or gives `otherwise` for it if there is one. White space around the number is fine.
/// The way back is `number.format`.
#[derive(Inputs)]
pub struct Parse {
    /// The text.
    text: Text,
    /// The result for a text that isn't a number.
    otherwise: Option<Number>,
}

/// The number.
#[derive(Outputs)]
pub struct Parsed {
    /// The number that the text is.
    result: Number,
    /// Whether the text was a number.
    is_number: bool,
}

impl Pure for Parse {
    const ID: &str = "number.parse";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: " -12.5e1 " }"# => ok r#"{ result: -125, is_number: true }"#,
        r#"{ text: 12 kg, otherwise: 0 }"# => ok r#"{ result: 0, is_number: false }"#,
        r#"{ text: "", otherwise: -1 }"# => ok r#"{ result: -1, is_number: false }"#,
        r#"{ text: 12 kg }"# => err "expected a number, found \"12 kg\"",
        r#"{ text: "Infinity" }"# => err "expected a number",
        r#"{ text: "1,5" }"# => err "expected a number, found \"1,5\"",
    };
    type Out = Parsed;

    fn run(self, _: &Cx<'_>) -> Result<Parsed> {
        if let Some(result) = whole_number(&self.text).and_then(|number| Number::from_value(number).ok()) {
            return Ok(Parsed { result, is_number: true });
        }
        match self.otherwise {
            Some(result) => Ok(Parsed { result, is_number: false }),
            None => {
                let found: String = self.text.trim().chars().take(60).collect();
                bail!(Self::TEXT, "expected a number, found \"{found}\"")
            }
        }
    }
}
