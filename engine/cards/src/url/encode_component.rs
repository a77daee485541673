use super::encoded;
use crate::prelude::*;

/// Escapes a text so that it can be put anywhere in an address.
///
/// Letters and digits of ASCII stay, and so do `- _ . ! ~ * ' ( )`; everything else becomes its bytes in
/// UTF-8, as JavaScript's `encodeURIComponent` does. Use it for names that go into a path. The way back is
/// `url.decode_component`; for a whole query use `url.encode_query`.
#[derive(Inputs)]
pub struct EncodeComponent {
    /// The text.
    #[input(key = "string")]
    text: Text,
}

/// The escaped text.
#[derive(Outputs)]
pub struct Encoded {
    /// The text, escaped.
    #[output(key = "output")]
    text: Text,
}

impl Pure for EncodeComponent {
    const ID: &str = "url.encode_component";
    const EXPORTED_AS: &[&str] = &["kernel:url:encodeComponent"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "jane+test@example.com" }"# => ok r#"{ text: "jane%2Btest%40example.com" }"#,
        r#"{ text: "a/b c?ö" }"# => ok r#"{ text: "a%2Fb%20c%3F%C3%B6" }"#,
        r#"{ text: "it's (ok)!" }"# => ok r#"{ text: "it's%20(ok)!" }"#,
        r#"{ text: "" }"# => ok r#"{ text: "" }"#,
    };
    type Out = Encoded;

    fn run(self, _: &Cx<'_>) -> Result<Encoded> {
        Ok(Encoded { text: encoded(&self.text).into() })
    }
}
