use flowrun_core::value::Composed;

use crate::prelude::*;

/// Puts texts together, one behind the other.
///
/// Nothing is put between them. More texts than two are given as fields of any name, in the order in which
/// they shall follow. To put something between the items of a list use `list.list_to_text`, for longer texts
/// `text.compose`.
#[derive(Inputs)]
pub struct Concatenate {
    /// The first text.
    #[input(key = "string1")]
    text_1: Text,
    /// The second text.
    #[input(key = "string2")]
    text_2: Text,
    /// Further texts.
    #[input(rest)]
    more: Record,
}

/// All of it.
#[derive(Outputs)]
pub struct Concatenated {
    /// The texts, one behind the other.
    #[output(key = "output")]
    text: Text,
}

impl Pure for Concatenate {
    const ID: &str = "text.concatenate";
    const EXPORTED_AS: &[&str] = &["kernel:string:concat"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text_1: Jane, text_2: Smith }"# => ok r#"{ text: JaneSmith }"#,
        r#"{ text_1: Jane, text_2: " ", text_3: Smith, text_4: null }"# => ok r#"{ text: Jane Smith }"#,
        r#"{ text_1: "employee ", text_2: 7 }"# => ok r#"{ text: employee 7 }"#,
        r#"{ text_1: "", text_2: Jane }"# => ok r#"{ text: Jane }"#,
    };
    type Out = Concatenated;

    fn run(self, _: &Cx<'_>) -> Result<Concatenated> {
        let mut text = Composed::onto(self.text_1)?;
        text.push(&self.text_2)?;
        for (_, more) in self.more {
            text.push(&Text::from_value(more)?)?;
        }
        Ok(Concatenated { text: text.into() })
    }
}
