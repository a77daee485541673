use crate::prelude::*;

/// Tells how many milliseconds have passed since the start of 1970, UTC.
///
/// Dates before 1970 are negative. See also `date_time.epoch`, which counts seconds, and
/// `date_time.text_to_date`, which reads it with the format `x`.
#[derive(Inputs)]
pub struct Unix {
    /// The date & time.
    #[input(key = "start")]
    date: Date,
}

/// The number.
#[derive(Outputs)]
pub struct Written {
    /// The milliseconds.
    output: f64,
}

impl Pure for Unix {
    const ID: &str = "date_time.unix";
    const TITLE: Option<&'static str> = Some("UNIX");
    const EXPORTED_AS: &[&str] = &["kernel:date:unix"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T00:01:25.670Z" }"# => ok r#"{ output: 1473206485670 }"#,
        r#"{ date: 1969-12-31 }"# => ok r#"{ output: -86400000 }"#,
        r#"{ date: soon }"# => err "expected date & time, found text \"soon\"",
    };
    type Out = Written;

    fn run(self, _: &Cx<'_>) -> Result<Written> {
        Ok(Written { output: self.date.millis() as f64 })
    }
}
