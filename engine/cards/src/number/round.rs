use crate::prelude::*;

/// Rounds a number to the nearest whole number.
///
/// A half goes up: 2.5 becomes 3, -2.5 becomes -2. See also `number.round_up` and `number.round_down`;
/// `number.divide` rounds to decimals.
#[derive(Inputs)]
pub struct Round {
    /// The number.
    a: f64,
}

/// The whole number.
#[derive(Outputs)]
pub struct Rounded {
    /// The nearest whole number.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Round {
    const ID: &str = "number.round";
    const EXPORTED_AS: &[&str] = &["kernel:math:round"];
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2.4 }"# => ok r#"{ result: 2 }"#,
        r#"{ a: 2.5 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: -2.5 }"# => ok r#"{ result: -2 }"#,
        r#"{ a: 0.49999999999999994 }"# => ok r#"{ result: 0 }"#,
    };
    type Out = Rounded;

    fn run(self, _: &Cx<'_>) -> Result<Rounded> {
        Ok(Rounded { result: super::round_half_up(self.a) })
    }
}
