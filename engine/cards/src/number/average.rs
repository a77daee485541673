use crate::prelude::*;

/// Takes the average of the numbers of a list.
///
/// An empty list has none: the result is missing then. An item that isn't a number is an error. See also
/// `number.sum`.
#[derive(Inputs)]
pub struct Average {
    /// The numbers.
    list: Vec<f64>,
}

/// The average.
#[derive(Outputs)]
pub struct Mean {
    /// Their sum, divided by how many they are.
    result: Option<f64>,
}

impl Pure for Average {
    const ID: &str = "number.average";
    const EXAMPLES: &[Example] = examples! {
        r#"{ list: [1, 2, "6"] }"# => ok r#"{ result: 3 }"#,
        r#"{ list: [-1, 2] }"# => ok r#"{ result: 0.5 }"#,
        r#"{ list: [] }"# => ok r#"{ result: null }"#,
        r#"{ list: [1, null] }"# => err "expected number, found nothing",
    };
    type Out = Mean;

    fn run(self, _: &Cx<'_>) -> Result<Mean> {
        if self.list.is_empty() {
            return Ok(Mean { result: None });
        }
        Ok(Mean { result: Some(super::sum(&self.list)? / self.list.len() as f64) })
    }
}
