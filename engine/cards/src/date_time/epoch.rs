use crate::prelude::*;

/// Tells how many seconds have passed since the start of 1970, UTC.
///
/// A part of a second is cut off. Dates before 1970 are negative. See also `date_time.unix` and
/// `date_time.text_to_date`, which reads it with the format `X`.
#[derive(Inputs)]
pub struct Epoch {
    /// The date & time.
    #[input(key = "start")]
    date: Date,
}

/// The number.
#[derive(Outputs)]
pub struct Written {
    /// The seconds.
    output: f64,
}

impl Pure for Epoch {
    const ID: &str = "date_time.epoch";
    const TITLE: Option<&'static str> = Some("EPOCH");
    const EXPORTED_AS: &[&str] = &["kernel:date:epoch"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ date: "2016-09-07T00:01:25.670Z" }"# => ok r#"{ output: 1473206485 }"#,
        r#"{ date: "1970-01-01T00:00:00+01:00" }"# => ok r#"{ output: -3600 }"#,
        r#"{ date: null }"# => err "expected date & time, found nothing",
    };
    type Out = Written;

    fn run(self, _: &Cx<'_>) -> Result<Written> {
        Ok(Written { output: self.date.millis().div_euclid(1000) as f64 })
    }
}
