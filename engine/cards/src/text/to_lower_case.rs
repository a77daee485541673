use crate::prelude::*;

/// Makes all letters of a text small.
///
/// By Unicode's rules, whatever the language: `Ä` becomes `ä`, `ẞ` becomes `ß`. See also `text.trim`.
#[derive(Inputs)]
pub struct ToLowerCase {
    /// The text.
    #[input(key = "string")]
    text: Text,
}

/// The text in small letters.
#[derive(Outputs)]
pub struct Lowered {
    /// The same text in small letters.
    #[output(key = "output")]
    text: Text,
}

impl Pure for ToLowerCase {
    const ID: &str = "text.to_lower_case";
    // Okta writes all words of this name with capitals.
    const TITLE: Option<&str> = Some("To Lower Case");
    const EXPORTED_AS: &[&str] = &["kernel:string:toLowerCase"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: Jane.SMITH@Example.com }"# => ok r#"{ text: jane.smith@example.com }"#,
        r#"{ text: ÄÖÜ É }"# => ok r#"{ text: äöü é }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Lowered;

    fn run(self, _: &Cx<'_>) -> Result<Lowered> {
        // Most identifiers are small already: share them.
        if self.text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
            return Ok(Lowered { text: self.text });
        }
        Ok(Lowered { text: self.text.to_lowercase().into() })
    }
}
