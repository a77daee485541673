use super::padding;
use crate::prelude::*;

/// Fills a text up to a length, with characters before it.
///
/// The filling is repeated as often as needed, and cut where the length is reached. A text that is long enough
/// stays as it is, and so does any text if the filling is blank. Lengths count as in `text.length`. See also
/// `text.pad_end`.
#[derive(Inputs)]
pub struct PadStart {
    /// The text.
    text: Text,
    /// How long it is to be.
    length: f64,
    /// What it is filled with.
    #[input(default = " ")]
    fill: Text,
}

/// The text in its length.
#[derive(Outputs)]
pub struct Padded {
    /// The text, filled up.
    text: Text,
}

impl Pure for PadStart {
    const ID: &str = "text.pad_start";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: 7, length: 3, fill: "0" }"# => ok r#"{ text: "007" }"#,
        r#"{ text: J, length: 4, fill: ab }"# => ok r#"{ text: abaJ }"#,
        r#"{ text: Jane, length: -1 }"# => ok r#"{ text: Jane }"#,
        r#"{ text: J, length: 1e12 }"# => err "expected a text of at most 16777216 characters, found 1000000000000",
    };
    type Out = Padded;

    fn run(self, _: &Cx<'_>) -> Result<Padded> {
        let padding = padding(&self.text, self.length, &self.fill, Self::LENGTH)?;
        Ok(Padded { text: format!("{padding}{}", self.text).into() })
    }
}
