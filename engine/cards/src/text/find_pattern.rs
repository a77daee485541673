use super::pattern::compile;
use super::position::position;
use crate::prelude::*;

/// Finds where a pattern first matches in a text.
///
/// The pattern is a regular expression as JavaScript has them, with `\d`, `[a-z]`, `|`, `?`, `{2}` and so on;
/// a special character that means itself needs a backslash before it. Positions count from 0; without a match
/// the position is -1. Capital and small letters differ. Look-around and back-references are not supported, so
/// that every search ends soon. To take what was found use `text.extract_pattern`.
#[derive(Inputs)]
pub struct FindPattern {
    /// The text to search.
    #[input(key = "string")]
    look_in: Text,
    /// The pattern.
    #[input(key = "target")]
    look_for: Text,
}

/// Where it is.
#[derive(Outputs)]
pub struct Found {
    /// Where the match begins, or -1.
    #[output(key = "output")]
    position: f64,
}

impl Pure for FindPattern {
    const ID: &str = "text.find_pattern";
    const EXPORTED_AS: &[&str] = &["kernel:string:match"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: jane.smith12, look_for: "[0-9]" }"# => ok r#"{ position: 10 }"#,
        r#"{ look_in: "😀 (x)", look_for: '\(\w+\)' }"# => ok r#"{ position: 3 }"#,
        r#"{ look_in: Jane, look_for: "^jane" }"# => ok r#"{ position: -1 }"#,
        r#"{ look_in: Jane, look_for: "(" }"# => err "the pattern can't be used: unclosed group",
        r#"{ look_in: Jane, look_for: "J(?=a)" }"# => err "look-around",
    };
    type Out = Found;

    fn judge(input: InputId, constant: &Value, _: &[&str]) -> Result<()> {
        match constant.as_text() {
            Some(pattern) if input == Self::LOOK_FOR => compile(pattern, true, input).map(drop),
            _ => Ok(()),
        }
    }

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        let pattern = compile(&self.look_for, true, Self::LOOK_FOR)?;
        let found = pattern.find(&self.look_in).map(|found| found.start());
        Ok(Found { position: position(&self.look_in, found) })
    }
}
