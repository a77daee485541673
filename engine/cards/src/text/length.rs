use super::position::units;
use crate::prelude::*;

/// Counts the characters of a text.
///
/// It counts as JavaScript does: a character outside of Unicode's first plane, such as an emoji, counts as
/// two. A missing text has none. See also `list.length` and `text.text_segment`.
#[derive(Inputs)]
pub struct Length {
    /// The text.
    #[input(key = "string")]
    text: Text,
}

/// The count.
#[derive(Outputs)]
pub struct Counted {
    /// How many characters it has.
    length: f64,
}

impl Pure for Length {
    const ID: &str = "text.length";
    const EXPORTED_AS: &[&str] = &["kernel:string:length"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: größe }"# => ok r#"{ length: 5 }"#,
        r#"{ text: "a😀" }"# => ok r#"{ length: 3 }"#,
        r#"{ text: 250 }"# => ok r#"{ length: 3 }"#,
        r#"{ text: null }"# => ok r#"{ length: 0 }"#,
    };
    type Out = Counted;

    fn run(self, _: &Cx<'_>) -> Result<Counted> {
        Ok(Counted { length: units(&self.text) as f64 })
    }
}
