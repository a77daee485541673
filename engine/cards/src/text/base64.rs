use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::prelude::*;

/// Encodes a text in Base64.
///
/// The text is taken in UTF-8; the result is padded with `=`. Base64 hides nothing: for passwords use a
/// connection. The way back is `text.base64_decode`.
#[derive(Inputs)]
pub struct Base64 {
    /// The text.
    #[input(key = "string")]
    text: Text,
}

/// The code.
#[derive(Outputs)]
pub struct Encoded {
    /// The text in Base64.
    #[output(key = "output")]
    text: Text,
}

impl Pure for Base64 {
    const ID: &str = "text.base64";
    const EXPORTED_AS: &[&str] = &["kernel:string:base64"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "jane:pass" }"# => ok r#"{ text: amFuZTpwYXNz }"#,
        r#"{ text: ü }"# => ok r#"{ text: w7w= }"#,
        r#"{ text: "" }"# => ok r#"{ text: "" }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Encoded;

    fn run(self, _: &Cx<'_>) -> Result<Encoded> {
        Ok(Encoded { text: STANDARD.encode(self.text.as_bytes()).into() })
    }
}
