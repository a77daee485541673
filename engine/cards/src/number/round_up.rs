use crate::prelude::*;

/// Rounds a number up to a whole number.
///
/// Up is towards the larger number: -2.5 becomes -2. See also `number.round` and `number.round_down`.
#[derive(Inputs)]
pub struct RoundUp {
    /// The number.
    a: f64,
}

/// The whole number.
#[derive(Outputs)]
pub struct Rounded {
    /// The smallest whole number that is not less.
    #[output(key = "output")]
    result: f64,
}

impl Pure for RoundUp {
    const ID: &str = "number.round_up";
    const EXPORTED_AS: &[&str] = &["kernel:math:ceil"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2.1 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: 3 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: -2.5 }"# => ok r#"{ result: -2 }"#,
    };
    type Out = Rounded;

    fn run(self, _: &Cx<'_>) -> Result<Rounded> {
        Ok(Rounded { result: self.a.ceil() })
    }
}
