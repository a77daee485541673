use crate::prelude::*;

/// Makes a text from a template.
///
/// The template may hold wires and expressions between double braces; what they give takes their place,
/// numbers and dates as their text, objects and lists as JSON, a missing value as nothing. Line breaks and
/// quotes are kept as they are written. To put texts together without a template use `text.concatenate`, to
/// build JSON `object.construct` and `json.stringify`.
#[derive(Inputs)]
pub struct Compose {
    /// The template.
    #[input(key = "_text_")]
    text: Text,
}

/// The text.
#[derive(Outputs)]
pub struct Composed {
    /// The template, filled in.
    #[output(key = "output")]
    text: Text,
}

impl Pure for Compose {
    const ID: &str = "text.compose";
    const EXPORTED_AS: &[&str] = &["kernel:string:compose"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "imported 250 of 250 employees" }"# => ok r#"{ text: "imported 250 of 250 employees" }"#,
        r#"{ text: 250 }"# => ok r#"{ text: "250" }"#,
        r#"{ text: { id: 7, tags: [a, b] } }"# => ok r#"{ text: '{"id":7,"tags":["a","b"]}' }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Composed;

    // The machine has filled the template in before the card runs.
    fn run(self, _: &Cx<'_>) -> Result<Composed> {
        Ok(Composed { text: self.text })
    }
}
