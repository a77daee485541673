use crate::prelude::*;

/// Raises a number to a power.
///
/// A power of 0.5 is the square root. See also `number.square_root` and `number.exponent`.
#[derive(Inputs)]
pub struct Power {
    /// The number.
    a: f64,
    /// The power.
    b: f64,
}

/// The result.
#[derive(Outputs)]
pub struct Raised {
    /// `a` to the power `b`.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Power {
    const ID: &str = "number.power";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 2, b: 10 }"# => ok r#"{ result: 1024 }"#,
        r#"{ a: 4, b: -0.5 }"# => ok r#"{ result: 0.5 }"#,
        r#"{ a: 0, b: 0 }"# => ok r#"{ result: 1 }"#,
        r#"{ a: 0, b: -1 }"# => err "0 has no power of -1",
        r#"{ a: -8, b: 0.5 }"# => err "-8 has no power of 0.5",
        r#"{ a: 10, b: 999 }"# => err "too large",
    };
    type Out = Raised;

    fn run(self, _: &Cx<'_>) -> Result<Raised> {
        let result = self.a.powf(self.b);
        if result.is_nan() || (self.a == 0.0 && self.b < 0.0) {
            bail!(Self::B, "{} has no power of {}", self.a, self.b);
        }
        Ok(Raised { result: super::finite(result)? })
    }
}
