use crate::prelude::*;

/// Writes a date & time as an ISO 8601 text, in UTC with milliseconds.
///
/// A date & time in a text field is written in the same way. For other formats use `date_time.date_to_text`.
#[derive(Inputs)]
pub struct Iso {
    /// The date & time.
    #[input(key = "start")]
    date: Date,
}

/// The text.
#[derive(Outputs)]
pub struct Written {
    /// The text: `2016-09-07T00:01:25.670Z`.
    output: Text,
}

impl Pure for Iso {
    const ID: &str = "date_time.iso";
    const TITLE: Option<&'static str> = Some("ISO");
    const EXPORTED_AS: &[&str] = &["kernel:date:iso"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T02:01:25.67+02:00" }"# => ok r#"{ output: "2016-09-07T00:01:25.670Z" }"#,
        r#"{ date: 2016-09-07 }"# => ok r#"{ output: "2016-09-07T00:00:00.000Z" }"#,
        r#"{ date: "" }"# => err "expected date & time, found text \"\"",
    };
    type Out = Written;

    fn run(self, _: &Cx<'_>) -> Result<Written> {
        Ok(Written { output: self.date.to_string().into() })
    }
}
