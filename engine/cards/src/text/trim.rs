use flowrun_core::value::is_space;

use crate::prelude::*;

/// Takes the white space off both ends of a text.
///
/// Spaces, tabs, line breaks and the other blanks of Unicode go, the byte order mark too; white space inside
/// the text stays. See also `text.trim_start` and `text.trim_end`.
#[derive(Inputs)]
pub struct Trim {
    /// The text.
    #[input(key = "string")]
    text: Text,
}

/// The text without white space around it.
#[derive(Outputs)]
pub struct Trimmed {
    /// The same text, trimmed.
    #[output(key = "output")]
    text: Text,
}

impl Pure for Trim {
    const ID: &str = "text.trim";
    const EXPORTED_AS: &[&str] = &["kernel:string:trim"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "  Jane Smith\r\n" }"# => ok r#"{ text: "Jane Smith" }"#,
        r#"{ text: "\uFEFFname" }"# => ok r#"{ text: name }"#,
        r#"{ text: "   " }"# => ok r#"{ text: "" }"#,
    };
    type Out = Trimmed;

    fn run(self, _: &Cx<'_>) -> Result<Trimmed> {
        let trimmed = self.text.trim_matches(is_space);
        Ok(Trimmed { text: if trimmed.len() == self.text.len() { self.text } else { Text::from(trimmed) } })
    }
}
