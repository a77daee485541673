use crate::prelude::*;

/// Cuts a text into its lines.
///
/// Lines end with a line feed, or with a carriage return and a line feed; neither belongs to the line. A line
/// break at the end of the text starts no further line, but blank lines before it count. To cut elsewhere use
/// `text.split`.
#[derive(Inputs)]
pub struct SplitLines {
    /// The text.
    text: Text,
}

/// The lines.
#[derive(Outputs)]
pub struct Lines {
    /// The lines, in their order.
    list: Vec<Text>,
}

impl Pure for SplitLines {
    const ID: &str = "text.split_lines";
    const EXAMPLES: &[Example] = examples! {
        r#"{ text: "a\r\nb\n" }"# => ok r#"{ list: [a, b] }"#,
        r#"{ text: "a\n\n b" }"# => ok r#"{ list: [a, "", " b"] }"#,
        r#"{ text: a }"# => ok r#"{ list: [a] }"#,
        r#"{ text: "" }"# => ok r#"{ list: [] }"#,
    };
    type Out = Lines;

    fn run(self, _: &Cx<'_>) -> Result<Lines> {
        Ok(Lines { list: self.text.lines().map(Text::from).collect() })
    }
}
