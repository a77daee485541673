use crate::prelude::*;

/// Turns a text around, so that its last character comes first.
///
/// It turns around Unicode's characters: what is put together of several, such as a letter with a mark of its
/// own or a flag, comes apart.
#[derive(Inputs)]
pub struct Reverse {
    /// The text.
    text: Text,
}

/// The other way round.
#[derive(Outputs)]
pub struct Reversed {
    /// The text, from its end to its start.
    text: Text,
}

impl Pure for Reverse {
    const ID: &str = "text.reverse";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: Jané }"# => ok r#"{ text: énaJ }"#,
        r#"{ text: "a😀" }"# => ok r#"{ text: "😀a" }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Reversed;

    fn run(self, _: &Cx<'_>) -> Result<Reversed> {
        Ok(Reversed { text: self.text.chars().rev().collect::<String>().into() })
    }
}
