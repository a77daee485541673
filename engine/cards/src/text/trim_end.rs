use flowrun_core::value::is_space;

use crate::prelude::*;

/// Takes the white space off the end of a text.
///
/// White space is what `text.trim` takes off, which does so at both ends. See also `text.trim_start`.
#[derive(Inputs)]
pub struct TrimEnd {
    /// The text.
    text: Text,
}

/// The text without white space at its end.
#[derive(Outputs)]
pub struct Trimmed {
    /// The same text, trimmed.
    text: Text,
}

impl Pure for TrimEnd {
    const ID: &str = "text.trim_end";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: " Jane " }"# => ok r#"{ text: " Jane" }"#,
        r#"{ text: "\uFEFF\t\r\n" }"# => ok r#"{ text: "" }"#,
        r#"{ text: Jane Smith }"# => ok r#"{ text: Jane Smith }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Trimmed;

    fn run(self, _: &Cx<'_>) -> Result<Trimmed> {
        Ok(Trimmed { text: Text::from(self.text.trim_end_matches(is_space)) })
    }
}
