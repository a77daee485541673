use super::position::{place, position, units};
use crate::prelude::*;

/// Finds where a text last occurs in another.
///
/// Positions count from 0; if it does not occur, the position is -1. With a right-most position only what
/// begins there or before it is found; a negative one counts as 0. Capital and small letters differ. See also
/// `text.find` and `text.text_segment`.
#[derive(Inputs)]
pub struct FindLast {
    /// The text to search.
    #[input(key = "string")]
    look_in: Text,
    /// What to find.
    #[input(key = "substr")]
    look_for: Text,
    /// The last position that counts; the end if left blank.
    #[input(key = "index")]
    right_most_position: Option<f64>,
}

/// Where it is.
#[derive(Outputs)]
pub struct Found {
    /// Where it begins, or -1.
    #[output(key = "output")]
    position: f64,
}

impl Pure for FindLast {
    const ID: &str = "text.find_last";
    const EXPORTED_AS: &[&str] = &["kernel:string:lastIndexOf"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ look_in: Anna Maria Smith, look_for: " " }"# => ok r#"{ position: 10 }"#,
        r#"{ look_in: Anna Maria Smith, look_for: " ", right_most_position: 9 }"# => ok r#"{ position: 4 }"#,
        r#"{ look_in: aXa, look_for: a, right_most_position: -5 }"# => ok r#"{ position: 0 }"#,
        r#"{ look_in: "😀 a", look_for: a, right_most_position: 3 }"# => ok r#"{ position: 3 }"#,
        r#"{ look_in: "😀a", look_for: a, right_most_position: 1 }"# => ok r#"{ position: -1 }"#,
        r#"{ look_in: Madonna, look_for: " " }"# => ok r#"{ position: -1 }"#,
        r#"{ look_in: Jane, look_for: "" }"# => ok r#"{ position: 4 }"#,
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        let text = &*self.look_in;
        let start = self.right_most_position.map_or(text.len(), |last| floor_place(text, last));
        // What begins by the start ends by here; a character that reaches further has no part in it.
        let mut end = (start + self.look_for.len()).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let found = text[..end].rfind(&*self.look_for);
        Ok(Found { position: position(text, found) })
    }
}

/// Where the character begins that is at `position`, or that has its second half there.
fn floor_place(text: &str, position: f64) -> usize {
    // A cast takes negative numbers to 0 and huge ones to the largest, which is what is wanted.
    let position = position as usize;
    let place = place(text, position);
    // Characters with two halves have four bytes.
    if units(&text[..place]) > position { place - 4 } else { place }
}
