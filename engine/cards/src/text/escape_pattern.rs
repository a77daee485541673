use crate::prelude::*;

/// Makes a text mean itself in a pattern.
///
/// A backslash is put before every character that has a meaning in regular expressions, so that a text which
/// is only known while the flow runs can be a part of a pattern. See also `text.find_pattern` and
/// `text.replace_pattern`.
#[derive(Inputs)]
pub struct EscapePattern {
    /// The text.
    text: Text,
}

/// The pattern.
#[derive(Outputs)]
pub struct Escaped {
    /// A pattern that matches the text and nothing else.
    pattern: Text,
}

impl Pure for EscapePattern {
    const ID: &str = "text.escape_pattern";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "a.b" }"# => ok r#"{ pattern: 'a\.b' }"#,
        r#"{ text: "(x|y)+$" }"# => ok r#"{ pattern: '\(x\|y\)\+\$' }"#,
        r#"{ text: Jané }"# => ok r#"{ pattern: Jané }"#,
        r#"{ text: null }"# => ok r#"{ pattern: "" }"#,
    };
    type Out = Escaped;

    fn run(self, _: &Cx<'_>) -> Result<Escaped> {
        Ok(Escaped { pattern: regex::escape(&self.text).into() })
    }
}
