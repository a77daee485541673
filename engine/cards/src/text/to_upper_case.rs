use crate::prelude::*;

/// Makes all letters of a text capital.
///
/// By Unicode's rules, whatever the language: `ä` becomes `Ä`, and `ß`, which has no capital letter of its
/// own, `SS`. See also `text.to_lower_case` and `text.title_case`.
#[derive(Inputs)]
pub struct ToUpperCase {
    /// The text.
    #[input(key = "string")]
    text: Text,
}

/// The text in capital letters.
#[derive(Outputs)]
pub struct Raised {
    /// The same text in capital letters.
    #[output(key = "output")]
    text: Text,
}

impl Pure for ToUpperCase {
    const ID: &str = "text.to_upper_case";
    // Okta writes all words of this name with capitals.
    const TITLE: Option<&str> = Some("To Upper Case");
    const EXPORTED_AS: &[&str] = &["kernel:string:toUpperCase"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: de }"# => ok r#"{ text: DE }"#,
        r#"{ text: größe é }"# => ok r#"{ text: GRÖSSE É }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Raised;

    fn run(self, _: &Cx<'_>) -> Result<Raised> {
        Ok(Raised { text: self.text.to_uppercase().into() })
    }
}
