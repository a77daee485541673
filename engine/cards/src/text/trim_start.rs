use flowrun_core::value::is_space;

use crate::prelude::*;

/// Takes the white space off the start of a text.
///
/// White space is what `text.trim` takes off, which does so at both ends. See also `text.trim_end`.
#[derive(Inputs)]
pub struct TrimStart {
    /// The text.
    text: Text,
}

/// The text without white space at its start.
#[derive(Outputs)]
pub struct Trimmed {
    /// The same text, trimmed.
    text: Text,
}

impl Pure for TrimStart {
    const ID: &str = "text.trim_start";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: " Jane " }"# => ok r#"{ text: "Jane " }"#,
        r#"{ text: "\uFEFF\t\r\n" }"# => ok r#"{ text: "" }"#,
        r#"{ text: Jane Smith }"# => ok r#"{ text: Jane Smith }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Trimmed;

    fn run(self, _: &Cx<'_>) -> Result<Trimmed> {
        Ok(Trimmed { text: Text::from(self.text.trim_start_matches(is_space)) })
    }
}
