use crate::prelude::*;

/// Gives the smallest number of a list.
///
/// An empty list has none: the result is missing then. An item that isn't a number is an error. For two numbers
/// use `number.smaller`. See also `number.maximum`.
#[derive(Inputs)]
pub struct Minimum {
    /// The numbers.
    list: Vec<f64>,
}

/// One of them.
#[derive(Outputs)]
pub struct Found {
    /// The smallest one.
    result: Option<f64>,
}

impl Pure for Minimum {
    const ID: &str = "number.minimum";
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [3, -2, 7] }"# => ok r#"{ result: -2 }"#,
        r#"{ list: ["7", -2] }"# => ok r#"{ result: -2 }"#,
        r#"{ list: [] }"# => ok r#"{ result: null }"#,
        r#"{ list: [1, null] }"# => err "expected number, found nothing",
    };
    type Out = Found;

    fn run(self, _: &Cx<'_>) -> Result<Found> {
        Ok(Found { result: self.list.into_iter().reduce(f64::min) })
    }
}
