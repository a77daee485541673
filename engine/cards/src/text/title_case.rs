use crate::prelude::*;

/// Makes the first letter of every word capital and the others small.
///
/// A word ends at anything but a letter, a digit or an apostrophe: `o'neil-smith` becomes `O'neil-Smith`. It
/// knows no names that are written otherwise, such as `McDonald`. See also `text.to_lower_case`.
#[derive(Inputs)]
pub struct TitleCase {
    /// The text.
    text: Text,
}

/// The text with capitals.
#[derive(Outputs)]
pub struct Titled {
    /// The same text, each word with a capital.
    text: Text,
}

impl Pure for TitleCase {
    const ID: &str = "text.title_case";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: JANE van der smith-jones }"# => ok r#"{ text: Jane Van Der Smith-Jones }"#,
        r#"{ text: "o'neil élan 2nd" }"# => ok r#"{ text: "O'neil Élan 2nd" }"#,
        r#"{ text: null }"# => ok r#"{ text: "" }"#,
    };
    type Out = Titled;

    fn run(self, _: &Cx<'_>) -> Result<Titled> {
        let mut text = String::with_capacity(self.text.len());
        let mut inside = false;
        for letter in self.text.chars() {
            if inside { text.extend(letter.to_lowercase()) } else { text.extend(letter.to_uppercase()) }
            inside = letter.is_alphanumeric() || matches!(letter, '\'' | '’');
        }
        Ok(Titled { text: text.into() })
    }
}
