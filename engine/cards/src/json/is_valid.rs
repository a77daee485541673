use super::read;
use crate::prelude::*;

/// Tells whether a text is JSON.
///
/// It accepts exactly what `json.parse` can read, so that a flow can choose another way before it fails.
#[derive(Inputs)]
pub struct IsValid {
    /// The text.
    text: Value,
}

/// Whether it is.
#[derive(Outputs)]
pub struct Judged {
    /// True if the text is JSON.
    valid: bool,
    /// Why it is not; nothing if it is.
    reason: Option<Text>,
}

impl Pure for IsValid {
    const ID: &str = "json.is_valid";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: '{"a": 1}' }"# => ok r#"{ valid: true, reason: null }"#,
        r#"{ text: "{'a': 1}" }"#
            => ok r#"{ valid: false, reason: "the text is not JSON: key must be a string at line 1 column 2" }"#,
        r#"{ text: "" }"# => ok r#"{ valid: false, reason: "the text is blank, expected JSON" }"#,
    };
    type Out = Judged;

    fn run(self, _: &Cx<'_>) -> Result<Judged> {
        let reason = read(self.text, Self::TEXT).err().map(|fault| fault.message.clone());
        Ok(Judged { valid: reason.is_none(), reason })
    }
}
