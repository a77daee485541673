use super::letters::{fold, starts_folded};
use crate::prelude::*;

/// Tells whether a text starts with another.
///
/// What is looked for means itself. Every text starts with a blank one. See also `text.ends_with`; for patterns use
/// `text.find_pattern`.
#[derive(Inputs)]
pub struct StartsWith {
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

impl Pure for StartsWith {
    const ID: &str = "text.starts_with";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: Jane, look_for: Jan }"# => ok r#"{ result: true }"#,
        r#"{ text: Jane, look_for: ane }"# => ok r#"{ result: false }"#,
        r#"{ text: Jane, look_for: jAN }"# => ok r#"{ result: false }"#,
        r#"{ text: Jane, look_for: jAN, case_sensitive: false }"# => ok r#"{ result: true }"#,
        r#"{ text: null, look_for: "" }"# => ok r#"{ result: true }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        if self.case_sensitive {
            return Ok(Found { result: self.text.starts_with(&*self.look_for) });
        }
        let wanted: Vec<char> = fold(&self.look_for).collect();
        Ok(Found { result: starts_folded(&self.text, &wanted).is_some() })
    }
}
