use crate::prelude::*;

/// Gives what is left when one number is divided by another.
///
/// The remainder has the sign of the number that is divided, as in JavaScript. To divide by 0 is an error. See
/// also `number.divide`; `true_false.compare` has `%` to ask for a multiple.
#[derive(Inputs)]
pub struct Remainder {
    /// The number that is divided.
    a: f64,
    /// What it is divided by.
    b: f64,
}

/// The rest.
#[derive(Outputs)]
pub struct Left {
    /// What is left of `a`.
    #[output(key = "output")]
    result: f64,
}

impl Pure for Remainder {
    const ID: &str = "number.remainder";
    const EXAMPLES: &[Example] = examples! {
        r#"{ a: 12, b: 5 }"# => ok r#"{ result: 2 }"#,
        r#"{ a: -12, b: 5 }"# => ok r#"{ result: -2 }"#,
        r#"{ a: 7.5, b: 2 }"# => ok r#"{ result: 1.5 }"#,
        r#"{ a: 7, b: 0 }"# => err "a number can't be divided by 0",
    };
    type Out = Left;

    fn run(self, _: &Cx<'_>) -> Result<Left> {
        if self.b == 0.0 {
            bail!(Self::B, "a number can't be divided by 0");
        }
        Ok(Left { result: self.a % self.b + 0.0 })
    }
}
