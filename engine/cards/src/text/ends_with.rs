use super::letters::{fold};
use crate::prelude::*;

/// Tells whether a text ends with another.
///
/// What is looked for means itself. Every text ends with a blank one. See also `text.starts_with`; for patterns use
/// `text.find_pattern`.
#[derive(Inputs)]
pub struct EndsWith {
    /// The text to search.
    text: Text,
    /// What to find.
    look_for: Text,
    /// Whether capital and small letters differ.
    #[input(default = true)]
    case_sensitive: bool,
}

/// Whether it does.
#[derive(Outputs)]
pub struct Found {
    /// True if it does.
    result: bool,
}

impl Pure for EndsWith {
    const ID: &str = "text.ends_with";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: Jane, look_for: ane }"# => ok r#"{ result: true }"#,
        r#"{ text: Jane, look_for: Jan }"# => ok r#"{ result: false }"#,
        r#"{ text: Jane, look_for: ANE }"# => ok r#"{ result: false }"#,
        r#"{ text: Jane, look_for: ANE, case_sensitive: false }"# => ok r#"{ result: true }"#,
        r#"{ text: null, look_for: "" }"# => ok r#"{ result: true }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        if self.case_sensitive {
            return Ok(Found { result: self.text.ends_with(&*self.look_for) });
        }
        let wanted: Vec<char> = fold(&self.look_for).collect();
        Ok(Found { result: fold(&self.text).collect::<Vec<_>>().ends_with(&wanted) })
    }
}
