use super::position::place;
use crate::prelude::*;

/// Takes one character out of a text, by its position.
///
/// Positions count from 0. Where there is no character, the result is blank. A character outside of Unicode's
/// first plane, such as an emoji, counts as two and is never cut: its first position gives all of it, its
/// second one nothing. For several characters use `text.text_segment`.
#[derive(Inputs)]
pub struct At {
    /// The text.
    #[input(key = "string")]
    text: Text,
    /// Where the character is.
    position: f64,
}

/// The character.
#[derive(Outputs)]
pub struct Character {
    /// The one character, or a blank text.
    #[output(key = "output")]
    text: Text,
}

impl Pure for At {
    const ID: &str = "text.at";
    const EXPORTED_AS: &[&str] = &["kernel:string:at"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: Jane, position: 0 }"# => ok r#"{ text: J }"#,
        r#"{ text: "a😀b", position: 1 }"# => ok r#"{ text: "😀" }"#,
        r#"{ text: "a😀b", position: 2 }"# => ok r#"{ text: "" }"#,
        r#"{ text: Jane, position: 4 }"# => ok r#"{ text: "" }"#,
        r#"{ text: Jane, position: -1 }"# => ok r#"{ text: "" }"#,
        r#"{ text: Jane, position: first }"# => err "expected number, found text \"first\"",
    };
    type Out = Character;

    fn run(self, _: &Cx<'_>) -> Result<Character> {
        if self.position < 0.0 {
            return Ok(Character { text: Text::default() });
        }
        let position = self.position as usize;
        let (from, to) = (place(&self.text, position), place(&self.text, position.saturating_add(1)));
        Ok(Character { text: Text::from(&self.text[from..to]) })
    }
}
