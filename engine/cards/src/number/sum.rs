use crate::prelude::*;

/// Adds up the numbers of a list.
///
/// An empty list gives 0. An item that isn't a number is an error. For two numbers use `number.add`. See also
/// `number.average`.
#[derive(Inputs)]
pub struct Sum {
    /// The numbers.
    list: Vec<f64>,
}

/// The sum.
#[derive(Outputs)]
pub struct Summed {
    /// All of them together.
    result: f64,
}

impl Pure for Sum {
    const ID: &str = "number.sum";
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [1, 2.5, "3"] }"# => ok r#"{ result: 6.5 }"#,
        r#"{ list: [] }"# => ok r#"{ result: 0 }"#,
        r#"{ list: 7 }"# => ok r#"{ result: 7 }"#,
        r#"{ list: [1, null] }"# => err "expected number, found nothing",
        r#"{ list: [1, two] }"# => err "expected number, found text \"two\"",
    };
    type Out = Summed;

    fn run(self, _: &Cx<'_>) -> Result<Summed> {
        Ok(Summed { result: super::sum(&self.list)? })
    }
}
