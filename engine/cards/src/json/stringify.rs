use flowrun_core::value::{LONGEST_BUILT, too_long_a_text};

use crate::prelude::*;

/// Writes a value as a JSON text.
///
/// On one line, without spaces, unless it is to be `pretty`; keys in their order, dates as ISO texts. A text
/// gets quotes. A value that holds a secret is refused, since its JSON could not hold it. The way back is
/// `json.parse`.
#[derive(Inputs)]
pub struct Stringify {
    /// The value.
    #[input(key = "object")]
    value: Value,
    /// Whether to write it on many lines, indented by two spaces, for a person to read. Okta's card has no
    /// such input.
    #[input(default = false)]
    pretty: bool,
}

/// The JSON.
#[derive(Outputs)]
pub struct Written {
    /// The JSON text.
    #[output(key = "output")]
    text: Text,
    /// How many bytes it has in UTF-8, as limits of requests count them. Okta's card has no such output.
    bytes: f64,
}

impl Pure for Stringify {
    const ID: &str = "json.stringify";
    const EXPORTED_AS: &[&str] = &["kernel:json:stringify"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ value: { z: 1, a: [1.5, null, "x"] } }"#
            => ok r#"{ text: '{"z":1,"a":[1.5,null,"x"]}', bytes: 26 }"#,
        r#"{ value: 'größe "5"' }"# => ok r#"{ text: '"größe \"5\""', bytes: 15 }"#,
        r#"{ value: { a: [1] }, pretty: true }"#
            => ok r#"{ text: "{\n  \"a\": [\n    1\n  ]\n}", bytes: 22 }"#,
        r#"{ value: null }"# => ok r#"{ text: "null", bytes: 4 }"#,
    };
    type Out = Written;

    fn run(self, _: &Cx<'_>) -> Result<Written> {
        if self.value.holds_secret() {
            bail!(Self::VALUE, "the value holds a secret, which JSON would show");
        }
        let json = self.value.to_json_within(LONGEST_BUILT, self.pretty).ok_or_else(too_long_a_text)?;
        Ok(Written { bytes: json.len() as f64, text: json.into() })
    }
}
