use crate::prelude::*;

/// Rounds a number to some digits behind the point.
///
/// A half goes up. To keep zeros at the end, as in `2.50`, use `number.format`. See also `number.round`.
#[derive(Inputs)]
pub struct RoundToDecimals {
    /// The number.
    a: f64,
    /// How many digits stay behind the point, 0 to 15.
    #[input(default = 2)]
    decimals: f64,
}

/// The rounded number.
#[derive(Outputs)]
pub struct Rounded {
    /// The nearest number with so many digits.
    result: f64,
}

impl Pure for RoundToDecimals {
    const ID: &str = "number.round_to_decimals";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2.345 }"# => ok r#"{ result: 2.35 }"#,
        r#"{ a: 2.5, decimals: 0 }"# => ok r#"{ result: 3 }"#,
        r#"{ a: 4.07, decimals: 15 }"# => ok r#"{ result: 4.07 }"#,
        r#"{ a: -391805.345, decimals: 10 }"# => ok r#"{ result: -391805.345 }"#,
        r#"{ a: 1e300, decimals: 15 }"# => ok r#"{ result: 1e300 }"#,
        r#"{ a: 1, decimals: 16 }"# => err "expected 0 to 15 decimals, found 16",
    };
    type Out = Rounded;

    fn run(self, _: &Cx<'_>) -> Result<Rounded> {
        let decimals = super::decimals(self.decimals, Self::DECIMALS)?;
        Ok(Rounded { result: super::to_decimals(self.a, decimals) })
    }
}
