use super::letters::{find_folded, fold};
use crate::prelude::*;

/// Tells whether a text occurs in another.
///
/// What is looked for means itself. A blank text is in every text. See also `text.find`; for patterns use
/// `text.find_pattern`.
#[derive(Inputs)]
pub struct Contains {
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

impl Pure for Contains {
    const ID: &str = "text.contains";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: Jane, look_for: ane }"# => ok r#"{ result: true }"#,
        r#"{ text: Jane, look_for: x }"# => ok r#"{ result: false }"#,
        r#"{ text: Jane, look_for: AN }"# => ok r#"{ result: false }"#,
        r#"{ text: Jane, look_for: AN, case_sensitive: false }"# => ok r#"{ result: true }"#,
        r#"{ text: null, look_for: "" }"# => ok r#"{ result: true }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        if self.case_sensitive {
            return Ok(Found { result: self.text.contains(&*self.look_for) });
        }
        let wanted: Vec<char> = fold(&self.look_for).collect();
        Ok(Found { result: find_folded(&self.text, &wanted).is_some() })
    }
}
