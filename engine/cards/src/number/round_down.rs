use crate::prelude::*;

/// Rounds a number down to a whole number.
///
/// Down is towards the smaller number: -2.5 becomes -3. See also `number.round` and `number.round_up`.
#[derive(Inputs)]
pub struct RoundDown {
    /// The number.
    a: f64,
}

/// The whole number.
#[derive(Outputs)]
pub struct Rounded {
    /// The largest whole number that is not more.
    #[output(key = "output")]
    result: f64,
}

impl Pure for RoundDown {
    const ID: &str = "number.round_down";
    const EXPORTED_AS: &[&str] = &["kernel:math:floor"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2.9 }"# => ok r#"{ result: 2 }"#,
        r#"{ a: 3 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: -2.5 }"# => ok r#"{ result: -3 }"#,
    };
    type Out = Rounded;

    fn run(self, _: &Cx<'_>) -> Result<Rounded> {
        Ok(Rounded { result: self.a.floor() })
    }
}
