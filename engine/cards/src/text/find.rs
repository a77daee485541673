use super::position::position;
use crate::prelude::*;

/// Finds where a text first occurs in another.
///
/// Positions count from 0; if it does not occur, the position is -1. Capital and small letters differ. What is
/// looked for means itself; for patterns use `text.find_pattern`. See also `text.find_last`, `text.contains`
/// and `text.text_segment`.
#[derive(Inputs)]
pub struct Find {
    /// The text to search.
    #[input(key = "string")]
    look_in: Text,
    /// What to find.
    #[input(key = "substr")]
    look_for: Text,
}

/// Where it is.
#[derive(Outputs)]
pub struct Found {
    /// Where it begins, or -1.
    #[output(key = "output")]
    position: f64,
}

impl Pure for Find {
    const ID: &str = "text.find";
    const EXPORTED_AS: &[&str] = &["kernel:string:find"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: jane@example.com, look_for: "@" }"# => ok r#"{ position: 4 }"#,
        r#"{ look_in: a.b.c, look_for: "." }"# => ok r#"{ position: 1 }"#,
        r#"{ look_in: "😀 Jane", look_for: Jane }"# => ok r#"{ position: 3 }"#,
        r#"{ look_in: Jane, look_for: jane }"# => ok r#"{ position: -1 }"#,
        r#"{ look_in: Jane, look_for: "" }"# => ok r#"{ position: 0 }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        Ok(Found { position: position(&self.look_in, self.look_in.find(&*self.look_for)) })
    }
}
