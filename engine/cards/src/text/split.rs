use crate::prelude::*;

/// Cuts a text wherever a separator occurs.
///
/// The separator is dropped and means itself: it may be one letter, several, or a line break, never a
/// pattern. What lies between two separators is kept as it is, blank pieces and spaces too; trim each with
/// `text.trim`. A text without the separator gives a list of one; a blank separator cuts between all
/// characters. The way back is `list.list_to_text`.
#[derive(Inputs)]
pub struct Split {
    /// The text to cut.
    #[input(key = "string")]
    text: Text,
    /// Where to cut.
    #[input(key = "delimiter", default = ",")]
    separator: Text,
}

/// The pieces.
#[derive(Outputs)]
pub struct Pieces {
    /// What lay between the separators.
    #[output(key = "output")]
    list: Vec<Text>,
}

impl Pure for Split {
    const ID: &str = "text.split";
    const EXPORTED_AS: &[&str] = &["kernel:string:split"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "one,two,three" }"# => ok r#"{ list: [one, two, three] }"#,
        r#"{ text: "a, b,,c" }"# => ok r#"{ list: [a, " b", "", c] }"#,
        r#"{ text: "1.2", separator: "." }"# => ok r#"{ list: ["1", "2"] }"#,
        r#"{ text: "größe", separator: "" }"# => ok r#"{ list: [g, r, ö, ß, e] }"#,
        r#"{ text: "" }"# => ok r#"{ list: [""] }"#,
    };
    type Out = Pieces;

    fn run(self, _: &Cx<'_>) -> Result<Pieces> {
        let list = if self.separator.is_empty() {
            self.text.chars().map(Text::from).collect()
        } else {
            self.text.split(&*self.separator).map(Text::from).collect()
        };
        Ok(Pieces { list })
    }
}
