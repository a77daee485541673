use crate::prelude::*;

/// Puts a text several times, one behind the other.
///
/// 0 and negative numbers give a blank text, and a fraction is cut off. See also `text.pad_start`.
#[derive(Inputs)]
pub struct Repeat {
    /// The text.
    text: Text,
    /// How many copies to make.
    times: f64,
}

/// The long text.
#[derive(Outputs)]
pub struct Repeated {
    /// The text, so many times.
    text: Text,
}

impl Pure for Repeat {
    const ID: &str = "text.repeat";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "-=", times: 3 }"# => ok r#"{ text: "-=-=-=" }"#,
        r#"{ text: a, times: 2.9 }"# => ok r#"{ text: aa }"#,
        r#"{ text: a, times: -1 }"# => ok r#"{ text: "" }"#,
        r#"{ text: ab, times: 1e9 }"# => err "expected a text of at most 16777216 characters, found 2000000000",
    };
    type Out = Repeated;

    fn run(self, _: &Cx<'_>) -> Result<Repeated> {
        super::check_length(self.times.trunc() * self.text.len() as f64, Self::TIMES)?;
        Ok(Repeated { text: self.text.repeat(self.times as usize).into() })
    }
}
